"""How long site.yml takes on 1, 3 and 9 machines with models, and how questions spread over 1, 2 and 3 of them.

Usage: machines.py [--questions N] [--rounds N] [PART ...] of converged and balance; both without. Makes ten test hosts.
Each machine with models gets a fifth of a processor while questions are asked, so that the machines are what limits, as
graphics cards do.
"""

from __future__ import annotations

import argparse
import functools
import http.client
import json
import re
import ssl
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from door_host import address
from measure import Report, in_turn, run_play, test_hosts, timed
from scenario import PREFIX, ROOT

STATE = ROOT / ".testbed" / "machines"
DOOR = f"{PREFIX}-bench-door-debian13"
KEY = "questions-of-the-benchmark"
KEYS = [{"name": "bench", "key": KEY, "connections": 200}]


def machine(number: int) -> str:
    return f"{PREFIX}-bench-{number}-debian13"


def inventory(count: int, door: bool) -> Path:
    """A file that says so many machines with models and their gateways, and one that spreads questions over them."""
    group = {
        "hosts": {f"gpu{number}": {"ansible_host": machine(number)} for number in range(1, count + 1)},
        "vars": {
            "ollama_server_models": [{"name": "llama3"}],
            "ollama_server_version": "0.24.0",
            "ollama_server_ca_bundle": "/etc/ssl/certs/ca-certificates.crt",
        },
    }
    variables = {
        "ansible_connection": "community.docker.docker",
        "ansible_python_interpreter": "/usr/bin/python3",
        "nginx_proxy_upstreams": [],
        "nginx_proxy_gateway_keys": KEYS,
        "nginx_proxy_tls": "local_ca",
        "nginx_proxy_local_ca_on": "controller",
        "nginx_proxy_local_ca_path": str(STATE / "local_ca"),
        "internal_address": f"{{{{ lookup('ansible.builtin.file', '{ROOT}/.testbed/addresses/' ~ ansible_host) }}}}",
    }
    doors = {"hosts": {"door": {"ansible_host": DOOR}} if door else {}}
    children = {"ollama": group, "doors": doors, "nginx_proxy": {"children": {"ollama": {}, "doors": {}}}}
    file = STATE / f"{count}{'_door' if door else ''}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"all": {"children": children, "vars": variables}}))
    return file


def site(file: Path) -> None:
    run_play("site.yml", f"--inventory={file}")


def asked(number: int) -> int:
    """How many questions a machine has answered so far, by Ollama's own log."""
    command = ["docker", "exec", machine(number), "docker", "logs", "ollama"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return len(re.findall(r'\| 200 \|.*POST\s+"/api/generate"', done.stdout + done.stderr))


def question(where: str, trust: ssl.SSLContext) -> int:
    connection = http.client.HTTPSConnection(where, 11435, context=trust, timeout=300)
    body = json.dumps({"model": "llama3", "prompt": "Who?", "stream": False, "options": {"num_thread": 1}})
    connection.request("POST", "/api/generate", body, {"Authorization": f"Bearer {KEY}"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def spread(count: int, questions: int) -> str:
    """How many questions each of so many machines answers, and how fast."""
    where = address(DOOR)
    trust = ssl.create_default_context(cafile=str(STATE / "local_ca" / "ca.crt"))
    before = [asked(number) for number in range(1, count + 1)]
    begun = time.monotonic()
    with ThreadPoolExecutor(24) as pool:
        statuses = list(pool.map(lambda _number: question(where, trust), range(questions)))
    seconds = time.monotonic() - begun
    if set(statuses) != {200}:
        raise SystemExit(f"answers: {statuses}")
    each = [asked(number) - earlier for number, earlier in enumerate(before, start=1)]
    return f"{' + '.join(map(str, each))} in {seconds:.0f} s, {questions / seconds:.1f} per second"


def converged(report: Report, rounds: int) -> None:
    """site.yml on 1, 3 and 9 machines that are as declared."""
    test_hosts("hosts.yml", "bench_machines_hosts")
    files = {count: inventory(count, door=False) for count in (1, 3, 9)}
    # Each has those that the one before it made.
    for count, file in files.items():
        report.note(f"seconds of the first run, up to {count} machines", round(timed(functools.partial(site, file))))
    ways: dict[str, Callable[[], None]] = {
        "9 machines": functools.partial(site, files[9]),
        "1 machine": functools.partial(site, files[1]),
        "3 machines": functools.partial(site, files[3]),
    }
    report.add("site.yml, nothing to do", in_turn(ways, rounds), 2.5)


def balance(report: Report, questions: int) -> None:
    """Questions at the gateway that spreads them over 1, 2 and 3 machines."""
    numbers = (1, 2, 3)
    test_hosts("hosts.yml", *(f"bench-{number}-debian13" for number in numbers), "bench-door-debian13")
    for count in numbers:
        site(inventory(count, door=True))
        for number in numbers[:count]:
            subprocess.run(["docker", "update", "--cpus=0.2", machine(number)], check=True, capture_output=True)
        try:
            report.note(f"questions that each of {count} answered", spread(count, questions))
        finally:
            for number in numbers[:count]:
                subprocess.run(["docker", "update", "--cpus=0", machine(number)], check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[[], "converged", "balance"])
    arguments = parser.parse_args()
    wanted = arguments.parts or ["converged", "balance"]
    report = Report("machines")
    if "converged" in wanted:
        converged(report, arguments.rounds)
    if "balance" in wanted:
        balance(report, arguments.questions)
    report.write()


if __name__ == "__main__":
    main()
