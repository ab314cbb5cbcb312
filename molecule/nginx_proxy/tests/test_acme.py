"""nginx_proxy with a certificate of a real ACME server, proved by a real name server, and renewed by certbot."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import testinfra
from scenario import PREFIX, ROOT, Run, machine, run_playbook
from servers import container

# Not the plugin's own fixture, which would test one machine to the end before the other.
HOSTS = {name: testinfra.get_host(machine(name)) for name in ("nginx-acme-debian12", "nginx-acme-debian13")}
on_each = pytest.mark.parametrize("name", HOSTS)

SERVER = "acme.testbed.internal"
SECRET = base64.b64encode(b"canary-secret-of-the-name-server").decode()
WRONG_SECRET = base64.b64encode(b"canary-which-nobody-knows").decode()
# It must be quoted, or a comma ends it and # begins a comment.
ODD_SECRET = "canary, '#' $HOME"
NAMES = ["chat.example.com", "door.example.com"]
FILES = "/etc/letsencrypt"

# What certbot takes from the file of credentials.
READ = f"from configobj import ConfigObj; print(ConfigObj('{FILES}/selfhosted_llm.ini')['dns_rfc2136_secret'])"

# What nginx shows a visitor, as openssl tells it.
SHOWN = (
    "openssl s_client -connect 127.0.0.1:443 -servername chat.example.com </dev/null 2>/dev/null"
    " | openssl x509 -noout -serial -issuer -ext subjectAltName"
)

Play = Callable[..., Run]


@dataclass(frozen=True)
class Shown:
    """The certificate that nginx serves."""

    serial: str
    issuer: str
    names: list[str]


def shown(name: str) -> Shown:
    serial, issuer, _title, names = HOSTS[name].check_output(SHOWN).splitlines()
    return Shown(serial, issuer, sorted(name.strip().removeprefix("DNS:") for name in names.split(",")))


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def play() -> Iterator[Play]:
    """Runs the role on both machines, which trust an ACME server that is there for these tests only."""
    images = json.loads((ROOT / ".testbed" / "services.json").read_text())["images"]
    server = f"{PREFIX}-acme-{os.getpid()}"
    arguments = [f"--name={server}", f"--network={PREFIX}", f"--network-alias={SERVER}", f"--env=NAME={SERVER}"]
    with container(images["acme"], 14000, *arguments, f"--env=TSIG_SECRET={SECRET}"):
        address = docker(
            "inspect", "--format", f'{{{{(index .NetworkSettings.Networks "{PREFIX}").IPAddress}}}}', server
        )
        docker("exec", server, "sh", "-c", "until echo | openssl s_client -connect 127.0.0.1:14000; do sleep 0.1; done")
        authority = docker("exec", server, "cat", "/etc/pebble/ca.pem")
        for name in HOSTS:
            # What an earlier server knew, this one does not.
            forget = f"rm -rf {FILES}/accounts {FILES}/archive {FILES}/live {FILES}/renewal {FILES}/selfhosted_llm.ini"
            trust = f"echo '{authority}' >/usr/local/share/ca-certificates/acme.crt && update-ca-certificates --fresh"
            docker("exec", f"{PREFIX}-{name}", "sh", "-c", f"{forget} && {trust}")

        def run(*arguments: str, limit: str = ",".join(HOSTS), json_output: bool = True, **variables: Any) -> Run:
            variables = {"acme_dns_server": address, "acme_dns_secret": SECRET} | variables
            extra = ["--extra-vars", json.dumps(variables), *arguments]
            return run_playbook("molecule/nginx_proxy/acme.yml", limit, *extra, json_output=json_output)

        yield run


@pytest.fixture(scope="module")
def foreseen(play: Play) -> Run:
    """What check mode says before there is anything."""
    return play("--check", "--diff")


@pytest.fixture(scope="module")
def first(play: Play, foreseen: Run) -> str:  # noqa: ARG001 - there is something after it
    """All that Ansible prints of the first run, as talkative as it can be."""
    run = play("-vvv", "--diff", json_output=False)
    assert run.rc == 0, run.output
    return run.output


@pytest.fixture(scope="module", autouse=True)
def _first(first: str) -> None:
    """Every test comes after the first run."""


def test_check_mode_before_foresaw_it(foreseen: Run) -> None:
    assert foreseen.rc == 0, foreseen.output
    assert foreseen.changed, foreseen.output
    assert SECRET not in foreseen.output


@on_each
def test_nginx_serves_a_certificate_of_the_acme_server(name: str) -> None:
    certificate = shown(name)
    assert "Pebble Intermediate CA" in certificate.issuer
    assert certificate.names == NAMES


@on_each
def test_nobody_else_sees_the_secret(name: str, first: str) -> None:
    file = HOSTS[name].file(f"{FILES}/selfhosted_llm.ini")
    assert (file.user, file.mode) == ("root", 0o600)
    assert SECRET in file.content_string
    assert SECRET not in first
    others = HOSTS[name].run(f"grep --recursive --files-with-matches --no-messages '{SECRET}' /etc /run /tmp /var")
    assert others.stdout.split() == [file.path]


@on_each
def test_certbot_renews_it_in_time(name: str) -> None:
    timer = HOSTS[name].service("certbot.timer")
    assert timer.is_enabled
    assert timer.is_running


def test_again_it_changes_nothing_and_looks_once(play: Play, look_closely: str) -> None:
    run = play()
    assert (run.rc, run.changed) == (0, []), run.output
    assert look_closely not in run.done


def test_check_mode_finds_nothing_to_do(play: Play) -> None:
    run = play("--check", "--diff")
    assert (run.rc, run.changed) == (0, []), run.output


@on_each
def test_a_renewal_reaches_nginx_without_a_restart(name: str) -> None:
    host, process = HOSTS[name], "systemctl show --property=MainPID nginx"
    before, began = shown(name), host.check_output(process)
    # As the timer does it, but now.
    host.check_output("certbot renew --quiet --force-renewal --no-random-sleep-on-renew")
    after = shown(name)
    for _attempt in range(20):  # A reload says yes before it is done.
        if after.serial != before.serial:
            break
        time.sleep(0.2)
        after = shown(name)
    assert after.serial != before.serial
    assert after.names == before.names
    assert host.check_output(process) == began


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        (
            {"nginx_proxy_server_names": [*NAMES, "other.example.com"], "acme_dns_secret": WRONG_SECRET},
            "The peer didn't like the signature we sent",
        ),
        ({"nginx_proxy_server_names": [*NAMES, "elsewhere.example.com"]}, "_acme-challenge.elsewhere.example.com"),
        (
            {"acme_url": f"https://{SERVER}:14001/dir", "acme_dns_secret": ODD_SECRET},
            f"Requesting {SERVER}/dir: Connection refused",
        ),
    ],
    ids=["wrong secret", "name proved elsewhere", "no ACME server"],
)
def test_what_went_wrong_is_said_and_nginx_goes_on(play: Play, variables: dict[str, Any], reason: str) -> None:
    before = [shown(name) for name in HOSTS]
    run = play(**variables)
    for name in HOSTS:
        said = [o.result["msg"] for o in run.outcomes if o.host == name and o.result.get("failed")][-1]
        assert f" gives {name} no certificate for chat.example.com, door.example.com" in said
        assert reason in said
        assert "Traceback" not in said
        assert len(said) < 500
        assert HOSTS[name].check_output("python3 -c %s", READ) == variables.get("acme_dns_secret", SECRET)
    assert not [secret for secret in (SECRET, WRONG_SECRET, ODD_SECRET) if secret in run.output]
    assert [shown(name) for name in HOSTS] == before


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"acme_propagation": 2}, NAMES),
        ({"nginx_proxy_server_names": ["added.example.com", *NAMES]}, ["added.example.com", *NAMES]),
    ],
    ids=["other settings for renewals", "one more name"],
)
def test_a_certificate_that_no_longer_fits_is_replaced(play: Play, variables: dict[str, Any], names: list[str]) -> None:
    before = [shown(name).serial for name in HOSTS]
    run = play(**variables)
    assert run.rc == 0, run.output
    after = [shown(name) for name in HOSTS]
    assert [certificate.names for certificate in after] == [names, names]
    assert all(certificate.serial not in before for certificate in after)
