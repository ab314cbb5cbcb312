"""An Open WebUI on one machine answers with the Ollama of another, through that machine's gateway, by key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import testinfra
from scenario import Run, ask, machine, run_playbook, sign_in

OLLAMA, CHAT = "stack-debian12", "stack-debian13"
KEY = "canary-key-of-the-other-machine"
TRUST = "/usr/local/share/ca-certificates/house.crt"

testinfra_hosts = [machine(CHAT)]


def role(name: str, host: str, **variables: Any) -> Run:
    variables = {"role": name, **variables}
    run = run_playbook("molecule/stack/one_role.yml", host, "--extra-vars", json.dumps(variables))
    assert run.rc == 0, run.output
    assert KEY not in run.output
    return run


@pytest.fixture(scope="module")
def gateway(host: Any) -> Iterator[str]:
    """The URL of a gateway on the other machine, whose authority this one trusts."""
    other = testinfra.get_host(machine(OLLAMA))
    address = str(other.check_output("ip -4 -brief address show eth0").split()[2].split("/")[0])
    opened = {
        "nginx_proxy_tls": "local_ca",
        "nginx_proxy_certificate_names": [address],
        "nginx_proxy_gateway_keys": [{"name": "chat", "key": KEY}],
    }
    role("nginx_proxy", OLLAMA, **opened)
    authority = other.file("/etc/nginx/selfhosted_llm/local_ca.crt").content_string
    host.run("printf %%s %s >%s && update-ca-certificates", authority, TRUST)
    yield f"https://{address}:11435"
    host.run("rm %s && update-ca-certificates --fresh", TRUST)
    role("nginx_proxy", OLLAMA)
    role("open_webui", CHAT)


def test_the_other_machines_model_answers(host: Any, gateway: str) -> None:
    connection = {"url": gateway, "key": KEY, "prefix_id": "other"}
    variables = {
        "open_webui_ollama_connections": [{"url": "http://127.0.0.1:11434"}, connection],
        "open_webui_ca_bundle": "/etc/ssl/certs/ca-certificates.crt",
    }
    assert role("open_webui", CHAT, **variables).changed != []
    assert role("open_webui", CHAT, **variables).changed == []
    body = {"model": "other.llama3:latest", "messages": [{"role": "user", "content": "Hello?"}], "stream": False}
    session = {"Authorization": f"Bearer {sign_in(host)}"}
    answer = ask(host, "127.0.0.1", "/api/chat/completions", port=8080, method="POST", body=body, headers=session)
    assert answer.status == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"]
    assert KEY not in host.check_output("docker inspect open-webui")
