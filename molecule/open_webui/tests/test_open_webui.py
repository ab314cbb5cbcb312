"""After open_webui: the first admin exists, sign-up is closed, and Ollama is connected."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scenario import Answer, ask, both, run_playbook

testinfra_hosts = both("open-webui")

PASSWORD = "canary-open-webui-admin"


def request(host: Any, path: str, **arguments: Any) -> Answer:
    return ask(host, "127.0.0.1", path, port=8080, **arguments)


@pytest.fixture(scope="module")
def token(host: Any) -> str:
    body = {"email": "admin@example.com", "password": PASSWORD}
    return str(request(host, "/api/v1/auths/signin", method="POST", body=body).json()["token"])


def test_the_declared_admin_is_admin(host: Any, token: str) -> None:
    me = request(host, "/api/v1/auths/", headers={"Authorization": f"Bearer {token}"}).json()
    assert (me["role"], me["email"]) == ("admin", "admin@example.com")


def test_sign_up_is_closed(host: Any) -> None:
    body = {"email": "stranger@example.com", "password": "Stranger-1234", "name": "Stranger"}
    assert request(host, "/api/v1/auths/signup", method="POST", body=body).status == 403


def test_the_models_of_the_connected_ollama_are_offered(host: Any, token: str) -> None:
    models = request(host, "/api/models", headers={"Authorization": f"Bearer {token}"}).json()["data"]
    assert "llama3:latest" in {model["id"] for model in models}


def test_open_webui_listens_on_loopback_only(host: Any, address: str) -> None:
    assert host.socket("tcp://127.0.0.1:8080").is_listening
    assert not host.socket(f"tcp://{address}:8080").is_listening
    assert not host.socket("tcp://0.0.0.0:8080").is_listening


def session_key(host: Any) -> Any:
    folder = host.check_output("docker volume inspect open-webui --format '{{.Mountpoint}}'")
    return host.file(f"{folder}/.webui_secret_key")


def test_the_session_key_is_in_the_volume_and_nobody_elses(host: Any) -> None:
    key = session_key(host)
    assert (key.user, key.mode) == ("root", 0o600)
    assert len(key.content_string.strip()) == 48


def test_the_container_holds_no_secret(host: Any) -> None:
    inspected = host.check_output("docker inspect open-webui")
    assert PASSWORD not in inspected
    container = json.loads(inspected)[0]
    assert container["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert container["HostConfig"]["LogConfig"]["Config"] == {"max-file": "3", "max-size": "10m"}


def test_check_mode_finds_nothing_to_do(name: str) -> None:
    run = run_playbook("molecule/open_webui/converge.yml", name, "--check", "--diff")
    assert (run.rc, run.changed) == (0, []), run.output


def test_a_run_with_nothing_to_do_looks_once(name: str) -> None:
    run = run_playbook("molecule/open_webui/converge.yml", name)
    done = [task.split(" (")[0] for task in run.done]
    assert done[1 : done.index("Configure | Sign in")] == [
        "Preflight | Gather the facts that this role reads",
        "Preflight | Look for the container, and so for Docker",
        "Preflight | Look at files, the port and the server",
        "Service | Container",
    ]


def test_a_key_that_others_could_read_is_root_s_alone_again(host: Any, name: str) -> None:
    key = session_key(host)
    before = key.content_string
    host.check_output("chown nobody %s && chmod 0644 %s", key.path, key.path)
    run = run_playbook("molecule/open_webui/converge.yml", name)
    assert [task.split(" : ")[1] for task in run.changed] == ["Install | What is secret is root's alone"], run.output
    key = session_key(host)
    assert (key.user, key.group, key.mode, key.content_string) == ("root", "root", 0o600, before)
