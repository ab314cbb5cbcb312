"""After open_webui: everything that the inventory declares is there, for those whom it is meant for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scenario import Answer, ask, both, run_playbook

testinfra_hosts = both("open-webui")


def request(host: Any, who: str, path: str, **arguments: Any) -> Answer:
    """Ask as an account of the inventory."""
    body = {"email": f"{who}@example.com", "password": f"canary-{who}"}
    session = ask(host, "127.0.0.1", "/api/v1/auths/signin", port=8080, method="POST", body=body).json()
    headers = {"Authorization": f"Bearer {session['token']}"}
    return ask(host, "127.0.0.1", path, port=8080, headers=headers, **arguments)


def models(host: Any, who: str) -> set[str]:
    return {model["id"] for model in request(host, who, "/api/models").json()["data"]}


def test_an_account_sees_just_what_its_group_may_use(host: Any) -> None:
    assert "house" in models(host, "ada")
    assert "house" not in models(host, "bob")
    assert [prompt["command"] for prompt in found_by_tag(host, "ada")] == ["summarise"]
    assert found_by_tag(host, "bob") == []


def found_by_tag(host: Any, who: str) -> list[dict[str, Any]]:
    return list(request(host, who, "/api/v1/prompts/list?tag=text").json()["items"])


def test_a_question_is_answered_from_the_documents_of_a_folder(host: Any) -> None:
    [house] = request(host, "ada", "/api/v1/knowledge/").json()["items"]
    body = {
        "model": "house",
        "stream": False,
        "messages": [{"role": "user", "content": "When is the coffee machine descaled?"}],
        "files": [{"type": "collection", "id": house["id"]}],
    }
    answer = request(host, "ada", "/api/chat/completions", method="POST", body=body)
    assert answer.status == 200, answer.text
    sources = json.dumps(answer.json()["sources"])
    assert "coffee-machine.md" in sources
    assert "every eight weeks" in sources


def test_the_settings_reach_people(host: Any) -> None:
    config = request(host, "ada", "/api/config").json()
    assert config["default_models"] == "house"
    assert config["default_prompt_suggestions"][0]["content"] == "When is the rubbish collected?"
    assert [banner["content"] for banner in request(host, "ada", "/api/v1/configs/banners").json()] == [
        "Mind the llama."
    ]


@pytest.mark.parametrize(
    "kind", ["users", "groups", "settings", "connections", "models", "prompts", "knowledge", "tools"]
)
def test_the_same_inventory_makes_the_same_instance(kind: str, instances: dict[str, dict[str, Any]]) -> None:
    first, second = instances.values()
    assert first[kind]
    assert first[kind] == second[kind]


@pytest.fixture(scope="module")
def instances() -> dict[str, dict[str, Any]]:
    """What each of the two hosts holds."""
    run = run_playbook("molecule/open_webui/info.yml", "open_webui_hosts")
    assert run.rc == 0, run.output
    return {outcome.host: outcome.result for outcome in run.outcomes if outcome.task == "Look"}
