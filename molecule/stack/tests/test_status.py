"""status.yml tells what is so, on the console, on its page and as metrics, and changes nothing.

One test host is enough: what it asks for is the same on both.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra
from prometheus_client.parser import text_string_to_metric_families
from scenario import INVENTORY, PREFIX, Run, ask, machine, run_playbook
from versions import OPEN_WEBUI_VERSION

NAME = "stack-debian13"
BARE = "neighbour-debian12"
METRICS = "/var/lib/selfhosted_llm.prom"
BACKUPS = "/var/backups/selfhosted_llm"


@pytest.fixture(scope="module")
def host() -> Iterator[Any]:
    found = testinfra.get_host(machine(NAME))
    yield found
    found.check_output(f"rm -f {METRICS}")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "status.html"


def status(page: Path, *arguments: str, limit: str = NAME, **options: Any) -> Run:
    return run_playbook("playbooks/status.yml", limit, f"--extra-vars=status_page={page}", *arguments, **options)


def rows(page: Path, name: str = NAME) -> list[list[str]]:
    """The rows of all tables that are about a machine, without its name."""
    lines = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>(.*?)</tr>", page.read_text())]
    return [[html.unescape(cell) for cell in cells[1:]] for cells in lines if cells[:1] == [name]]


def metrics(host: Any) -> dict[str, float]:
    """The values of the metrics, by name and the values of their labels."""
    families = text_string_to_metric_families(host.file(METRICS).content_string)
    samples = [sample for family in families for sample in family.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


def ollama(host: Any, path: str, body: Any = None, method: str = "POST") -> Any:
    answer = ask(host, "127.0.0.1", path, port=11434, method=method if body else "GET", body=body)
    assert answer.status == 200, answer.text
    return answer.json() if answer.text.startswith("{") and "\n{" not in answer.text else answer.text


@pytest.fixture
def backup(host: Any) -> Iterator[str]:
    """The name of a backup, beside one of another machine."""
    mine, other = f"{BACKUPS}/{NAME}-20261124T174500Z.tar.gz", f"{BACKUPS}/other-20271124T174500Z.tar.gz.gpg"
    host.check_output(f"mkdir -p {BACKUPS} && touch -d @1 {mine} {other}")
    yield mine
    host.check_output(f"rm {mine} {other} && rmdir --ignore-fail-on-non-empty {BACKUPS}")


def test_what_is_told_is_so(host: Any, page: Path, backup: str) -> None:
    ollama(host, "/api/generate", {"model": "llama3", "keep_alive": "1h", "stream": False})
    before = ollama(host, "/api/ps"), host.check_output("docker ps --no-trunc --format '{{.ID}} {{.Names}}'")

    run = status(page, f"--extra-vars=status_textfile_path={METRICS}")
    assert (run.rc, run.changed) == (0, []), run.output

    assert (ollama(host, "/api/ps"), host.check_output("docker ps --no-trunc --format '{{.ID}} {{.Names}}'")) == before
    assert int(host.file(backup).mtime.timestamp()) == 1
    told = rows(page)
    nginx = host.run("nginx -v").stderr.strip().rpartition("/")[2]
    assert told[0][:3] == ["nginx", "healthy", nginx]
    assert told[1][:4] == ["Open WebUI", "healthy", OPEN_WEBUI_VERSION, OPEN_WEBUI_VERSION]
    assert told[2][:4] == ["Ollama", "healthy", "0.24.0", "0.24.0"]
    assert told[3][:2] == ["last backup", "2026-11-24 17:45 UTC"]
    there = {model["name"]: model["digest"] for model in ollama(host, "/api/tags")["models"]}
    places = {name: "CPU" if name == "llama3:latest" else "not loaded" for name in there}
    models = [row for row in told if row[0] in there]
    assert [(row[0], row[1], row[3], row[4]) for row in models] == [
        (name, there[name][:12], "no", places[name]) for name in sorted(there)
    ]
    assert len(told) == 4 + len(there), "nothing differs from what is declared"

    values = metrics(host)
    assert (host.file(METRICS).mode, host.file(METRICS).user) == (0o644, "root")
    assert {key: values[f"selfhosted_llm_up {key}"] for key in ("nginx", "open_webui", "ollama")} == dict.fromkeys(
        ("nginx", "open_webui", "ollama"), 1
    )
    assert {name for name in there if values[f"selfhosted_llm_model_update_available {name}"] == 0} == set(there)
    assert values["selfhosted_llm_last_backup_timestamp_seconds"] == 1795542300
    assert (values["selfhosted_llm_problems"], values["selfhosted_llm_drift"]) == (0, 0)
    # Beside the weights there are a key, and what a file system takes for its folders.
    weights = sum(model["size"] for model in ollama(host, "/api/tags")["models"])
    assert values["selfhosted_llm_volume_size_bytes ollama"] == pytest.approx(weights, rel=0.1)
    free = int(host.check_output("df --output=avail --block-size=1 /var/lib/docker | tail -1"))
    assert values["selfhosted_llm_disk_free_bytes"] == pytest.approx(free, rel=0.2)


def test_an_ollama_that_is_somebody_elses_and_check_mode(page: Path) -> None:
    """Only what its API tells is asked then, and not even the page is written."""
    run = status(page, "--check", "--extra-vars=ollama_server_runtime=existing", json_output=False)
    assert run.rc == 0, run.output
    assert "changed=0" in run.output
    assert not page.exists()
    told = [line.split() for line in run.output.splitlines()]
    assert [NAME, "Ollama", "healthy", "0.24.0", "disk", "unknown"] in told


def door(tls: str) -> None:
    run = run_playbook("molecule/stack/one_role.yml", NAME, f"--extra-vars=role=nginx_proxy nginx_proxy_tls={tls}")
    assert run.rc == 0, run.output


@pytest.fixture
def broken(host: Any) -> Iterator[None]:
    """Open WebUI stopped, a declared model gone and one that nobody declared there, behind a door with TLS."""
    door("local_ca")
    host.check_output("docker stop open-webui")
    ollama(host, "/api/copy", {"source": "mistral", "destination": "of-my-own"})
    ollama(host, "/api/delete", {"model": "mistral"}, "DELETE")
    yield
    ollama(host, "/api/delete", {"model": "of-my-own"}, "DELETE")
    ollama(host, "/api/pull", {"model": "mistral", "stream": False})
    host.check_output(
        "docker start open-webui && timeout 180 sh -c"
        " 'until docker inspect open-webui --format {{.State.Health.Status}} | grep -qx healthy; do sleep 2; done'"
    )
    door("none")


@pytest.mark.usefixtures("broken")
def test_what_is_wrong_is_named(host: Any, page: Path, tmp_path: Path) -> None:
    """On one machine that runs, one where nothing is installed, and one that nobody reaches."""
    inventory = tmp_path / "more.yml"
    bare = {"hosts": {BARE: {"testbed_prefix": PREFIX}}}
    gone = {"gone": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}}
    groups = {"ollama": {"hosts": bare["hosts"] | gone}, "open_webui": bare, "nginx_proxy": bare}
    inventory.write_text(json.dumps({"all": {"children": groups}}))
    declared = {
        "nginx_proxy_tls": "local_ca",
        "ollama_server_models_exclusive": True,
        "open_webui_version": "99.9.9",
        "status_certificate_days": 397,
        "status_textfile_path": METRICS,
    }
    limit = f"{NAME},{BARE},gone"
    run = status(page, f"--extra-vars={json.dumps(declared)}", limit=limit, inventories=[INVENTORY, inventory])

    assert run.failure.startswith("Not all is well: ")
    problems = set(run.failure.removeprefix("Not all is well: ").removesuffix(".").split("; "))
    [refused] = [problem for problem in problems if problem.startswith("the door of")]
    assert "lets nobody through" in refused
    assert problems - {refused} == {
        f"Open WebUI on {NAME} is stopped",
        f"Ollama on {NAME} lacks the declared mistral:latest",
        f"the certificate of {NAME} ends in 396 days",
        f"the door is not installed on {BARE}",
        f"Open WebUI is not installed on {BARE}",
        f"Ollama is not installed on {BARE}",
        "gone cannot be reached",
    }
    told = rows(page)
    assert [row[1] for row in told[:3]] == ["unhealthy", "stopped", "healthy"]
    assert ["mistral:latest", "", "missing", "", ""] in told
    [of_my_own] = [row for row in told if row[0] == "of-my-own:latest"]
    image = "ghcr.io/open-webui/open-webui"
    assert of_my_own[3] == "unknown"
    assert [row for row in told if len(row) == 1] == [
        [f"its image is {image}:v{OPEN_WEBUI_VERSION} and not {image}:v99.9.9"],
        ["its environment differs in WEBUI_SESSION_COOKIE_SECURE"],
        ["not declared: of-my-own:latest"],
    ]
    assert [row[1] for row in rows(page, BARE)] == ["not installed", "not installed", "not installed", "never"]
    assert rows(page, "gone")[0][:2] == ["machine", "not reachable"]
    values = metrics(host)
    assert (values["selfhosted_llm_up open_webui"], values["selfhosted_llm_up ollama"]) == (0, 1)
    assert (values["selfhosted_llm_problems"], values["selfhosted_llm_drift"]) == (4, 3)
    assert values["selfhosted_llm_certificate_days_left"] == 396
    testinfra.get_host(machine(BARE)).check_output(f"rm {METRICS}")
