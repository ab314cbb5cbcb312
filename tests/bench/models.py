"""Models of an Ollama: what is there already, what is the latest, and pulls, beside what people would use instead.

Usage: models.py [PART ...] of there, latest, large, many and memory; all of them without. `memory` takes 25 GB of disk.
"""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable
from typing import Any

import requests
from faulty_registry import FaultyRegistry, faulty_registry
from measure import Report, in_turn, memory_of, tasks_in_turn, timed
from modules import run_module
from own_registry import OwnRegistry, own_registry
from servers import STATE, OllamaServer, fresh_ollama, registry_address

MIB = 1 << 20
HERE = 200
AWAY = 0.05


def module(server: OllamaServer, names: list[str], **options: Any) -> Any:
    """The module's own code, without Ansible, which has to succeed."""
    result = run_module("ollama_model", {"api_url": server.url, "name": names, **options}, through_ansible=False)
    if result.failed:
        raise SystemExit(result.message)
    return result


def pull(server: OllamaServer, names: list[str]) -> None:
    """As people do: one after another."""
    for name in names:
        server.execute("ollama", "pull", name)


def tags(registry: OwnRegistry) -> list[str]:
    """As many models of a registry as the first two parts need, which are the same but for their tags."""
    registry.push("small", 0)
    manifest = registry.manifest("small")
    names = [f"small:n{number}" for number in range(HERE)]
    for name in names:
        registry.tag("small", name.partition(":")[2], manifest)
    return names


def there(report: Report, server: OllamaServer, registry: OwnRegistry) -> None:
    """Nothing to do for 1, 20 and 200 models."""
    names = tags(registry)
    server.stock(*names)
    floor: dict[str, Any] = {"ansible.builtin.uri": {"url": f"{server.url}/api/tags"}}
    for count in (1, 20, HERE):
        wanted = names[:count]
        ours: dict[str, Any] = {"selfhosted.llm.ollama_model": {"api_url": server.url, "name": wanted}}
        ways = {"ollama_model": ours, "one uri GET": floor}
        report.add(f"{count} models are there", tasks_in_turn(ways, 15), 1.1)
        body = {"model": "{{ item }}", "stream": False}
        loop: dict[str, dict[str, Any]] = {
            "ollama_model": ours,
            "loop of command: ollama pull": {
                "ansible.builtin.command": {"argv": ["docker", "exec", server.name, "ollama", "pull", "{{ item }}"]},
                "loop": wanted,
            },
            "loop of uri POST /api/pull": {
                "ansible.builtin.uri": {
                    "url": f"{server.url}/api/pull",
                    "method": "POST",
                    "body": body,
                    "body_format": "json",
                },
                "loop": wanted,
            },
        }
        report.add(f"{count} models are there, by loops", tasks_in_turn(loop, 1 if count == HERE else 3))


def latest(report: Report, server: OllamaServer, registry: OwnRegistry, far: FaultyRegistry) -> None:
    """Nothing to do for 200 models that are to be the latest."""
    names = [f"{far.name('small')}:{name.partition(':')[2]}" for name in tags(registry)]
    server.stock(*names)
    before = changed_at(server)
    far.delay = AWAY

    def one_after_another() -> None:
        with requests.Session() as session:
            session.trust_env = False  # Else REQUESTS_CA_BUNDLE wins.
            session.verify = str(STATE / "ca.pem")
            session.headers["Accept"] = "application/vnd.docker.distribution.manifest.v2+json"
            for name in names:
                host, path = name.split("/", 1)
                model, _colon, tag = path.partition(":")
                session.get(f"https://{host}/v2/{model}/manifests/{tag}", timeout=60).raise_for_status()

    ways: dict[str, Callable[[], Any]] = {
        "ollama_model, inside": lambda: module(
            server, names, state="latest", registry_ca_path=str(STATE / "ca.pem"), parallel_pulls=5
        ),
        "manifests on one connection": one_after_another,
    }
    report.add(f"{HERE} models are the latest, registry {AWAY * 1000:.0f} ms away", in_turn(ways, 5), 0.1)
    arguments = {
        "api_url": server.url,
        "name": names,
        "state": "latest",
        "registry_ca_path": str(STATE / "ca.pem"),
    }
    report.add(
        "the same, as a whole task", tasks_in_turn({"ollama_model": {"selfhosted.llm.ollama_model": arguments}}, 5)
    )
    far.delay = 0
    report.note("modified_at of the models untouched", changed_at(server) == before)


def changed_at(server: OllamaServer) -> dict[str, str]:
    models = requests.get(f"{server.url}/api/tags", timeout=60).json()["models"]
    return {model["name"]: model["modified_at"] for model in models}


def large(report: Report, server: OllamaServer, registry: OwnRegistry) -> None:
    """One pull of 1 GiB."""
    registry.push("large", 1024 * MIB)
    pulls(report, server, "pull of 1 GiB", ["large"], 5, 1.02)


def many(report: Report, server: OllamaServer, registry: OwnRegistry) -> None:
    """Ten pulls of 100 MiB, and twenty of 2 MB, by the default and ten at a time."""
    for count, size, goal in ((10, 100 * MIB, 0.3), (20, 2_000_000, 0.15)):
        names = [f"of-{size}-{number}" for number in range(count)]
        for name in names:
            registry.push(name, size)
        pulls(report, server, f"pull of {count} x {size / 1e6:.0f} MB", names, 3, goal, parallel_pulls=10)


def pulls(
    report: Report, server: OllamaServer, what: str, names: list[str], rounds: int, goal: float, **options: Any
) -> None:
    seconds: dict[str, list[float]] = {}

    def take(way: str, action: Callable[[], Any]) -> None:
        server.empty()
        seconds.setdefault(way, []).append(timed(action))

    for _round in range(rounds):
        if options:
            take(
                f"ollama_model, inside, {options['parallel_pulls']} at a time", lambda: module(server, names, **options)
            )
        else:
            take("ollama_model, inside", lambda: module(server, names))
        take("ollama pull, one after another", lambda: pull(server, names))
        if options:
            take("ollama_model, inside, by its default", lambda: module(server, names))
    server.empty()
    report.add(what, seconds, goal)


def memory(report: Report, server: OllamaServer, registry: OwnRegistry) -> None:
    """The module's memory through a pull of 10 GiB."""
    registry.push("huge", 10 * 1024 * MIB)
    arguments = {"api_url": server.url, "name": ["huge"], "progress": False}
    report.note("memory of the module through a pull of 10 GiB", memory_of("ollama_model", arguments))
    server.empty()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = ("there", "latest", "large", "many", "memory")
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[[], *parts])
    wanted = parser.parse_args().parts or parts
    services = json.loads((STATE / "services.json").read_text())
    report = Report("models")
    with contextlib.ExitStack() as stack:
        registry, own = stack.enter_context(own_registry(services))
        server = stack.enter_context(fresh_ollama(own))
        if "there" in wanted:
            there(report, server, registry)
        if "latest" in wanted:
            with faulty_registry(registry_address(own), STATE) as far:
                latest(report, server, registry, far)
        for name, part in (("large", large), ("many", many), ("memory", memory)):
            if name in wanted:
                part(report, server, registry)
    report.write()


if __name__ == "__main__":
    main()
