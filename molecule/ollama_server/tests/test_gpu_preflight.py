"""A GPU that the machine has not, or that Docker cannot hand on, is refused by what is missing and what supplies it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from device_nodes import device_nodes
from scenario import machine, run_playbook

NAME = "ollama-server-debian13"

testinfra_hosts = [machine(NAME)]


@pytest.mark.parametrize(
    ("gpu", "there", "missing"),
    [
        ("nvidia", [], "has no NVIDIA driver (there is no /dev/nvidiactl): install it (on Debian 'apt-get install"),
        ("nvidia", ["/dev/nvidiactl"], "does not know the NVIDIA container toolkit (it has no runtime nvidia): set"),
        ("auto", ["/dev/nvidiactl"], "docker_engine_nvidia_container_toolkit to true"),
        ("amd", [], "has no /dev/kfd, the device of AMD's compute driver: 'modprobe amdgpu' loads it"),
        ("amd", ["/dev/kfd"], "has no device /dev/dri/renderD128: the GPU's kernel driver is not loaded"),
        ("vulkan", [], "has no device /dev/dri/renderD128"),
    ],
)
def test_what_is_missing_is_named(host: Any, gpu: str, there: list[str], missing: str) -> None:
    with device_nodes(host, *there):
        run = run_playbook(
            "molecule/ollama_server/converge.yml", NAME, "--extra-vars", json.dumps({"ollama_server_gpu": gpu})
        )
    assert run.failure.startswith(f"ollama_server_gpu is {gpu}, and ")
    assert NAME in run.failure
    assert missing in run.failure
    assert run.changed == []
