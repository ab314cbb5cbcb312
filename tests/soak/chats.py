"""20 people chat through the door for a minute, with a reload every ten seconds: no answer may be cut or mixed up.

Usage: chats.py [--people N] [--seconds N]. Needs the machine that `make browser` makes, and puts it back to plain HTTP.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests
import testinfra
from door_host import address
from scenario import PREFIX, machine, run_playbook, sign_in

NAME = "stack-debian13"
CONTAINER = f"{PREFIX}-{NAME}"
MODELS = ("llama3:latest", "mistral:latest")
RELOAD_EVERY = 10


def answer(url: str, token: str, model: str) -> str:
    """What a model answers, put together from the words as they came."""
    body = {"model": model, "messages": [{"role": "user", "content": "Who are you?"}], "stream": True}
    headers = {"Authorization": f"Bearer {token}"}
    words, ended = "", False
    with requests.post(f"{url}/api/chat/completions", json=body, headers=headers, stream=True, timeout=120) as reply:
        reply.raise_for_status()
        for line in reply.iter_lines():
            event = line.decode().removeprefix("data: ")
            if event == "[DONE]":
                ended = True
            elif event.startswith("{"):
                for choice in json.loads(event).get("choices", []):
                    words += choice["delta"].get("content") or ""
    return words if ended else f"{words} (cut)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    run = run_playbook("playbooks/site.yml", NAME)
    if run.rc != 0:
        raise SystemExit(run.output)
    url, token = f"http://{address(CONTAINER)}", sign_in(testinfra.get_host(machine(NAME)))
    expected = {model: answer(url, token, model) for model in MODELS}
    until = time.monotonic() + arguments.seconds
    faults: list[str] = []
    answers = reloads = 0
    lock = threading.Lock()

    def chat(number: int) -> None:
        nonlocal answers
        model = MODELS[number % len(MODELS)]
        while time.monotonic() < until:
            try:
                words = answer(url, token, model)
            except requests.RequestException as error:
                words = repr(error)
            with lock:
                answers += 1
                if words != expected[model]:
                    faults.append(f"{model} answered: {words}")

    with ThreadPoolExecutor(arguments.people) as pool:
        people = [pool.submit(chat, number) for number in range(arguments.people)]
        while time.monotonic() < until:
            subprocess.run(["docker", "exec", CONTAINER, "systemctl", "reload", "nginx"], check=True)
            reloads += 1
            time.sleep(RELOAD_EVERY)
        for person in people:
            person.result()
    print(f"{arguments.people} people, {answers} answers, {reloads} reloads: {len(faults)} cut or mixed up")
    if faults:
        raise SystemExit("\n".join(faults[:10]))


if __name__ == "__main__":
    main()
