"""playbooks/remove.yml takes away what the roles made, nothing else, and the data only when it is told to.

The tests build on each other, on one machine, which has neither the stack nor its data in the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import testinfra
from scenario import Run, ask, machine, run_playbook, sign_in

STACK = "stack-debian12"
REMOVE = "playbooks/remove.yml"
ONE_ROLE = "molecule/stack/one_role.yml"
HOST = testinfra.get_host(machine(STACK))
FOREIGN_SITE = "/etc/nginx/conf.d/foreign.conf"
SITE = "/etc/nginx/conf.d/selfhosted_llm.conf"
KEYS = "/etc/nginx/selfhosted_llm/gateway_keys.conf"
AUTHORITY = "/etc/selfhosted_llm/local_ca/ca_key.pem"
WATCH = "/etc/systemd/system/ollama-gpu-watch.timer"
# As "docker volume ls" has them.
VOLUMES = {"ollama", "open-webui"}

testinfra_hosts = [machine(STACK)]


def listed(command: str) -> set[str]:
    """What a command of Docker lists, one a line."""
    return set(HOST.check_output(f"docker {command}").split())


def removed(*arguments: str, **variables: Any) -> Run:
    """A run of the playbook that came to its end."""
    run = run_playbook(REMOVE, STACK, "--extra-vars", json.dumps(variables), *arguments)
    assert run.rc == 0, run.output
    return run


def tasks(run: Run) -> list[str]:
    """The tasks that changed something, with their roles."""
    return [task.removeprefix("selfhosted.llm.") for task in run.changed]


GOES = [
    "nginx_proxy : Remove | Site",
    "nginx_proxy : Let nginx read its configuration",
    "nginx_proxy : Remove | Files",
    "open_webui : Remove | Container",
    "ollama_server : GPU watch | Stop it",
    "ollama_server : GPU watch | Remove its files",
    "ollama_server : Remove | Container",
]


@pytest.fixture(scope="module", autouse=True)
def furnished() -> Iterator[None]:
    """The machine has some of everything that a role makes, and a site and a container of somebody else's."""
    door = {"nginx_proxy_tls": "local_ca", "nginx_proxy_gateway_keys": [{"name": "editor", "key": "k" * 64}]}
    run = run_playbook(ONE_ROLE, STACK, "--extra-vars", json.dumps({"role": "nginx_proxy", **door}))
    assert run.rc == 0, run.output
    HOST.check_output(f"printf '[Timer]\\nOnActiveSec=1d\\nUnit=nginx.service\\n' > {WATCH} && systemctl daemon-reload")
    HOST.check_output(
        f"printf 'server {{ listen 8088; return 200 foreign; }}' > {FOREIGN_SITE} && systemctl reload nginx"
    )
    image = HOST.check_output("docker inspect ollama --format {{.Config.Image}}")
    HOST.check_output("docker create --name foreign --label foreign %s", image)
    yield
    HOST.run(f"docker rm foreign; rm -f {FOREIGN_SITE} {WATCH}; systemctl reload nginx")


@pytest.fixture(scope="module")
def session() -> str:
    """The token of a session that began before anything was removed."""
    return sign_in(HOST)


def test_check_mode_names_all_that_would_go(session: str) -> None:
    assert tasks(removed("--check", "--diff")) == GOES
    answer = ask(HOST, "127.0.0.1", "/api/models", port=8080, headers={"Authorization": f"Bearer {session}"})
    assert answer.status == 200, answer.text
    assert HOST.file(SITE).exists
    assert HOST.file(WATCH).exists


@pytest.fixture
def needing_site() -> Iterator[None]:
    """A site of somebody else's that uses a part of ours."""
    HOST.check_output(
        "printf 'server { listen 8089; location / { proxy_pass http://open_webui; } }' > /etc/nginx/conf.d/needing.conf"
    )
    yield
    HOST.check_output("rm /etc/nginx/conf.d/needing.conf")


@pytest.mark.usefixtures("needing_site")
def test_a_site_that_another_needs_stays() -> None:
    run = run_playbook(REMOVE, STACK)
    assert f"nginx on {STACK} refuses its configuration without our site, so nothing was removed" in run.failure
    assert 'host not found in upstream "open_webui" in /etc/nginx/conf.d/needing.conf' in run.failure
    assert run.changed == []


@pytest.mark.usefixtures("session")
def test_what_the_roles_made_goes_and_all_else_stays() -> None:
    run = removed()
    assert tasks(run) == GOES
    assert "volume open-webui stays" in run.output
    assert "remove_data: true" in run.output
    assert listed("ps --all --format {{.Names}}") == {"foreign"}
    assert listed("volume ls --quiet") >= VOLUMES
    assert [path for path in (SITE, KEYS, WATCH) if HOST.file(path).exists] == []
    assert HOST.file(AUTHORITY).exists
    assert ask(HOST, "127.0.0.1", port=8088).text == "foreign"
    assert removed().changed == []


@pytest.mark.parametrize("name", ["open-webui", "ollama"])
def test_with_a_container_of_somebody_elses_nothing_goes(name: str) -> None:
    image = HOST.check_output("docker inspect foreign --format {{.Config.Image}}")
    HOST.check_output("docker create --name %s %s", name, image)
    run = run_playbook(REMOVE, STACK, "--extra-vars", json.dumps({"remove_data": True}))
    HOST.check_output("docker rm %s", name)
    assert f"The container {name} on {STACK} was started by hand, not by this role" in run.failure
    assert run.changed == []


def test_the_same_site_brings_it_back_with_its_data(session: str) -> None:
    authority = HOST.file(AUTHORITY).sha256sum
    run = run_playbook("playbooks/site.yml", STACK)
    assert run.rc == 0, run.output
    # The models are in their volume.
    assert [task for task in tasks(run) if "Models |" in task] == []
    answer = ask(HOST, "127.0.0.1", "/api/models", headers={"Authorization": f"Bearer {session}"})
    assert answer.status == 200, answer.text
    assert "llama3:latest" in {model["id"] for model in answer.json()["data"]}
    assert HOST.file(AUTHORITY).sha256sum == authority


def test_the_data_go_when_the_word_is_given() -> None:
    removed(remove_data=True)
    assert listed("volume ls --quiet") & VOLUMES == set()
    assert [path for path in ("/etc/selfhosted_llm", "/etc/nginx/selfhosted_llm") if HOST.file(path).exists] == []
    assert ask(HOST, "127.0.0.1", port=8088).text == "foreign"
    assert listed("ps --all --format {{.Names}}") == {"foreign"}
    assert removed(remove_data=True).changed == []
