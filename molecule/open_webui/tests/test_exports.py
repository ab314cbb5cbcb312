"""After open_webui: a second host that the same inventory declares holds the same, by the servers' own exports."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import testinfra
from scenario import ask, both

EXPORTS = {
    "models": "/api/v1/models/export",
    "base models": "/api/v1/models/base",
    "prompts": "/api/v1/prompts/",
    "tools": "/api/v1/tools/export",
    "functions": "/api/v1/functions/export?include_valves=true",
    "groups": "/api/v1/groups/",
    "users": "/api/v1/users/",
    "knowledge": "/api/v1/knowledge/",
    "settings": "/api/v1/configs/export",
}
# Each server gives ids of its own to what it makes, and to each version of it. They become numbers in the order in
# which they appear, so that what refers to something must refer to the same on both.
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# The second host is made later than the first, or at another speed.
TIME = re.compile(r'"(created_at|updated_at|last_active_at)": \d+')


def exported(host: Any) -> dict[str, Any]:
    """All that a server exports to its admin, with the files of knowledge bases and the members of groups."""
    account = {"email": "admin@example.com", "password": "canary-open-webui-admin"}
    session = ask(host, "127.0.0.1", "/api/v1/auths/signin", port=8080, method="POST", body=account).json()
    headers = {"Authorization": f"Bearer {session['token']}"}

    def get(path: str) -> Any:
        return ask(host, "127.0.0.1", path, port=8080, headers=headers).json()

    kinds = {kind: get(path) for kind, path in EXPORTS.items()}
    bases, groups = kinds["knowledge"]["items"], kinds["groups"]
    return {
        **kinds,
        "files": [get(f"/api/v1/knowledge/{base['id']}/files?limit=1000") for base in bases],
        "members": [get(f"/api/v1/groups/id/{group['id']}/export") for group in groups],
    }


def in_order(value: Any) -> Any:
    """The things of a list in the order of what does not differ by nature; servers give them by time or by id."""
    if isinstance(value, dict):
        return {key: in_order(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(map(in_order, value), key=lambda item: TIME.sub("", ID.sub("", json.dumps(item, sort_keys=True))))
    return value


def comparable(kinds: dict[str, Any]) -> dict[str, Any]:
    # The order of settings is a setting.
    ordered = {kind: value if kind == "settings" else in_order(value) for kind, value in kinds.items()}
    text = TIME.sub(r'"\1": 0', json.dumps(ordered, sort_keys=True))
    numbers = {found: number for number, found in enumerate(dict.fromkeys(ID.findall(text)))}
    return dict(json.loads(ID.sub(lambda found: f"id {numbers[found[0]]}", text)))


@pytest.fixture(scope="module")
def instances() -> list[dict[str, Any]]:
    return [comparable(exported(testinfra.get_host(machine))) for machine in both("open-webui")]


@pytest.mark.parametrize("kind", [*EXPORTS, "files", "members"])
def test_a_whole_instance_is_rebuilt(kind: str, instances: list[dict[str, Any]]) -> None:
    first, second = (instance[kind] for instance in instances)
    assert first
    assert first == second
