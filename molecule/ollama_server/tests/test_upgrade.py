"""Another version of Ollama has a way back: one that does not start, or whose models do not answer, is taken back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from scenario import PREFIX, Run, ask, machine, run_playbook

NAME = "ollama-server-debian12"
IMAGE = "docker.io/ollama/ollama"
NOW, NEWER, BROKEN, SILENT = "0.24.0", "0.24.7", "0.24.8", "0.24.9"

testinfra_hosts = [machine(NAME)]


def converge(version: str) -> Run:
    variables = json.dumps({"ollama_server_version": version})
    return run_playbook("molecule/ollama_server/converge.yml", NAME, "--extra-vars", variables)


def runs(host: Any) -> tuple[str, list[str]]:
    """The image that serves, and all containers."""
    assert ask(host, "127.0.0.1", port=11434).text == "Ollama is running"
    names = host.check_output("docker ps --all --format '{{.Names}}'").split()
    return str(host.check_output("docker inspect ollama --format '{{.Config.Image}}'")), sorted(names)


@pytest.fixture(scope="module", autouse=True)
def images(host: Any) -> Iterator[None]:
    """What other versions might be: one like this one, one that does not start, and one that loads no model."""
    host.check_output(f"docker tag {IMAGE}:{NOW} {IMAGE}:{NEWER} && docker create --name made {IMAGE}:{NOW}")
    for change, version in (('ENTRYPOINT ["false"]', BROKEN), ("ENV OLLAMA_LOAD_TIMEOUT=1us", SILENT)):
        host.check_output("docker commit --change %s made %s", change, f"{IMAGE}:{version}")
    host.check_output("docker rm made")
    yield
    assert converge(NOW).rc == 0
    host.check_output("docker rmi " + " ".join(f"{IMAGE}:{version}" for version in (NEWER, BROKEN, SILENT)))


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (BROKEN, "Ollama does not answer at http://127.0.0.1:11434"),
        (SILENT, "It started, but dolphin-llama3:8b-256k does not answer"),
    ],
)
def test_one_that_fails_is_taken_back(host: Any, version: str, words: str) -> None:
    before = host.check_output("docker inspect ollama --format '{{.Id}}'")
    run = converge(version)
    assert f"Ollama on {NAME} was not moved to {IMAGE}:{version}, and goes on as it was. {words}" in run.failure
    assert runs(host) == (f"{IMAGE}:{NOW}", ["ollama"])
    assert host.check_output("docker inspect ollama --format '{{.Id}}'") == before


def test_one_that_is_not_to_be_had_stops_nothing(host: Any) -> None:
    before = host.check_output("docker inspect ollama --format '{{.State.StartedAt}}'")
    assert "0.99.9" in converge("0.99.9").failure
    assert host.check_output("docker inspect ollama --format '{{.State.StartedAt}}'") == before


def test_a_second_run_at_the_same_time_is_told_to_wait(host: Any) -> None:
    host.check_output("touch /run/selfhosted-llm-ollama")
    run = converge(NEWER)
    host.check_output("rm /run/selfhosted-llm-ollama")
    assert f"Another run is moving Ollama on {NAME} to another version" in run.failure
    assert "remove /run/selfhosted-llm-ollama" in run.failure
    assert runs(host) == (f"{IMAGE}:{NOW}", ["ollama"])


def test_a_machine_that_was_cut_off_in_between_begins_again(host: Any) -> None:
    """As a power cut leaves it once the old one was put aside and the new one made."""
    host.check_output(
        "docker stop ollama && docker rename ollama ollama-before"
        " && docker run --detach --name ollama --network host --volume ollama:/root/.ollama --env OLLAMA_NO_CLOUD=1"
        f" {IMAGE}:{NEWER}"
    )
    subprocess.run(["docker", "restart", f"{PREFIX}-{NAME}"], check=True, capture_output=True)
    host.check_output("timeout 60 sh -c 'until docker version; do sleep 1; done'")
    run = converge(NEWER)
    assert run.rc == 0, run.output
    assert "selfhosted.llm.ollama_server : Way back | Give the old one its name back" in run.changed
    assert runs(host) == (f"{IMAGE}:{NEWER}", ["ollama"])
    assert converge(NEWER).changed == []
