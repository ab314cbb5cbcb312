"""After ollama_server: Ollama answers on loopback, with the models that were declared."""

from __future__ import annotations

import json
from typing import Any

from scenario import ask, both, run_playbook

testinfra_hosts = both("ollama-server")


def test_ollama_answers_on_loopback(host: Any) -> None:
    assert ask(host, "127.0.0.1", port=11434).text == "Ollama is running"


def test_ollama_listens_on_loopback_only(host: Any, address: str) -> None:
    assert host.socket("tcp://127.0.0.1:11434").is_listening
    assert not host.socket(f"tcp://{address}:11434").is_listening
    assert not host.socket("tcp://0.0.0.0:11434").is_listening


def test_the_declared_models_are_there(host: Any) -> None:
    models = ask(host, "127.0.0.1", "/api/tags", port=11434).json()["models"]
    assert {model["name"] for model in models} == {"llama3:latest", "dolphin-llama3:8b-256k", "paper:latest"}


def test_a_model_of_ones_own_answers_as_it_was_made_to(host: Any) -> None:
    body = {"model": "paper", "prompt": "Who are you?", "stream": False}
    answer = ask(host, "127.0.0.1", "/api/generate", port=11434, method="POST", body=body)
    assert answer.json()["eval_count"] == 4
    shown = ask(host, "127.0.0.1", "/api/show", port=11434, method="POST", body={"model": "paper"})
    assert shown.json()["system"] == "You are made of paper."


def test_what_is_to_be_in_memory_is_there(host: Any) -> None:
    [loaded] = ask(host, "127.0.0.1", "/api/ps", port=11434).json()["models"]
    assert (loaded["name"], loaded["expires_at"] > "2200") == ("llama3:latest", True)


def test_a_model_answers(host: Any) -> None:
    body = {"model": "llama3", "prompt": "Who are you?", "stream": False}
    answer = ask(host, "127.0.0.1", "/api/generate", port=11434, method="POST", body=body)
    assert answer.status == 200
    assert len(answer.json()["response"].split()) > 5


def test_the_container_is_kept_running_with_bounded_logs(host: Any) -> None:
    container = json.loads(host.check_output("docker inspect ollama"))[0]
    assert container["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert container["HostConfig"]["LogConfig"]["Config"] == {"max-file": "3", "max-size": "10m"}
    assert container["HostConfig"]["NetworkMode"] == "host"
    assert [mount["Name"] for mount in container["Mounts"] if mount["Type"] == "volume"] == ["ollama"]


def test_the_settings_are_the_servers_own(host: Any) -> None:
    """As the server understood them, which takes `false` for yes."""
    [loaded] = ask(host, "127.0.0.1", "/api/ps", port=11434).json()["models"]
    assert loaded["context_length"] == 1024
    config = host.check_output("docker logs ollama 2>&1 | grep --max-count=1 'server config'")
    assert "OLLAMA_FLASH_ATTENTION:false" in config
    assert "OLLAMA_NO_CLOUD:true" in config
    origins = [{"Origin": f"https://{name}.example.com"} for name in ("app", "other")]
    answers = [ask(host, "127.0.0.1", "/api/version", port=11434, headers=origin) for origin in origins]
    assert [answer.status for answer in answers] == [200, 403]


def test_check_mode_finds_nothing_to_do(name: str) -> None:
    run = run_playbook("molecule/ollama_server/converge.yml", name, "--check", "--diff")
    assert (run.rc, run.changed) == (0, []), run.output
