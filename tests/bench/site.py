"""site.yml on one machine: with nothing to do, and from a bare machine, beside what people would use instead.

Usage: site.py [--rounds N] [PART ...] of nothing and fresh; both without. Makes two test hosts, and removes them.
"""

from __future__ import annotations

import argparse
import functools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import OUTPUT, Report, in_turn, playbook, run_play, tasks_of, test_hosts, timed
from modules import ENVIRONMENT
from scenario import PREFIX

# The first is converged, and the second is bare.
HOME, BARE = "bench-1-debian13", "bench-2-debian13"
MODELS = [{"name": f"llama3:n{number}"} for number in range(20)]
OLLAMA, OPEN_WEBUI = "docker.io/ollama/ollama:0.24.0", "ghcr.io/open-webui/open-webui:v0.12.4"
PROMPTS = [{"command": f"p{number}", "name": f"Prompt {number}", "content": "Say it."} for number in range(5)]


def inventory(name: str, models: list[dict[str, Any]]) -> Path:
    """A file with one machine, which has all three: the models, the chat with some content, and the door."""
    everything: dict[str, Any] = {"hosts": {"home": {}}}
    variables = {
        "ansible_connection": "community.docker.docker",
        "ansible_host": f"{PREFIX}-{name}",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ollama_server_version": "0.24.0",
        "ollama_server_ca_bundle": "/etc/ssl/certs/ca-certificates.crt",
        "ollama_server_models": models,
        "open_webui_prompts": PROMPTS,
        "nginx_proxy_tls": "local_ca",
    }
    groups = dict.fromkeys(("ollama", "open_webui", "nginx_proxy"), everything)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    file = OUTPUT / f"{name}.json"
    file.write_text(json.dumps({"all": {"children": groups, "vars": variables}}))
    return file


def site(where: Path) -> None:
    run_play("site.yml", f"--inventory={where}")


def on(name: str, script: str) -> None:
    command = ["docker", "exec", f"{PREFIX}-{name}", "sh", "-ec", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{script}: {done.stdout}{done.stderr}")


def containers_play() -> list[dict[str, Any]]:
    """What roles for the two containers do: a container each, and models that the server does not name yet.

    The tasks are those of the most complete pair of such roles, without a proxy and without content.
    """
    url = "http://127.0.0.1:11434/api"
    names = [model["name"] for model in MODELS]
    missing = "item not in (tags.json.models | map(attribute='name') | list)"
    container = {"restart_policy": "unless-stopped", "state": "started", "network_mode": "host"}

    def volume(name: str) -> dict[str, Any]:
        return {"name": f"Volume {name}", "community.docker.docker_volume": {"name": name}}

    def started(name: str, image: str, **options: Any) -> dict[str, Any]:
        # As they find the containers of this collection, which differ from what such a role would make.
        task = {"name": name, "image": image, "comparisons": {"*": "ignore"}, **container, **options}
        return {"name": f"Container {name}", "community.docker.docker_container": task}

    tasks: list[dict[str, Any]] = [
        {"name": "Python's library for Docker", "ansible.builtin.package": {"name": "python3-requests"}},
        volume("ollama"),
        started("ollama", OLLAMA, volumes=["ollama:/root/.ollama"]),
        {
            "name": "Wait for it",
            "ansible.builtin.uri": {"url": f"{url}/tags"},
            "register": "tags",
            "until": "tags.status == 200",
            "retries": 10,
        },
        {
            "name": "Pull what is missing",
            "ansible.builtin.uri": {
                "url": f"{url}/pull",
                "method": "POST",
                "body": {"name": "{{ item }}"},
                "body_format": "json",
            },
            "loop": names,
            "when": missing,
        },
        {
            "name": "Remove what is not wanted",
            "ansible.builtin.uri": {
                "url": f"{url}/delete",
                "method": "DELETE",
                "body": {"name": "{{ item }}"},
                "body_format": "json",
            },
            "loop": "{{ tags.json.models | map(attribute='name') | list }}",
            "when": f"item not in {names}",
        },
        volume("open-webui"),
        started("open-webui", OPEN_WEBUI, volumes=["open-webui:/app/backend/data"]),
        {"name": "Wait for that", "ansible.builtin.uri": {"url": "http://127.0.0.1:8080/health"}},
    ]
    return [{"hosts": "all", "become": True, "gather_facts": True, "tasks": tasks}]


def divided(report: Report, where: Path) -> None:
    """Note how the seconds of a run with nothing to do divide: by role, and by what goes to the machine."""
    seconds: dict[str, list[float]] = {}
    for task in tasks_of(run_play("site.yml", f"--inventory={where}", environment=ENVIRONMENT)):
        role = task.name.partition(" : ")[0].removeprefix("selfhosted.llm.") if " : " in task.name else "the playbook"
        kind = "to the machine" if task.goes_to_machine else "here"
        seconds.setdefault(f"{role}, {kind}", []).append(task.seconds)
    for part, values in sorted(seconds.items()):
        report.note(part, f"{len(values)} tasks, {sum(values):.2f} s")


def nothing(report: Report, rounds: int) -> None:
    """site.yml on a converged host with 20 models."""
    test_hosts("hosts.yml", HOME)
    site(inventory(HOME, [{"name": "llama3"}]))
    for model in MODELS:
        on(HOME, f"docker exec ollama ollama cp llama3 {model['name']}")
    where = inventory(HOME, MODELS)
    site(where)
    empty = [{"hosts": "all", "gather_facts": False, "tasks": []}]
    with playbook(empty) as nothing_at_all:
        first: dict[str, Callable[[], Any]] = {
            "site.yml": lambda: site(where),
            "an empty play": lambda: run_play(nothing_at_all, f"--inventory={where}"),
        }
        report.add("one converged machine, 20 models", in_turn(first, rounds), 10)
    with playbook(containers_play()) as others:
        second: dict[str, Callable[[], Any]] = {
            "site.yml": lambda: site(where),
            "two containers, no door, no content": lambda: run_play(others, f"--inventory={where}"),
        }
        report.add("the same", in_turn(second, rounds), 1)
    divided(report, where)

    def by_hand() -> None:
        for model in MODELS:
            on(HOME, f"docker exec ollama ollama show {model['name']}")

    report.add("for the record", {"20 times ollama show": [timed(by_hand)]})


def fresh(report: Report) -> None:
    """site.yml on a bare machine, beside the packages and then the longest of what is fetched."""
    models = [{"name": "llama3"}, {"name": "mistral"}]
    test_hosts("hosts_down.yml", HOME, BARE)
    test_hosts("hosts.yml", HOME, BARE)
    whole = timed(lambda: site(inventory(HOME, models)))
    parts = {
        "packages": "apt-get update; apt-get install --yes --no-install-recommends docker.io docker-cli nginx",
        "image of Ollama": f"docker pull {OLLAMA}",
        "image of Open WebUI": f"docker pull {OPEN_WEBUI}",
    }
    seconds = {part: timed(functools.partial(on, BARE, script)) for part, script in parts.items()}
    trust = "--volume=/etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro"
    on(BARE, f"docker run --detach --name ollama --network host {trust} {OLLAMA}")
    on(BARE, "until docker exec ollama ollama list; do sleep 0.2; done")
    pulls = "; ".join(f"docker exec ollama ollama pull {model['name']}" for model in models)
    seconds["models"] = timed(lambda: on(BARE, pulls))
    fetched = max(seconds["image of Ollama"], seconds["image of Open WebUI"], seconds["models"])
    for part, value in seconds.items():
        report.note(f"seconds for {part} alone", round(value, 1))
    floor = {"packages, then the longest of what is fetched": [seconds["packages"] + fetched]}
    report.add("one bare machine", {"site.yml": [whole]} | floor, 1.3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[[], "nothing", "fresh"])
    arguments = parser.parse_args()
    report = Report("site")
    try:
        if "nothing" in (arguments.parts or ["nothing"]):
            nothing(report, arguments.rounds)
        if "fresh" in (arguments.parts or ["fresh"]):
            fresh(report)
    finally:
        test_hosts("hosts_down.yml", HOME, BARE)
    report.write()


if __name__ == "__main__":
    main()
