"""An Ollama that somebody started by hand is taken over with its models, or left alone with a sentence."""

from __future__ import annotations

import re
from typing import Any

from device_nodes import device_nodes
from scenario import ask, machine, run_playbook

CONVERGE = "molecule/ollama_server/converge.yml"
NAME = "ollama-server-debian12"
IMAGE = "docker.io/ollama/ollama:0.24.0"

testinfra_hosts = [machine(NAME)]


def models(host: Any) -> set[str]:
    reply = ask(host, "127.0.0.1", "/api/tags", port=11434).json()
    return {model["name"] for model in reply["models"]}


def test_a_container_with_a_published_port_is_taken_over_with_its_models(host: Any) -> None:
    before = models(host)
    host.check_output("docker rm --force ollama")
    host.check_output(f"docker run --detach --name ollama --volume ollama:/root/.ollama -p 11434:11434 {IMAGE}")
    run = run_playbook(CONVERGE, NAME)
    assert run.rc == 0, run.output
    # The memory of a new container is empty.
    changed = [task.split(" : ")[1].split(" (")[0] for task in run.changed]
    assert changed == ["Container | Ollama", "Models | Load into memory"]
    assert models(host) == before
    assert host.check_output("docker inspect ollama --format '{{.HostConfig.NetworkMode}}'") == "host"


def test_a_container_with_a_gpu_does_not_lose_it(host: Any) -> None:
    host.check_output("docker rm --force ollama")
    with device_nodes(host, "/dev/dri/renderD128"):
        host.check_output(
            "docker create --name ollama --volume ollama:/root/.ollama --device /dev/dri --env CANARY=canary-by-hand"
            f" --env OLLAMA_KEEP_ALIVE=1h {IMAGE}"
        )
        refused = run_playbook(CONVERGE, NAME)
        assert f"The container ollama on {NAME} was started by hand with a GPU, and ollama_server_gpu is none" in (
            refused.failure
        )
        assert refused.changed == []
        told = run_playbook(
            CONVERGE, NAME, "--check", "--diff", "--extra-vars=ollama_server_gpu=vulkan", json_output=False
        )
    assert told.rc == 0, told.output
    assert "have them: CANARY, OLLAMA_KEEP_ALIVE" in " ".join(told.output.split())
    assert "canary-by-hand" not in told.output
    host.check_output("docker rm --force ollama")
    assert run_playbook(CONVERGE, NAME).rc == 0


def test_models_in_a_folder_become_the_volume_by_the_command_that_the_sentence_gives(host: Any) -> None:
    before = models(host)
    data = host.check_output("docker volume inspect ollama --format '{{.Mountpoint}}'")
    host.check_output(f"docker rm --force ollama && mv {data} /srv/models && docker volume rm ollama")
    host.check_output(f"docker run --detach --name ollama --volume /srv/models:/root/.ollama -p 11434:11434 {IMAGE}")
    refused = run_playbook(CONVERGE, NAME)
    assert refused.changed == []
    [command] = re.findall(r"with '(docker stop .*)' there\. Then", refused.failure)
    host.check_output(command)
    assert run_playbook(CONVERGE, NAME).rc == 0
    assert models(host) == before
    assert host.file("/srv/models/models").is_directory
    # As it was.
    host.check_output("docker rm --force ollama && docker volume rm ollama && docker volume create ollama")
    host.check_output(f"rmdir {data} && mv /srv/models {data}")


def test_a_container_with_its_models_elsewhere_is_left_alone(host: Any) -> None:
    host.check_output("docker rm --force ollama")
    made = host.check_output(f"docker run --detach --name ollama -p 11434:11434 {IMAGE}")
    run = run_playbook(CONVERGE, NAME)
    assert f"The container ollama on {NAME} keeps its models elsewhere than in the volume ollama" in run.failure
    assert run.changed == []
    assert host.check_output("docker inspect ollama --format '{{.Id}}'") == made
    host.check_output("docker rm --force --volumes ollama")
    assert run_playbook(CONVERGE, NAME).rc == 0
