"""After docker_engine: a Docker that answers now and after a reboot, with bounded logs."""

from __future__ import annotations

import json
from typing import Any

from scenario import both, run_playbook
from versions import OPEN_WEBUI_VERSION

testinfra_hosts = both("docker-engine")


def test_docker_answers_and_comes_back_after_a_reboot(host: Any) -> None:
    assert host.check_output("docker version --format '{{.Server.Version}}'")
    assert host.service("docker").is_enabled


def test_an_image_is_pulled_and_run(host: Any) -> None:
    run = "docker run --rm docker.io/ollama/ollama:0.24.0 --version"
    assert "0.24.0" in host.check_output(f"{run} 2>&1")


def test_logs_rotate_and_options_are_merged(host: Any) -> None:
    options = json.loads(host.file("/etc/docker/daemon.json").content_string)
    assert options["log-opts"] == {"max-file": "3", "max-size": "10m"}
    assert options["labels"] == ["tested=yes"]
    assert "tested=yes" in host.check_output("docker info --format '{{.Labels}}'")


def test_modules_find_requests(host: Any) -> None:
    assert host.run("/usr/bin/python3 -c 'import requests'").succeeded


def test_check_mode_finds_nothing_to_do(name: str) -> None:
    run = run_playbook("molecule/docker_engine/converge.yml", name, "--check", "--diff")
    assert (run.rc, run.changed) == (0, []), run.output


def test_a_client_that_is_missing_comes_back_or_is_named(host: Any, name: str) -> None:
    """Debian 13 has it in a package of its own, and Debian 12 in that of Docker."""
    recommended = host.package("docker-cli").is_installed
    host.check_output("apt-get remove --yes docker-cli" if recommended else "mv /usr/bin/docker /usr/bin/docker.away")
    run = run_playbook("molecule/docker_engine/converge.yml", name)
    if recommended:
        assert (run.rc, len(run.changed)) == (0, 1), run.output
    else:
        assert f"A Docker answers on {name}, but its client, the command docker, is not there" in run.failure
        host.check_output("mv /usr/bin/docker.away /usr/bin/docker")
    assert host.check_output("docker info --format '{{.ServerVersion}}'")


def test_an_image_is_fetched_while_the_play_goes_on(host: Any, name: str) -> None:
    image = f"ghcr.io/open-webui/open-webui:v{OPEN_WEBUI_VERSION}"
    host.run(f"docker image rm {image}")
    images = {"docker_engine_prefetch_images": [image]}
    run = run_playbook("molecule/docker_engine/converge.yml", name, "--extra-vars", json.dumps(images))
    assert (run.rc, run.changed) == (0, []), run.output
    # It may be there already, as somebody else may wait for it.
    assert host.run(f"docker pull --quiet {image}").succeeded
    again = run_playbook("molecule/docker_engine/converge.yml", name, "--extra-vars", json.dumps(images))
    assert "Prefetch" not in again.output


def test_options_that_docker_refuses_are_taken_back(host: Any, name: str) -> None:
    before = host.file("/etc/docker/daemon.json").content_string
    options = {"docker_engine_daemon_options": {"log-driver": "no-such-driver"}}
    run = run_playbook("molecule/docker_engine/converge.yml", name, "--extra-vars", json.dumps(options))
    assert f"Docker does not start on {name}" in run.failure
    assert "no-such-driver" in run.failure
    assert "the file of before is back" in run.failure
    assert host.file("/etc/docker/daemon.json").content_string == before
    assert host.check_output("find /etc/docker -name 'daemon*'") == "/etc/docker/daemon.json"
    assert host.check_output("docker info --format '{{.LoggingDriver}}'") == "json-file"
