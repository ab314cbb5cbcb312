"""How long site.yml takes on 1, 3 and 9 machines with models, and how questions spread over 1, 2 and 3 of them.

Usage: machines.py [--questions N] [--rounds N]. Makes ten test hosts. Each machine with models gets a fifth of a
processor while questions are asked, so that the machines are what limits, as graphics cards do.
"""

from __future__ import annotations

import argparse
import functools
import http.client
import json
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from door_host import address
from measure import Report, in_turn, timed
from scenario import INVENTORY, PREFIX, ROOT

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
    """Run site.yml on all machines of an inventory, as people do."""
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "site.yml", f"--inventory={file}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stdout[-4000:] + done.stderr[-2000:])


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
    site(inventory(count, door=True))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    playbook = ROOT / "tests" / "testbed" / "hosts.yml"
    command = ["ansible-playbook", str(playbook), f"--inventory={INVENTORY}", "--limit=bench_machines_hosts"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    report = Report("machines")
    files = {count: inventory(count, door=False) for count in (1, 3, 9)}
    # Each has those that the one before it made.
    for count, file in files.items():
        report.note(f"seconds of the first run, up to {count} machines", round(timed(functools.partial(site, file))))
    ways: dict[str, Callable[[], None]] = {
        f"{count} machines": functools.partial(site, files[count]) for count in (9, 3, 1)
    }
    seconds = in_turn(ways, arguments.rounds)
    report.add(
        "site.yml, nothing to do", {way: seconds[way] for way in ("9 machines", "1 machines", "3 machines")}, 2.5
    )
    for number in (1, 2, 3):
        subprocess.run(["docker", "update", "--cpus=0.2", machine(number)], check=True, capture_output=True)
    try:
        for count in (1, 2, 3):
            report.note(f"questions that each of {count} answered", spread(count, arguments.questions))
    finally:
        for number in (1, 2, 3):
            subprocess.run(["docker", "update", "--cpus=0", machine(number)], check=True, capture_output=True)
    report.write()


if __name__ == "__main__":
    main()
