"""Open WebUI's content with nothing to do: each kind in one task, beside its GETs and beside a loop of requests.

Usage: content.py [--rounds N] [PART ...] of memory, prompts, users, models and documents; all of them without.
500 prompts, 200 accounts, 50 models, 300 documents, on a server of its own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import requests
from fault_proxy import between
from measure import Report, memory_of, tasks_in_turn
from modules import run_module
from servers import STATE, fresh_open_webui

ADMIN = {"email": "admin@example.com", "password": "canary-benchmark-admin", "name": "Admin"}
PROMPTS = [{"command": f"p{number}", "name": f"Prompt {number}", "content": f"Say {number}."} for number in range(500)]
USERS = [
    {"email": f"user{number}@example.com", "name": f"User {number}", "password": "canary-benchmark-user"}
    for number in range(200)
]
MODELS = [{"id": f"model-{number}", "name": f"Model {number}", "base_model": "llama3:latest"} for number in range(50)]
DOCUMENTS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parts = ("memory", "prompts", "users", "models", "documents")
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[[], *parts])
    arguments = parser.parse_args()
    wanted = arguments.parts or parts
    services = json.loads((STATE / "services.json").read_text())
    report = Report("content")
    with fresh_open_webui(services) as url, tempfile.TemporaryDirectory() as folder:
        token = requests.post(f"{url}/api/v1/auths/signup", json=ADMIN, timeout=60).json()["token"]
        account = {"api_url": url, "api_token": token}
        for number in range(DOCUMENTS):
            (Path(folder) / f"{number}.txt").write_text(f"Rule {number} says that {number} is enough.\n")
        rules = {"name": "Rules", "src": folder}
        kinds: dict[str, tuple[str, str, dict[str, Any], int]] = {
            "prompts": ("500 prompts", "open_webui_prompt", {"prompts": PROMPTS}, 500),
            "users": ("200 accounts", "open_webui_user", {"users": USERS}, 200),
            "models": ("50 workspace models", "open_webui_model", {"models": MODELS}, 50),
            "documents": ("300 documents", "open_webui_knowledge", {"knowledge": [rules]}, DOCUMENTS),
        }
        if "memory" in wanted:
            report.note(
                "memory of the module while it syncs 300 documents",
                memory_of("open_webui_knowledge", {**account, "knowledge": [{**rules, "remote_src": True}]}),
            )
        for part, (what, module, options, count) in kinds.items():
            if part in wanted:
                compare(report, account, what, module, options, count, arguments.rounds)
    report.write()


def compare(
    report: Report, account: dict[str, str], what: str, module: str, options: dict[str, Any], count: int, rounds: int
) -> None:
    """A row for one kind, beside the GETs that the module sends, and one beside a loop of one for each object."""
    made = run_module(module, {**account, **options})
    if made.failed:
        raise SystemExit(made.message)
    # What it asks when there is nothing to do.
    with between(account["api_url"]) as (url, proxy):
        again = run_module(module, {**account, **options, "api_url": url})
        if again.changed or again.failed:
            raise SystemExit(again.output)
        gets = [line.split()[1] for line in proxy.requests if line.startswith("GET")]
    ours = {f"selfhosted.llm.{module}": {**account, **options}}
    headers = {"Authorization": f"Bearer {account['api_token']}"}
    get = {"ansible.builtin.uri": {"url": account["api_url"] + "{{ item }}", "headers": headers}}
    needed = get | {"loop": gets}
    report.add(
        f"{what}, nothing to do",
        tasks_in_turn({module: ours, f"uri for each of its {len(gets)} GETs": needed}, rounds),
        2,
    )
    each = get | {"loop": ["/api/v1/auths/"] * count}
    report.add(f"{what}, by a loop", tasks_in_turn({module: ours, f"uri for each of {count}": each}, 1), 0.02)


if __name__ == "__main__":
    main()
