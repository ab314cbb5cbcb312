"""Modules that bring a list to a server that goes down in the middle."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from typing import Any

import pytest
from modules import run_module, start_module
from servers import call, wait_for

# What takes the module seconds, and where the server tells of them.
MANY: dict[str, tuple[str, list[dict[str, Any]], str]] = {
    "open_webui_prompt": (
        "prompts",
        [{"command": f"p{number:03}", "content": "x", "tags": ["a"]} for number in range(200)],
        "/api/v1/prompts/",
    ),
    "open_webui_user": (
        "users",
        [{"email": f"u{number:03}@example.com", "name": "U", "password": "canary-user"} for number in range(20)],
        "/api/v1/users/all",
    ),
}


def count(admin: dict[str, str], path: str) -> int:
    reply = call(admin, "GET", path)
    return len(reply["users"] if isinstance(reply, dict) else reply)


@pytest.mark.parametrize("module", MANY)
def test_a_server_that_restarts_in_the_middle(own_server: tuple[str, dict[str, str]], module: str) -> None:
    name, admin = own_server
    option, wanted, path = MANY[module]
    parameters = {**admin, option: wanted}
    before = count(admin, path)
    process = start_module(module, parameters)
    while process.poll() is None and count(admin, path) < before + 6:
        time.sleep(0.05)
    subprocess.run(["docker", "kill", name], check=True, capture_output=True)
    cut = json.loads(process.communicate()[0])

    done = cut[option]
    assert 5 <= len(done) < len(wanted), "it went down in the middle"
    assert (cut["failed"], cut["changed"], {entry["action"] for entry in done}) == (True, True, {"created"})
    key = next(iter(wanted[0]))
    assert cut["msg"].startswith(f"The {'prompt' if option == 'prompts' else 'account'} '{wanted[len(done)][key]}' of")
    assert f"was not created: Open WebUI at {admin['api_url']} " in cut["msg"]
    assert cut["msg"].endswith(f"Before that, {len(done)} of {len(wanted)} changes were made.")

    subprocess.run(["docker", "start", name], check=True, capture_output=True)
    wait_for(f"{admin['api_url']}/ready")
    result = run_module(module, parameters)
    assert not result.failed, result.message
    actions = Counter(entry["action"] for entry in result.values[option])
    # The last may have been made, and its answer lost.
    assert len(done) <= actions["none"] <= len(done) + 1
    assert actions["none"] + actions["created"] == len(wanted)
    assert count(admin, path) == before + len(wanted)
    assert not run_module(module, parameters).changed
