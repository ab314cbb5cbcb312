"""Check mode says what would come, on a bare machine too, and nothing on one where all is done."""

from __future__ import annotations

import json

import pytest
from scenario import run_playbook

NEIGHBOUR = "neighbour-debian12"


@pytest.mark.parametrize(
    ("role", "announced"),
    [
        ("docker_engine", ["docker.io"]),
        ("ollama_server", ["volume ollama", "container ollama from docker.io/ollama/ollama:", "the models: llama3:8b"]),
        ("open_webui", ["volume open-webui", "container open-webui from ghcr.io/", "the admin admin@localhost"]),
        ("nginx_proxy", ["Would write /etc/nginx/conf.d/selfhosted_llm.conf", "server 127.0.0.1:8080;"]),
    ],
)
def test_a_bare_machine_is_told_what_would_come(role: str, announced: list[str]) -> None:
    variables = {"role": role, "ollama_server_models": [{"name": "llama3:8b"}, {"name": "phi", "state": "absent"}]}
    arguments = ["--check", "--diff", "--extra-vars", json.dumps(variables)]
    run = run_playbook("molecule/stack/one_role.yml", NEIGHBOUR, *arguments)
    assert run.rc == 0, run.output
    assert run.changed != []
    assert [text for text in announced if text not in run.output] == []


def test_finished_machines_are_told_nothing() -> None:
    run = run_playbook("playbooks/site.yml", "stack-debian12,stack-debian13", "--check", "--diff")
    assert (run.rc, run.changed) == (0, []), run.output
