"""After open_webui_database: PostgreSQL with vectors, and Valkey, for those who are listed and know the passwords."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any

import pytest
import testinfra
from leaks import files_with, readable_by_others
from postgres import query, rows, spoilt
from scenario import PREFIX, Run, address_of, machine, run_playbook

NAME = "database-debian13"
NEIGHBOUR = "neighbour-debian12"
CONVERGE = "molecule/open_webui_database/converge.yml"
CANARIES = ["canary-database", "canary-valkey", "canary-other"]
# As molecule/inventory has it, and another one.
PASSWORD = 'canary-database "it\'s" 100% $HOME\\n@:/ ü'
OTHER = "canary-other 'é' \"\\\" %s%(x)s #;"
VECTORS = (
    "CREATE TEMPORARY TABLE t (v vector(3)); INSERT INTO t VALUES ('[1,2,3]'), ('[9,9,9]');"
    " SELECT v FROM t ORDER BY v <-> '[8,8,8]'"
)
FILE = "/etc/postgresql/17/main/conf.d/selfhosted_llm.conf"
HBA = "/etc/postgresql/17/main/pg_hba.conf"

testinfra_hosts = [machine(NAME)]


def converge(*arguments: str, **variables: Any) -> Run:
    return run_playbook(CONVERGE, NAME, "--extra-vars", json.dumps(variables), *arguments)


def short(run: Run) -> list[str]:
    """The tasks that changed something, without the role's name."""
    return [task.rpartition(" : ")[2] for task in run.changed]


def valkey(host: Any, address: str, *lines: str) -> list[str]:
    """What Valkey answers at an address."""
    ask = (
        "import socket, sys; s = socket.create_connection((sys.argv[1], 6379), 10);"
        "s.sendall((sys.argv[2] + '\\r\\nQUIT\\r\\n').encode()); print(s.makefile('rb').read().decode())"
    )
    text = host.check_output("python3 -c %s %s %s", ask, address, "\r\n".join(lines))
    return [line for line in text.splitlines() if line]


@pytest.fixture(scope="module")
def neighbour() -> Any:
    return testinfra.get_host(machine(NEIGHBOUR))


@pytest.fixture(scope="module")
def client(neighbour: Any) -> str:
    """The address of the neighbour."""
    return address_of(neighbour)


@pytest.mark.usefixtures("host")
def test_check_mode_finds_nothing_to_do() -> None:
    run = converge("--check", "--diff")
    assert (run.rc, run.changed) == (0, []), run.output


def test_only_those_who_need_them_read_the_settings(host: Any) -> None:
    file = host.file("/etc/valkey/selfhosted_llm.conf")
    assert (file.user, file.group, file.mode) == ("root", "valkey", 0o640)
    assert files_with(host, CANARIES, "root", "/etc", "/root", "/tmp", "/var/log") == [file.path]
    assert readable_by_others(host, CANARIES) == []


def test_who_is_no_client_is_refused(neighbour: Any, address: str) -> None:
    for tls in (True, False):
        assert "no pg_hba.conf entry" in query(neighbour, address, PASSWORD, tls=tls)


def test_what_cannot_be_right_is_refused(address: str) -> None:
    wrong = {
        "open_webui_database_password": "",
        "open_webui_database_valkey_password": "",
        "open_webui_database_name": "Open WebUI",
        "open_webui_database_user": "postgres",
        "open_webui_database_clients": [],
        "open_webui_database_listen_address": "192.0.2.1",
        "open_webui_database_valkey_port": 5432,
    }
    run = converge(**wrong)
    for sentence in (
        "open_webui_database_password is empty",
        "open_webui_database_valkey_password is empty",
        "are made of a to z",
        "while open_webui_database_clients is empty",
        f"open_webui_database_listen_address is none of the addresses of the machine ({address}",
        "open_webui_database_port and open_webui_database_valkey_port must differ",
    ):
        assert sentence in run.failure
    assert run.changed == []


@pytest.mark.usefixtures("host")
def test_a_debian_without_pgvector_is_refused() -> None:
    run = run_playbook("molecule/stack/one_role.yml", NEIGHBOUR, "--extra-vars", '{"role": "open_webui_database"}')
    assert f"{NEIGHBOUR} runs Debian 12, which has no package of pgvector: install Debian 13" in run.failure
    assert run.changed == []


def test_the_program_that_has_taken_a_port_is_named(taken_port: int) -> None:
    run = converge(open_webui_database_port=taken_port)
    assert f'Port {taken_port} on {NAME} is taken by "python3",pid=' in run.failure
    assert "or set open_webui_database_port to a free port" in run.failure
    assert run.changed == []


def test_what_was_changed_by_hand_is_mended_alone(host: Any) -> None:
    host.check_output(f"sed -i 's/^max_connections.*/max_connections = 50/' {FILE}")
    host.check_output(f"sed -i '/192.0.2.0/d' {HBA}")
    host.check_output("su postgres -c 'psql --command \"ALTER USER open_webui CREATEDB\"'")
    began = host.check_output("systemctl show --property=MainPID postgresql@17-main valkey-server")
    run = converge()
    assert run.rc == 0, run.output
    assert short(run) == [
        "Configure | Settings of PostgreSQL",
        "Configure | Who may connect, by TLS alone",
        "PostgreSQL | Have it read the rest",
        "Database | User",
    ]
    # It never worked by the other number, so nobody's connection had to end.
    assert host.check_output("systemctl show --property=MainPID postgresql@17-main valkey-server") == began


@pytest.fixture(scope="module")
def changed(host: Any, client: str, address: str) -> Run:
    """A run with other passwords, a client, and the machine's address alone, as talkative as it can be."""
    password = shlex.quote(
        'AUTH "canary-valkey \\"it\'s\\" 100% $HOME\\\\n@:/ ü"\nCONFIG SET maxmemory-policy allkeys-lru'
    )
    host.check_output(f"printf %s {password} | valkey-cli")
    return converge(
        "-vvv",
        "--diff",
        open_webui_database_password=OTHER,
        open_webui_database_valkey_password=OTHER,
        open_webui_database_clients=[client],
        open_webui_database_listen_address=address,
    )


def test_other_passwords_and_clients_are_reported_and_nobody_sees_them(changed: Run) -> None:
    assert changed.rc == 0, changed.output
    assert short(changed) == [
        "Configure | Settings of PostgreSQL",
        "Configure | Who may connect, by TLS alone",
        "Configure | Settings of Valkey",
        "PostgreSQL | Restart it, for settings that it reads only then",
        "Database | User",
        "Valkey | Run it by its settings, now and after a reboot",
    ]
    assert [canary for canary in CANARIES if canary in changed.output] == []


@pytest.mark.usefixtures("changed")
def test_a_client_keeps_vectors(neighbour: Any, address: str) -> None:
    assert query(neighbour, address, OTHER, VECTORS) == [["[9,9,9]"], ["[1,2,3]"]]
    owned = "SELECT rolsuper, rolcreaterole, pg_get_userbyid(datdba) FROM pg_roles, pg_database"
    where = " WHERE rolname = current_user AND datname = current_database()"
    assert query(neighbour, address, OTHER, owned + where) == [["f", "f", "open_webui"]]
    assert query(neighbour, address, OTHER, "SELECT lower('Ä'), pg_encoding_to_char(6)") == [["ä", "UTF8"]]


@pytest.mark.usefixtures("changed")
def test_without_tls_or_password_nobody_comes_in(host: Any, neighbour: Any, address: str) -> None:
    assert "no encryption" in query(neighbour, address, OTHER, tls=False)
    assert "password authentication failed" in query(neighbour, address, PASSWORD)
    # The machine's own address is no client's.
    assert "no pg_hba.conf entry" in query(host, address, OTHER)
    assert "192.0.2.0" not in host.file(HBA).content_string


@pytest.mark.usefixtures("changed")
def test_valkey_wants_its_password(neighbour: Any, address: str) -> None:
    assert valkey(neighbour, address, "PING")[0].startswith("-NOAUTH")
    assert valkey(neighbour, address, "AUTH canary-wrong", "PING")[0].startswith("-WRONGPASS")
    right = 'AUTH "' + OTHER.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert valkey(neighbour, address, right, "PING")[:2] == ["+OK", "+PONG"]


@pytest.mark.usefixtures("changed")
def test_both_come_back_after_a_reboot(host: Any, neighbour: Any, address: str) -> None:
    subprocess.run(["docker", "restart", f"{PREFIX}-{NAME}"], check=True, capture_output=True)
    up = "systemctl is-active --quiet postgresql@17-main valkey-server"
    host.check_output(f"timeout 60 sh -c 'until {up}; do sleep 0.5; done'")
    assert address_of(host) == address, "Docker gave the machine another address"
    assert query(neighbour, address, OTHER) == [["1"]]
    assert valkey(neighbour, address, "PING")[0].startswith("-NOAUTH")


def as_user(host: Any, text: str) -> None:
    """What the user tells its database."""
    command = "cd / && printf %%s %s | su postgres -c 'psql --quiet --set=ON_ERROR_STOP=1 open_webui'"
    host.check_output(command, f"SET ROLE open_webui; {text}")


@pytest.mark.usefixtures("changed")
def test_a_backup_takes_the_place_of_what_is_there_as_a_whole_or_not_at_all(host: Any) -> None:
    as_user(host, "CREATE TABLE chat AS SELECT n AS id, array[n, 2, 3]::vector(3) AS v FROM generate_series(1, 999) n")
    kept = rows(host)
    run = run_playbook("molecule/open_webui_database/backup.yml", NAME)
    assert run.rc == 0, run.output
    [archive] = host.check_output("ls /var/backups/selfhosted_llm/*.tar.gz").split()
    as_user(host, "DELETE FROM chat WHERE id > 9; CREATE TABLE left_by_a_newer_version (id int)")
    now = rows(host)
    restore = (
        "python3 /usr/local/lib/selfhosted_llm_backup /run/selfhosted-llm-backup.json restore %s open_webui_database"
    )
    refused = host.run(restore, spoilt(host, archive))
    assert refused.rc == 1
    assert "PostgreSQL does not take the database open_webui" in refused.stderr
    assert rows(host) == now
    host.check_output(restore, archive)
    assert rows(host) == kept


@pytest.mark.usefixtures("changed")
def test_it_is_taken_away(host: Any) -> None:
    run = run_playbook(
        "molecule/open_webui_database/remove.yml", NAME, "--extra-vars", '{"open_webui_database_remove_data": true}'
    )
    assert run.rc == 0, run.output
    assert (
        host.check_output("grep -rl -e selfhosted -e open_webui /etc/postgresql /etc/valkey /etc/systemd || true") == ""
    )
    assert host.check_output("su postgres -c 'psql -Atc \"SELECT datname FROM pg_database\"'").split() == [
        "postgres",
        "template1",
        "template0",
    ]
    assert host.check_output("valkey-cli PING") == "PONG"
