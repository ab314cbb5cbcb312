"""People chat through the door while one of several machines is lost and comes back: what they notice of it.

Usage: losses.py [--people N] [--seconds N] [LOSS ...]. Needs the machines of
molecule/several_machines, converged: `bash tests/molecule.sh --keep several_machines`. Prints a row for each loss:
answers before it, while it lasts and after it; those that were cut; requests that were refused in the first seconds,
later, and after it; and the seconds until the first answer that was asked for after the loss. Under it, what people saw
last where they got no whole answer.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from door_host import address
from scenario import PREFIX, ROOT

SITE = "chat.example.com"
SECRETS = ROOT / ".testbed" / "several_machines"
FIRST, SECOND, DATABASE = "several-debian12", "several-debian13", "several-database-debian13"
DOORS = ("several-door-debian12", "several-door-debian13")
# The one that has the address at the time.
DOOR = "door"
# nginx leaves out one that failed for ten seconds, and asks no other before it noticed.
DETECTED = 3.0


@dataclass(frozen=True)
class Loss:
    """What is lost on which test host, and how it comes back; both are commands of a shell there."""

    host: str
    command: str
    undo: str


LOSSES = {
    "Ollama": Loss(SECOND, "docker kill ollama", "docker start ollama"),
    "Open WebUI": Loss(FIRST, "docker kill open-webui", "docker start open-webui"),
    "Valkey": Loss(DATABASE, "systemctl stop valkey-server", "systemctl start valkey-server"),
    "PostgreSQL": Loss(DATABASE, "systemctl stop postgresql@17-main", "systemctl start postgresql@17-main"),
    "door": Loss(DOOR, "systemctl kill --signal=KILL nginx", "systemctl start nginx"),
    "network between the door and an Ollama": Loss(
        DOOR, "ip route add blackhole {second}/32", "ip route del blackhole {second}/32"
    ),
    "network between a chat and the database": Loss(
        SECOND, "ip route add blackhole {database}/32", "ip route del blackhole {database}/32"
    ),
}


@dataclass(frozen=True)
class Question:
    """One that a person asked: when, how long it took, in seconds, and what came of it."""

    begun: float
    ended: float
    outcome: str  # answered, cut or refused
    last: str = ""


@dataclass(frozen=True)
class Chat:
    """Where people ask, and as whom."""

    address: str
    trust: ssl.SSLContext
    token: str

    def request(self, path: str, body: object = None) -> http.client.HTTPResponse:
        plain = socket.create_connection((self.address, 443), 120)
        connection = http.client.HTTPConnection(self.address)
        connection.sock = self.trust.wrap_socket(plain, server_hostname=SITE)
        headers = {"Host": SITE, "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None, headers)
        return connection.getresponse()

    def ask(self) -> Question:
        """One question, and its answer as it streams in."""
        begun = time.monotonic()
        # Threads of two Ollama on two processors wait for each other more than they work.
        body = {
            "model": "llama3:latest",
            "messages": [{"role": "user", "content": "Who are you?"}],
            "options": {"num_thread": 1},
            "stream": True,
        }
        last, status = "", 0
        try:
            answer = self.request("/api/chat/completions", body)
            status = answer.status
            for line in answer:
                event = line.decode().strip().removeprefix("data: ")
                if event == "[DONE]" and "error" not in last:
                    return Question(begun, time.monotonic(), "answered")
                last = event if event and event != "[DONE]" else last
        except (OSError, http.client.HTTPException) as error:
            last = last or repr(error)
        outcome = "cut" if status == 200 else "refused"
        return Question(begun, time.monotonic(), outcome, f"{status}: {last[-160:]}")


def shell(host: str, script: str) -> str:
    """What a script prints on a test host."""
    command = ["docker", "exec", f"{PREFIX}-{host}", "sh", "-c", script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def virtual_address() -> str:
    """Where people come in: at one of the doors."""
    written = shell(DOORS[0], "cat /etc/keepalived/keepalived.conf").split()
    return next(word.removesuffix("/32") for word in written if word.endswith("/32"))


def with_names(loss: Loss) -> Loss:
    """The same with its test host and the addresses that its commands name."""
    host = loss.host
    if host == DOOR:
        host = next(door for door in DOORS if shell(door, f"ip -4 address show to {virtual_address()}"))
    addresses = {"second": address(f"{PREFIX}-{SECOND}"), "database": address(f"{PREFIX}-{DATABASE}")}
    return Loss(host, loss.command.format(**addresses), loss.undo.format(**addresses))


@contextmanager
def slowed_down() -> Iterator[None]:
    """Each Ollama has a tenth of a processor, so that answers take their time, and people wait for the models."""
    for host in (FIRST, SECOND):
        shell(host, "docker update --cpus=0.1 ollama")
    try:
        yield
    finally:
        for host in (FIRST, SECOND):
            shell(host, "docker update --cpus=0 ollama")


def ready(chat: Chat) -> None:
    """Wait until an answer comes, with a model in memory of each Ollama."""
    for _attempt in range(120):
        with ThreadPoolExecutor(4) as pool:
            outcomes = {question.outcome for question in pool.map(lambda _number: chat.ask(), range(4))}
        if outcomes == {"answered"}:
            return
        time.sleep(1)
    raise SystemExit("nobody answers")


def watch(chat: Chat, loss: Loss, people: int, seconds: float) -> tuple[list[Question], float, float]:
    """People ask for three times `seconds`, in the middle without what is lost.

    Their questions, and the times at which it was lost and came back.
    """
    questions: list[Question] = []
    over = threading.Event()

    def person() -> None:
        while not over.is_set():
            questions.append(chat.ask())
            if questions[-1].outcome == "refused":
                # Nobody asks again at once.
                time.sleep(1)

    with ThreadPoolExecutor(people) as pool:
        for _number in range(people):
            pool.submit(person)
        time.sleep(seconds)
        shell(loss.host, loss.command)
        lost = time.monotonic()
        try:
            time.sleep(seconds)
        finally:
            shell(loss.host, loss.undo)
            back = time.monotonic()
        time.sleep(seconds)
        over.set()
    return questions, lost, back


def row(name: str, questions: list[Question], lost: float, back: float) -> str:
    """The row of the table for one loss."""
    answered = [question for question in questions if question.outcome == "answered"]
    before = sum(question.ended < lost for question in answered)
    meanwhile = sum(lost <= question.ended < back for question in answered)
    after = len(answered) - before - meanwhile
    cut = [question for question in questions if question.outcome == "cut"]
    refused = [question for question in questions if question.outcome == "refused"]
    at_first = sum(question.begun < lost + DETECTED for question in refused)
    late = sum(lost + DETECTED <= question.begun < back for question in refused)
    waits = [question.ended - lost for question in answered if question.begun >= lost]
    first = f"{min(waits):.1f}" if waits else "none"
    refusals = f"{at_first} + {late} + {len(refused) - at_first - late}"
    return f"| {name} | {before} / {meanwhile} / {after} | {len(cut)} | {refusals} | {first} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("losses", nargs="*", metavar="LOSS", choices=[[], *LOSSES])
    arguments = parser.parse_args()
    trust = ssl.create_default_context(cafile=str(SECRETS / "local_ca" / "ca.crt"))
    chat = Chat(virtual_address(), trust, "")
    password = (SECRETS / "admin").read_text().split()[0]
    signed_in = chat.request("/api/v1/auths/signin", {"email": "admin@example.com", "password": password})
    chat = Chat(chat.address, trust, json.load(signed_in)["token"])
    print(f"{arguments.people} people, {arguments.seconds:.0f} s before, without and after")
    print(
        "| lost | answers before / meanwhile / after | cut | refused at first + later + after | first answer after, s |"
    )
    print("| --- | --- | --- | --- | --- |")
    with slowed_down():
        for name in arguments.losses or LOSSES:
            ready(chat)
            questions, lost, back = watch(chat, with_names(LOSSES[name]), arguments.people, arguments.seconds)
            print(row(name, questions, lost, back))
            for last, count in Counter(question.last for question in questions if question.last).most_common(4):
                print(f"  {count} times: {last}")


if __name__ == "__main__":
    main()
