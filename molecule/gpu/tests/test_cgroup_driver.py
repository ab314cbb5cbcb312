"""Containers outlive a change of the cgroup driver, and a driver that somebody chose stays."""

from __future__ import annotations

import json
from typing import Any

from scenario import machine, run_playbook

CONVERGE = "molecule/gpu/converge.yml"
NAME = "gpu-debian12"
OPTIONS = "/etc/docker/daemon.json"
# Nobody but a test restarts Docker so often that systemd has enough of it.
FORGET = "systemctl reset-failed docker"

testinfra_hosts = [machine(NAME)]


def test_a_driver_of_ones_own_is_kept_and_containers_come_back(host: Any) -> None:
    lasting = "docker run --detach --name lasting --restart always --entrypoint sleep docker.io/ollama/ollama:0.24.0 60"
    host.check_output(f"cp --preserve {OPTIONS} {OPTIONS}.before && {lasting} && {FORGET}")
    options = {"docker_engine_daemon_options": {"exec-opts": ["native.cgroupdriver=systemd"]}}
    run = run_playbook(CONVERGE, NAME, "--extra-vars", json.dumps(options))
    assert run.rc == 0, run.output
    assert host.check_output("docker info --format '{{.CgroupDriver}}'") == "systemd"
    assert host.check_output("docker inspect lasting --format '{{.State.Running}}'") == "true"
    host.check_output(f"docker rm --force lasting && mv {OPTIONS}.before {OPTIONS}")
    host.check_output(f"{FORGET} && systemctl restart docker")
    assert host.check_output("docker info --format '{{.CgroupDriver}}'") == "cgroupfs"
