"""After keepalived: one address for two machines, which moves when one is lost, and to nobody who only says so."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import testinfra
from scenario import PREFIX, Refused, Run, address_of, ask, both, machine, run_playbook

MACHINES = both("keepalived")
NEIGHBOUR = "neighbour-debian12"
CONVERGE = "molecule/keepalived/converge.yml"
FILE = "/etc/keepalived/keepalived.conf"
# Says to the machine at an address, for three seconds, that the sender has the highest priority for the virtual one.
FORGE = """
import socket, struct, sys, time
target, virtual = sys.argv[1:]
body = struct.pack("!BBBBBBH", 0x21, 51, 255, 1, 0, 1, 0) + socket.inet_aton(virtual) + bytes(8)
total = sum(struct.unpack("!10H", body))
total = (total & 0xFFFF) + (total >> 16)
body = body[:6] + struct.pack("!H", ~total & 0xFFFF) + body[8:]
sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
for _time in range(6):
    sender.sendto(body, (target, 0))
    time.sleep(0.5)
"""

testinfra_hosts = MACHINES[:1]


def converge(name: str, **variables: Any) -> Run:
    return run_playbook(CONVERGE, name, "--extra-vars", json.dumps(variables))


@pytest.fixture(scope="module")
def machines() -> dict[str, Any]:
    return {name.rpartition(f"{PREFIX}-")[2]: testinfra.get_host(name) for name in MACHINES}


@pytest.fixture(scope="module")
def neighbour() -> Any:
    return testinfra.get_host(machine(NEIGHBOUR))


@pytest.fixture(scope="module")
def virtual(host: Any) -> str:
    """The address that the machines share."""
    return str(host.check_output(f"grep --only-matching --perl-regexp '\\S+(?=/32)' {FILE}"))


def holders(machines: dict[str, Any], virtual: str) -> list[str]:
    return [name for name, host in machines.items() if host.check_output(f"ip -4 address show to {virtual}")]


def moves(host: Any) -> int:
    """How often keepalived there has said that it is something else from now on."""
    return int(host.check_output("journalctl --unit=keepalived --output=cat | grep --count Entering || true"))


def eventually(condition: Callable[[], bool]) -> None:
    for _attempt in range(60):
        if condition():
            return
        time.sleep(0.5)
    pytest.fail("it did not come to that")


def answers(neighbour: Any, virtual: str) -> bool:
    with suppress(Refused):
        return ask(neighbour, virtual).status == 200
    return False


@contextmanager
def paused(name: str) -> Iterator[None]:
    subprocess.run(["docker", "pause", f"{PREFIX}-{name}"], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["docker", "unpause", f"{PREFIX}-{name}"], check=True, capture_output=True)


def test_one_machine_has_the_address(machines: dict[str, Any], neighbour: Any, virtual: str) -> None:
    assert len(holders(machines, virtual)) == 1
    assert answers(neighbour, virtual)


def test_what_asks_nginx_is_nobody(host: Any) -> None:
    host.check_output("cp /etc/keepalived/nginx_answers /root/kept")
    host.check_output("printf '#!/bin/sh\\nid --user --name >/tmp/who\\n' >/etc/keepalived/nginx_answers")
    try:
        eventually(lambda: host.run("cat /tmp/who").stdout.strip() == "nobody")
    finally:
        host.check_output("cat /root/kept >/etc/keepalived/nginx_answers; rm /root/kept /tmp/who")


def test_it_moves_without_nginx_and_stays_there(machines: dict[str, Any], neighbour: Any, virtual: str) -> None:
    (first,) = holders(machines, virtual)
    machines[first].check_output("systemctl stop nginx")
    eventually(lambda: len(holders(machines, virtual)) == 1 and holders(machines, virtual) != [first])
    assert answers(neighbour, virtual)
    moved = moves(machines[first])
    machines[first].check_output("systemctl start nginx")
    eventually(lambda: moves(machines[first]) > moved)
    assert first not in holders(machines, virtual)
    assert answers(neighbour, virtual)


def test_it_moves_from_a_machine_that_stands_still(machines: dict[str, Any], neighbour: Any, virtual: str) -> None:
    (first,) = holders(machines, virtual)
    others = {name: host for name, host in machines.items() if name != first}
    with paused(first):
        eventually(lambda: len(holders(others, virtual)) == 1)
        eventually(lambda: answers(neighbour, virtual))
    # Both have it for a moment.
    eventually(lambda: len(holders(machines, virtual)) == 1)
    eventually(lambda: answers(neighbour, virtual))


def test_a_stranger_cannot_take_it(machines: dict[str, Any], neighbour: Any, virtual: str) -> None:
    (first,) = holders(machines, virtual)
    (other,) = (host for name, host in machines.items() if name != first)
    holder, moved = machines[first], moves(machines[first])
    neighbour.check_output("python3 -c %s %s %s", FORGE, address_of(holder), virtual)
    assert (moves(holder), holders(machines, virtual)) == (moved, [first])
    # The other machine is believed the same words.
    other.check_output("python3 -c %s %s %s", FORGE, address_of(holder), virtual)
    assert moves(holder) > moved
    eventually(lambda: len(holders(machines, virtual)) == 1)


def test_what_cannot_be_right_is_refused(name: str) -> None:
    wrong = {
        "keepalived_virtual_address": "fd00::10",
        "keepalived_address": "door.example.com",
        "keepalived_peers": ["fd00::11", "fd00::11"],
        "keepalived_virtual_router_id": 256,
        "keepalived_priority": 255,
        "keepalived_check_host": 'x" 1',
    }
    run = converge(name, **wrong)
    for sentence in (
        "keepalived_virtual_address takes an IPv4 address that is free",
        "keepalived_address takes the IPv4 address of this machine",
        "keepalived_peers takes the IPv4 addresses of the other machines (a second door at least)",
        "keepalived_virtual_address, keepalived_address and each of keepalived_peers must differ",
        "keepalived_virtual_router_id is a number from 1 to 255",
        "keepalived_priority is a number from 1 to 254",
        "keepalived_check_host takes a host name",
    ):
        assert sentence in run.failure
    assert run.changed == []


def test_an_address_of_another_network_is_refused(name: str, address: str) -> None:
    run = converge(name, keepalived_virtual_address="192.0.2.10")
    assert f"On {name} 192.0.2.10 is not in the network of {address} on eth0" in run.failure
    assert run.changed == []


def test_an_address_that_somebody_has_is_refused(name: str, neighbour: Any) -> None:
    taken = address_of(neighbour)
    run = converge(name, keepalived_virtual_address=taken)
    assert f"A machine that is none of keepalived_peers has {taken} (it answers {name} from " in run.failure
    assert run.changed == []


def test_what_was_changed_by_hand_is_mended_and_nothing_moves(machines: dict[str, Any], virtual: str) -> None:
    (first,) = holders(machines, virtual)
    moved = [moves(host) for host in machines.values()]
    machines[first].check_output(f"sed -i 's/advert_int 1/advert_int 2/' {FILE}")
    run = converge(first)
    assert run.rc == 0, run.output
    assert [task.rpartition(" : ")[2] for task in run.changed] == [
        "Configure | Configuration",
        "Service | Have it read its configuration",
    ]
    assert holders(machines, virtual) == [first]
    assert [moves(host) for host in machines.values()] == moved


def test_how_it_is_is_told(machines: dict[str, Any], virtual: str) -> None:
    (first,) = holders(machines, virtual)
    (other,) = machines.keys() - {first}
    machines[other].check_output("systemctl stop keepalived")
    run = run_playbook("molecule/keepalived/status.yml", "keepalived_hosts")
    machines[other].check_output("systemctl start keepalived")
    told = {outcome.host: outcome.result["ansible_facts"]["keepalived_status"] for outcome in run.outcomes[-2:]}
    assert (told[first]["state"], told[first]["has_address"], told[first]["problems"]) == ("healthy", True, [])
    assert (told[other]["state"], told[other]["has_address"]) == ("stopped", False)
    assert told[other]["problems"] == [f"keepalived on {other} is stopped, so {virtual} does not come to it"]


def test_a_configuration_of_somebody_else_is_left_alone(host: Any, name: str) -> None:
    host.check_output(f"cp {FILE} {FILE}.kept && echo 'vrrp_instance theirs {{' >{FILE}")
    run = converge(name)
    assert f"On {name} {FILE} was written by somebody else" in run.failure
    assert run.changed == []
    host.check_output(f"cp {FILE}.kept {FILE} && rm {FILE}.kept")


def test_it_is_taken_away(machines: dict[str, Any], virtual: str) -> None:
    run = run_playbook("molecule/keepalived/remove.yml", "keepalived_hosts")
    assert run.rc == 0, run.output
    assert holders(machines, virtual) == []
    for host in machines.values():
        assert not host.file(FILE).exists
        assert not host.file("/etc/keepalived/nginx_answers").exists
        assert not host.service("keepalived").is_running
    assert run_playbook("molecule/keepalived/remove.yml", "keepalived_hosts").changed == []
