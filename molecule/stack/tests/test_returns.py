"""What was set up comes back: after a reboot, after somebody removed a container, after a change by hand.

Both test hosts at once, because a run of the playbook takes two in little more time than one.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
import testinfra
from scenario import PREFIX, ask, machine, run_playbook, sign_in

SITE = "playbooks/site.yml"
NAMES = ["stack-debian12", "stack-debian13"]
HOSTS = {name: testinfra.get_host(machine(name)) for name in NAMES}


@pytest.fixture(scope="module")
def tokens() -> dict[str, str]:
    """Sessions of the admins, valid for as long as a server's key and its accounts are."""
    return {name: sign_in(host) for name, host in HOSTS.items()}


def assert_all_is_there(tokens: dict[str, str]) -> None:
    """The sessions of before are still good, and the models are offered, through the door."""
    for name, host in HOSTS.items():
        answer = ask(host, "127.0.0.1", "/api/models", headers={"Authorization": f"Bearer {tokens[name]}"})
        assert answer.status == 200, answer.text
        offered = {model["id"] for model in answer.json()["data"]}
        assert {"llama3:latest", "mistral:latest", "dolphin-llama3:8b-256k"} <= offered


def changed_by_a_run() -> dict[str, list[str]]:
    """What a run of the playbook reports as changed on each host, without the names of collection and size."""
    run = run_playbook(SITE, ",".join(NAMES))
    assert run.rc == 0, run.output
    return {
        name: [task.removeprefix("selfhosted.llm.").split(" (")[0] for task in run.changed_on(name)] for name in NAMES
    }


def test_everything_is_back_after_a_reboot_without_ansible(tokens: dict[str, str]) -> None:
    subprocess.run(["docker", "restart", *(f"{PREFIX}-{name}" for name in NAMES)], check=True, capture_output=True)
    for host in HOSTS.values():
        host.check_output(
            "timeout 180 sh -c 'until systemctl is-active --quiet nginx docker"
            " && docker inspect open-webui --format {{.State.Health.Status}} | grep -qx healthy; do sleep 2; done'"
        )
    assert_all_is_there(tokens)


def test_removed_containers_come_back_with_their_data(tokens: dict[str, str]) -> None:
    for host in HOSTS.values():
        host.check_output("docker rm --force ollama open-webui")
    changed_by_a_run()
    assert_all_is_there(tokens)


class ByHand:
    """Changes that somebody could make on a machine without Ansible."""

    def __init__(self, host: Any, token: str) -> None:
        self._host = host
        self._authorization = {"Authorization": f"Bearer {token}"}

    def environment(self) -> None:
        """The container made anew with one variable of their own."""
        container = json.loads(self._host.check_output("docker inspect ollama"))[0]
        variables = " ".join(f"--env {variable}" for variable in container["Config"]["Env"])
        mounts = " ".join(
            f"--volume {mount.get('Name', mount['Source'])}:{mount['Destination']}" for mount in container["Mounts"]
        )
        self._host.check_output("docker rm --force ollama")
        self._host.check_output(
            f"docker run --detach --name ollama --network host --restart unless-stopped {variables} {mounts}"
            f" --env OLLAMA_DEBUG=1 {container['Config']['Image']}"
        )

    def site(self) -> None:
        self._host.check_output("sed -i s/256m/1m/ /etc/nginx/conf.d/selfhosted_llm.conf")

    def model(self) -> None:
        self._ask("/api/delete", {"model": "mistral"}, port=11434, method="DELETE")

    def permissions(self) -> None:
        self._host.check_output("chmod 0644 /etc/selfhosted_llm/open_webui_admin_password")

    def sign_up(self) -> None:
        self._ask("/api/v1/configs/import", {"config": {"ui.enable_signup": True}})

    def stored_url(self) -> None:
        body = {"ENABLE_OLLAMA_API": True, "OLLAMA_BASE_URLS": ["http://127.0.0.1:1"], "OLLAMA_API_CONFIGS": {}}
        self._ask("/ollama/config/update", body)

    def _ask(self, path: str, body: Any, *, port: int = 8080, method: str = "POST") -> None:
        headers = self._authorization if port == 8080 else {}
        answer = ask(self._host, "127.0.0.1", path, port=port, method=method, body=body, headers=headers)
        assert answer.status == 200, answer.text


def test_changes_by_hand_are_reported_and_mended(tokens: dict[str, str]) -> None:
    for name, host in HOSTS.items():
        hand = ByHand(host, tokens[name])
        for change in (hand.model, hand.stored_url, hand.sign_up, hand.permissions, hand.site, hand.environment):
            change()
    mended = [
        "ollama_server : Container | Ollama",
        "ollama_server : Models | Install and remove",
        "open_webui : Install | What is secret is root's alone",
        "open_webui : Declare | Connections to Ollama",
        "open_webui : Declare | Settings",
        "nginx_proxy : Configure | Site",
        "nginx_proxy : Let nginx read its configuration",
    ]
    assert changed_by_a_run() == dict.fromkeys(NAMES, mended)
    assert_all_is_there(tokens)


def test_then_nothing_is_left_to_do() -> None:
    assert changed_by_a_run() == {name: [] for name in NAMES}
