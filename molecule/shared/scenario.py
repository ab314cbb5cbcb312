"""What the tests of all scenarios do: ask over HTTP from a test host, and run playbooks."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preloaded import Preloaded

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = ROOT / "molecule" / "inventory"
# As molecule/inventory computes it.
PREFIX = f"llm-{hashlib.sha1(str(ROOT).encode()).hexdigest()[:8]}"

# Runs on the test host with nothing but Python's standard library. `reads` is
# how many times something came in, which tells a streamed answer from one that
# was held back.
ASK = """
import http.client, json, socket, ssl, sys
question = json.load(sys.stdin)
connection = http.client.HTTPConnection(question["host"], question["port"], timeout=120)
if question["tls_name"]:
    trust = ssl.create_default_context(cafile="/etc/nginx/selfhosted_llm/local_ca.crt")
    plain = socket.create_connection((question["host"], question["port"]), 120)
    connection.sock = trust.wrap_socket(plain, server_hostname=question["tls_name"])
body = question["body"].encode() + b"0" * question["zeros"] + question["tail"].encode()
connection.request(question["method"], question["path"], body=body, headers=question["headers"])
answer = connection.getresponse()
text, reads = b"", 0
while True:
    part = answer.read1(65536)
    if not part:
        break
    text, reads = text + part, reads + 1
json.dump({"status": answer.status, "headers": dict(answer.getheaders()),
           "text": text.decode(errors="replace"), "reads": reads}, sys.stdout)
"""


def machine(name: str) -> str:
    """The test host that the inventory calls `name`, as testinfra addresses it."""
    return f"docker://{PREFIX}-{name}"


def both(scenario: str) -> list[str]:
    """The two test hosts of a scenario."""
    return [machine(f"{scenario}-debian12"), machine(f"{scenario}-debian13")]


def address_of(host: Any) -> str:
    """The address of a test host on the network that all of them share."""
    return str(host.check_output("ip -4 -brief address show eth0").split()[2].split("/")[0])


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it reached the test host."""

    status: int
    headers: dict[str, str]
    text: str
    reads: int

    def json(self) -> Any:
        return json.loads(self.text)


class Refused(Exception):
    """Nobody answered: the connection was refused, or closed without an answer."""


def ask(
    host: Any,
    address: str,
    path: str = "/",
    *,
    port: int = 80,
    method: str = "GET",
    body: Any = None,
    headers: dict[str, str] | None = None,
    zeros: int = 0,
    tail: str = "",
    tls_name: str = "",
) -> Answer:
    """Ask `address` from the test host `host`, over TLS under `tls_name` if given.

    The body is `body` (what is not a string goes as JSON), then `zeros` characters, then `tail`.
    """
    headers = dict(headers or {})
    if body is None:
        body = ""
    elif not isinstance(body, str):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    question = {
        "host": address,
        "port": port,
        "method": method,
        "path": path,
        "body": body,
        "headers": headers,
        "zeros": zeros,
        "tail": tail,
        "tls_name": tls_name,
    }
    result = host.run("printf %%s %s | python3 -c %s", json.dumps(question), ASK)
    if result.rc != 0:
        raise Refused(result.stderr.strip().splitlines()[-1])
    return Answer(**json.loads(result.stdout))


def sign_in(host: Any) -> str:
    """The token of a session of the admin whose password was made up on the test host."""
    password = host.check_output("cat /etc/selfhosted_llm/open_webui_admin_password")
    body = {"email": "admin@localhost", "password": password}
    return str(ask(host, "127.0.0.1", "/api/v1/auths/signin", port=8080, method="POST", body=body).json()["token"])


@dataclass(frozen=True)
class Outcome:
    """How one task ended on one test host."""

    task: str
    host: str
    result: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A run of ansible-playbook: its exit status, what it printed, and how each task ended."""

    rc: int
    output: str
    outcomes: list[Outcome]

    @property
    def changed(self) -> list[str]:
        """The tasks that changed something on any host."""
        return [outcome.task for outcome in self.outcomes if outcome.result.get("changed")]

    def changed_on(self, host: str) -> list[str]:
        """The tasks that changed something on `host`."""
        return [outcome.task for outcome in self.outcomes if outcome.host == host and outcome.result.get("changed")]

    @property
    def done(self) -> list[str]:
        """The tasks that were not left out, without the names of their roles."""
        return [outcome.task.rpartition(" : ")[2] for outcome in self.outcomes if not outcome.result.get("skipped")]

    @property
    def failure(self) -> str:
        """The message of the task that the run ended with."""
        failed = [outcome for outcome in self.outcomes if outcome.result.get("failed")]
        assert self.rc != 0, self.output
        assert failed, self.output
        return str(failed[-1].result["msg"])


@functools.cache
def _ansible_playbook(json_output: bool) -> Preloaded:
    """What ansible-playbook begins with, which takes a second for each run otherwise."""
    # Molecule points Ansible at a configuration of its own, and colours what it prints, each line
    # between two escapes; a user's run has the repository's, and a test reads plain text.
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "false"}
    if json_output:
        environment["ANSIBLE_STDOUT_CALLBACK"] = "ansible.posix.json"
    return Preloaded(
        ["ansible.cli.playbook", "ansible.plugins.inventory", "ansible.plugins.strategy"], ROOT, environment
    )


def run_playbook(
    playbook: str,
    limit: str,
    *arguments: str,
    json_output: bool = True,
    inventories: Sequence[Path] = (INVENTORY,),
) -> Run:
    """Run a playbook of the repository on the test hosts of `limit`."""
    command = [
        str(ROOT / playbook),
        *(f"--inventory={inventory}" for inventory in inventories),
        f"--limit={limit}",
        *arguments,
    ]
    status, stdout, stderr = _ansible_playbook(json_output).output(["ansible", "playbook", *command])
    output = stdout + stderr
    if not json_output:
        return Run(status, output, [])
    start = stdout.find("{\n")
    assert start >= 0, f"ansible-playbook {shlex.join(command)} printed no result:\n{output}"
    plays = json.loads(stdout[start:])["plays"]
    return Run(
        status,
        output,
        [
            Outcome(task["task"]["name"], host, result)
            for play in plays
            for task in play["tasks"]
            for host, result in task["hosts"].items()
        ],
    )
