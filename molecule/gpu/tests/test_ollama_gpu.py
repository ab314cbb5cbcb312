"""Ollama's container with GPUs: what Docker was really asked for, and that nobody is told a GPU is used when it is not.

There is no GPU here, only the nodes of their devices; Ollama runs every model on the CPU.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from device_nodes import device_nodes
from scenario import Run, ask, machine, run_playbook

CONVERGE = "molecule/gpu/converge.yml"
NAME = "gpu-debian12"
IMAGE = "docker.io/ollama/ollama:0.24.0"
RENDER, KFD = "/dev/dri/renderD128", "/dev/kfd"

testinfra_hosts = [machine(NAME)]


def converge(*arguments: str, **variables: Any) -> Run:
    return run_playbook(CONVERGE, NAME, "--extra-vars", json.dumps(variables), *arguments)


def container(host: Any) -> dict[str, Any]:
    inspected: dict[str, Any] = json.loads(host.check_output("docker inspect ollama"))[0]
    return inspected


def devices(inspected: dict[str, Any]) -> set[str]:
    return {device["PathOnHost"] for device in inspected["HostConfig"]["Devices"] or []}


@pytest.fixture
def amd(host: Any) -> Iterator[str]:
    """An AMD GPU as its driver shows it, and the image with ROCm; the number of the group that may use it."""
    # The test-bed has no image of this name; what is in it matters only with a GPU.
    host.check_output(f"docker tag {IMAGE} {IMAGE}-rocm")
    with device_nodes(host, KFD, RENDER):
        yield host.check_output(f"stat --format %g {KFD}")


def test_nvidias_gpus_are_requested_from_docker(host: Any) -> None:
    made = container(host)
    [request] = made["HostConfig"]["DeviceRequests"]
    assert (request["Count"], request["Capabilities"]) == (-1, [["gpu"]])
    assert made["State"]["Running"]
    assert "configure" in host.file("/var/log/nvidia-container-cli.log").content_string


def test_a_model_on_the_cpu_ends_the_run(host: Any) -> None:
    run = converge(ollama_server_require_gpu=True)
    assert f"ollama_server_gpu is nvidia, and llama3:latest runs on the CPU of {NAME}: see that" in run.failure
    assert "library=cpu" in run.failure
    assert run.changed == []
    # It was loaded to be looked at, and is gone again.
    assert ask(host, "127.0.0.1", "/api/ps", port=11434).json()["models"] == []


def test_amds_gpu_comes_with_its_image_devices_and_group(host: Any, amd: str) -> None:
    run = converge(ollama_server_gpu="amd")
    assert run.rc == 0, run.output
    assert any(
        "WARNING: ollama_server_gpu is amd, and llama3:latest runs on the CPU" in str(outcome.result.get("msg"))
        for outcome in run.outcomes
    )
    made = container(host)
    assert made["Config"]["Image"] == f"{IMAGE}-rocm"
    assert devices(made) == {KFD, "/dev/dri"}
    assert made["HostConfig"]["GroupAdd"] == [amd]
    assert not made["HostConfig"]["DeviceRequests"]
    assert host.check_output(f"docker exec ollama stat --format %g {RENDER}") == amd
    assert converge(ollama_server_gpu="amd").changed == []


def test_vulkan_and_then_none(host: Any) -> None:
    with device_nodes(host, RENDER):
        assert converge(ollama_server_gpu="vulkan").rc == 0
        made = container(host)
        assert (devices(made), made["HostConfig"]["GroupAdd"]) == (
            {"/dev/dri"},
            [host.check_output(f"stat --format %g {RENDER}")],
        )
        assert "OLLAMA_VULKAN=1" in made["Config"]["Env"]
    assert converge(ollama_server_gpu="none").rc == 0
    made = container(host)
    assert (devices(made), made["HostConfig"]["GroupAdd"] or [], made["HostConfig"]["DeviceRequests"] or []) == (
        set(),
        [],
        [],
    )


@pytest.mark.usefixtures("amd")
def test_auto_takes_what_is_there(host: Any) -> None:
    """NVIDIA's driver is here, too, and goes first."""
    run = converge("--check", ollama_server_gpu="auto")
    assert f"GPU of {NAME}: nvidia" in run.output
    host.check_output("mv /dev/nvidiactl /dev/elsewhere")
    try:
        assert f"GPU of {NAME}: amd" in converge("--check", ollama_server_gpu="auto").output
    finally:
        host.check_output("mv /dev/elsewhere /dev/nvidiactl")


def test_the_watch_restarts_a_container_that_lost_its_gpu_once(host: Any) -> None:
    """Every model here is on the CPU, as if the container had lost its GPU."""
    assert converge(ollama_server_gpu_watch=True).rc == 0
    assert host.service("ollama-gpu-watch.timer").is_enabled
    assert host.service("ollama-gpu-watch.timer").is_running
    host.check_output("systemctl stop ollama-gpu-watch.timer; rm -f /run/ollama-gpu-watch/restarted")
    load = {"model": "llama3"}

    host.check_output("systemctl start ollama-gpu-watch")  # Nothing is in memory, so nothing is known.
    started = container(host)["State"]["StartedAt"]

    kept = {"model": "kept", "from": "llama3", "parameters": {"num_gpu": 0}, "stream": False}
    ask(host, "127.0.0.1", "/api/create", port=11434, method="POST", body=kept)
    ask(host, "127.0.0.1", "/api/generate", port=11434, method="POST", body={"model": "kept"})
    host.check_output("systemctl start ollama-gpu-watch")
    assert container(host)["State"]["StartedAt"] == started, "a model may be kept from the GPU"
    ask(host, "127.0.0.1", "/api/delete", port=11434, method="DELETE", body={"model": "kept"})
    host.check_output("systemctl start ollama-gpu-watch")
    assert container(host)["State"]["StartedAt"] == started, "nobody can tell of one that was removed"

    # What is in memory would serve llama3, too, which has the same weights.
    host.check_output(
        "docker restart ollama && timeout 60 sh -c 'until docker exec ollama ollama list; do sleep 0.5; done'"
    )
    started = container(host)["State"]["StartedAt"]
    ask(host, "127.0.0.1", "/api/generate", port=11434, method="POST", body=load)
    host.check_output("systemctl start ollama-gpu-watch")
    restarted = container(host)["State"]["StartedAt"]
    assert restarted > started

    host.check_output("timeout 60 sh -c 'until docker exec ollama ollama list; do sleep 0.5; done'")
    ask(host, "127.0.0.1", "/api/generate", port=11434, method="POST", body=load)
    assert host.run("systemctl start ollama-gpu-watch").failed
    assert "llama3:latest on the CPU still" in host.check_output("journalctl --unit=ollama-gpu-watch --output=cat")
    assert container(host)["State"]["StartedAt"] == restarted

    timer = host.file("/etc/systemd/system/ollama-gpu-watch.timer")
    assert timer.exists
    assert converge(ollama_server_gpu="none").rc == 0
    assert not timer.exists
    assert converge().rc == 0
