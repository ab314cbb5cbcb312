"""After docker_engine with NVIDIA's container toolkit: containers get GPUs, and nobody's options are lost."""

from __future__ import annotations

import json
from typing import Any

from scenario import both, run_playbook

CONVERGE = "molecule/gpu/converge.yml"
IMAGE = "docker.io/ollama/ollama:0.24.0"
OPTIONS = "/etc/docker/daemon.json"
# Where the stand-in for the program that needs a driver notes what it was asked.
NOTES = "/var/log/nvidia-container-cli.log"

testinfra_hosts = both("gpu")


def test_a_container_is_started_through_nvidias_hook(host: Any) -> None:
    host.check_output(f"rm -f {NOTES}")
    assert "0.24.0" in host.check_output(f"docker run --name gpus --gpus all {IMAGE} --version 2>&1")
    (inspected,) = json.loads(host.check_output("docker inspect gpus"))
    host.check_output("docker rm gpus")
    (request,) = inspected["HostConfig"]["DeviceRequests"]
    assert (request["Count"], request["Capabilities"]) == (-1, [["gpu"]])
    assert "--device=all" in host.file(NOTES).content_string


def test_docker_knows_nvidias_runtime(host: Any) -> None:
    run = host.run(f"docker run --rm --runtime nvidia --env NVIDIA_VISIBLE_DEVICES=all {IMAGE} --version")
    # It asks the driver itself, and there is none.
    assert "failed to initialize NVML" in run.stderr


def test_containers_keep_their_gpus_when_systemd_reloads(host: Any) -> None:
    assert host.check_output("docker info --format '{{.CgroupDriver}}'") == "cgroupfs"
    assert "native.cgroupdriver=cgroupfs" in json.loads(host.file(OPTIONS).content_string)["exec-opts"]


def test_options_of_others_stay(host: Any, name: str) -> None:
    options = json.loads(host.file(OPTIONS).content_string)
    assert options["log-opts"] == {"max-file": "3", "max-size": "10m"}
    assert options["labels"] == ["tested=yes"]
    if name == "gpu-debian13":  # It had a Docker before.
        assert options["exec-opts"] == ["native.umask=normal", "native.cgroupdriver=cgroupfs"]


def test_check_mode_finds_nothing_to_do(name: str) -> None:
    run = run_playbook(CONVERGE, name, "--check", "--diff")
    assert (run.rc, run.changed) == (0, []), run.output
