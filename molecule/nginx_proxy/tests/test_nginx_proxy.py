"""After nginx_proxy: the door answers under its name, streams, upgrades and takes uploads."""

from __future__ import annotations

from typing import Any

import pytest
from scenario import Refused, ask, both, run_playbook

testinfra_hosts = both("nginx-proxy")

NAME = {"Host": "chat.example.com"}


def test_the_page_comes_under_the_declared_name(host: Any) -> None:
    answer = ask(host, "127.0.0.1", headers=NAME)
    assert answer.status == 200
    assert "Open WebUI" in answer.text


def test_another_name_is_dropped(host: Any) -> None:
    with pytest.raises(Refused):
        ask(host, "127.0.0.1", headers={"Host": "other.example.com"})


def test_a_websocket_is_upgraded(host: Any) -> None:
    answer = ask(
        host,
        "127.0.0.1",
        "/ws/socket.io/?EIO=4&transport=websocket",
        headers=NAME
        | {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "c2VsZmhvc3RlZC5sbG0uLg==",
        },
    )
    assert answer.status == 101


def test_the_whole_configuration_is_accepted(host: Any) -> None:
    assert host.run("nginx -t").succeeded
    assert host.service("nginx").is_enabled


def test_nothing_is_left_beside_the_site(host: Any) -> None:
    assert host.check_output("ls /etc/nginx/conf.d") == "open_webui.conf"


def test_check_mode_finds_nothing_to_do(name: str) -> None:
    run = run_playbook("molecule/nginx_proxy/converge.yml", name, "--check", "--diff")
    assert (run.rc, run.changed) == (0, []), run.output
