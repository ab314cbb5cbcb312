"""A repository that cannot be used is refused in one sentence, and a toolkit that went missing comes back."""

from __future__ import annotations

from typing import Any

import pytest
from scenario import Run, machine, run_playbook

CONVERGE = "molecule/gpu/converge.yml"
NAME = "gpu-debian13"
IMAGE = "docker.io/ollama/ollama:0.24.0"

testinfra_hosts = [machine(NAME)]


@pytest.fixture(scope="module", autouse=True)
def without_toolkit(host: Any) -> None:
    """A Docker that has started without the toolkit, until the last test."""
    # Nobody but a test restarts Docker so often that systemd has enough of it.
    host.check_output("systemctl reset-failed docker")
    host.check_output("dpkg --purge nvidia-container-toolkit && systemctl restart docker")


def refused(host: Any, variable: str, value: str) -> str:
    """What the role says to this value, in one line; it leaves no repository behind."""
    run: Run = run_playbook(CONVERGE, NAME, f"--extra-vars={variable}={value}")
    assert f"NVIDIA's repository cannot be used on {NAME}, so it was not added" in run.failure
    assert not host.file("/etc/apt/sources.list.d/nvidia-container-toolkit.list").exists
    assert "\n" not in run.failure
    return run.failure


def test_a_key_of_somebody_else_is_refused(host: Any) -> None:
    somebody = "file:/etc/apt/trusted.gpg.d/debian-archive-bookworm-stable.asc"
    said = refused(host, "docker_engine_nvidia_repository_key", somebody)
    assert "Missing key" in said


def test_a_repository_that_does_not_answer_is_refused(host: Any) -> None:
    said = refused(host, "docker_engine_nvidia_repository_url", "http://127.0.0.1:1/deb")
    assert "Unable to connect to 127.0.0.1:1" in said


def test_the_toolkit_comes_back_and_docker_knows_it(host: Any) -> None:
    assert not host.run(f"docker run --rm --gpus all {IMAGE} --version").succeeded
    run = run_playbook(CONVERGE, NAME)
    assert run.rc == 0, run.output
    assert host.run(f"docker run --rm --gpus all {IMAGE} --version").succeeded
