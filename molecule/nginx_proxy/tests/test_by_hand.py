"""A run asks the machine once, and what somebody changed by hand is put right: that, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scenario import Run, both

testinfra_hosts = both("nginx-proxy")

SITE = "/etc/nginx/conf.d/selfhosted_llm.conf"
FOLDER = "/etc/nginx/selfhosted_llm"
GREETING = "/etc/nginx/sites-enabled/default"
RELOAD = "Let nginx read its configuration"
UNREAD = "Service | Have nginx read what an earlier run left"
SERVICE = "Service | Run nginx now and after a reboot"
Converge = Callable[..., Run]


def changed(run: Run) -> list[str]:
    """What a run that succeeded changed."""
    assert run.rc == 0, run.output
    return [task.rpartition(" : ")[2] for task in run.changed]


def test_a_run_with_nothing_to_do_looks_once_and_visits(converge: Converge) -> None:
    assert converge().rc == 0
    run = converge()
    assert changed(run) == []
    assert [task for task in run.done if " | " in task] == [
        "Preflight | Gather the facts that this role reads",
        "Look | At files, and what nginx and the system say",
        "Verify | The door opens as a browser needs it",
        "Verify | So does the gateway",
        "Verify | The gateway lets nobody in without a key",
        "Verify | And Ollama answers behind it",
    ]
    assert "canary" not in run.output


@pytest.mark.parametrize(
    ("by_hand", "mended"),
    [
        (
            f"chmod 0600 {SITE} && chown nobody {SITE} && chmod 0644 {FOLDER}/gateway_keys.conf && chmod 0700 {FOLDER}",
            [
                "Change | Folder for keys and certificates",
                "Configure | Site",
                "Configure | Keys of the gateway",
                RELOAD,
            ],
        ),
        (
            f"rm {SITE} && chgrp www-data {FOLDER}",
            ["Change | Folder for keys and certificates", "Configure | Site", RELOAD],
        ),
        (f"echo >>{FOLDER}/gateway_keys.conf", ["Configure | Keys of the gateway", UNREAD, RELOAD]),
        ("systemctl disable --now nginx", [SERVICE]),
    ],
)
def test_what_somebody_changed_by_hand_is_put_right(
    host: Any, converge: Converge, by_hand: str, mended: list[str]
) -> None:
    host.check_output(by_hand)
    assert changed(converge("--check")) == mended
    assert changed(converge()) == mended
    assert changed(converge()) == []
    assert host.service("nginx").is_running
    assert host.service("nginx").is_enabled


@pytest.mark.parametrize("target", ["/etc/nginx/sites-available/default", "../sites-available/default"])
def test_the_greeting_goes_however_its_link_is_written(host: Any, converge: Converge, target: str) -> None:
    host.check_output("ln -s %s %s", target, GREETING)
    assert changed(converge()) == ["Configure | Take the greeting of Debian's package away", RELOAD]
    assert not host.file(GREETING).exists
    assert changed(converge()) == []
