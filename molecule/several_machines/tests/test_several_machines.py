"""Several machines as inventories/several_machines has them are one chat, and go on without one of them."""

from __future__ import annotations

import functools
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import testinfra
from household import RULE, Household
from postgres import rows, spoilt
from scenario import PREFIX, ROOT, Answer, Refused, Run, address_of, ask, machine, run_playbook

INVENTORIES = (ROOT / "inventories" / "several_machines", ROOT / "molecule" / "several_machines" / "inventory")
SECRETS = ROOT / ".testbed" / "several_machines"
# What the machines of the inventory are here: two of them are one with models and one with the chat.
FIRST, SECOND = "several-debian12", "several-debian13"
DATABASE = "several-database-debian13"
DOORS = {"door1": "several-door-debian12", "door2": "several-door-debian13"}
SITE_NAME = "chat.example.com"
BACKUPS = "/var/backups/selfhosted_llm"
# Who takes part when what the chats share is put back.
CHATS = "database,chat1,chat2"

testinfra_hosts = [machine(DATABASE)]


def site(limit: str, inventories: tuple[Path, ...] = INVENTORIES) -> Run:
    return play("site", limit, inventories)


def play(name: str, limit: str, inventories: tuple[Path, ...] = INVENTORIES, **variables: Any) -> Run:
    run = run_playbook(f"{name}.yml", limit, "--extra-vars", json.dumps(variables), inventories=inventories)
    for secret in SECRETS.glob("[a-z]*"):
        if secret.is_file():
            assert secret.read_text().split()[0] not in run.output, f"the run shows {secret.name}"
    return run


def on(name: str) -> Any:
    return testinfra.get_host(machine(name))


def secret(name: str) -> str:
    return (SECRETS / name).read_text().split()[0]


@pytest.fixture(scope="module")
def people() -> Household:
    """What people made on the first of the servers."""
    household = Household(FIRST, address=address_of(on(FIRST)))
    household.connect()
    body = {"email": "admin@example.com", "password": secret("admin")}
    household.fill(household.make("/api/v1/auths/signin", body)["token"])
    return household


@functools.cache
def virtual() -> str:
    """The address that the doors share."""
    file = "/etc/keepalived/keepalived.conf"
    return str(on(DOORS["door1"]).check_output(f"grep --only-matching --perl-regexp '\\S+(?=/32)' {file}"))


def holders(*doors: str) -> list[str]:
    """Those of the doors, or of all, that have the address."""
    return [door for door in doors or DOORS if on(DOORS[door]).check_output(f"ip -4 address show to {virtual()}")]


def other(door: str) -> str:
    return next(name for name in DOORS if name != door)


def eventually(condition: Callable[[], bool]) -> None:
    for _attempt in range(60):
        with suppress(Refused):
            if condition():
                return
        time.sleep(0.5)
    pytest.fail("it did not come to that")


def through_the_door(path: str, people: Household, body: Any = None) -> Answer:
    """As people come in: at the address that the doors share."""
    headers = {"Authorization": f"Bearer {people.sessions[0]}", "Host": SITE_NAME}
    method = "GET" if body is None else "POST"
    return ask(on(SECOND), virtual(), path, port=443, method=method, body=body, headers=headers, tls_name=SITE_NAME)


def chats(people: Household, count: int) -> list[int]:
    """The statuses of questions that are asked one after another through the door."""
    body = {"model": "llama3:latest", "messages": [{"role": "user", "content": "Who are you?"}]}
    return [through_the_door("/api/chat/completions", people, body).status for _time in range(count)]


def large_questions(count: int) -> list[int]:
    """The statuses of some that nginx does not hold in memory, asked at the gateway itself, as the chats do."""
    headers = {"Authorization": f"Bearer {secret('gateway')}"}
    return [
        ask(
            on(SECOND),
            virtual(),
            "/api/generate",
            port=11435,
            method="POST",
            body='{"model": "llama3", "prompt": "Who are you?", "stream": false, "not_read": "',
            zeros=200_000,
            tail='"}',
            headers=headers,
            tls_name="ollama-gateway",
        ).status
        for _time in range(count)
    ]


def test_the_servers_are_one_to_people(people: Household) -> None:
    other = Household(
        SECOND, address=address_of(on(SECOND)), sessions=people.sessions, chat=people.chat, knowledge=people.knowledge
    )
    other.connect()
    assert other.lost() == []
    written = other.say("On the second")
    assert people.request(f"/api/v1/chats/{written['id']}").status == 200


def test_no_secret_is_shown_by_docker(people: Household) -> None:
    for name in (FIRST, SECOND):
        shown = on(name).check_output("docker inspect open-webui")
        assert [
            file.name for file in SECRETS.glob("[a-z]*") if file.is_file() and file.read_text().split()[0] in shown
        ] == []
    assert people.lost() == []


@contextmanager
def stopped(name: str, command: str, undo: str) -> Iterator[None]:
    host = on(name)
    # nginx comes back after ten seconds to one that failed, here to that of the test before.
    time.sleep(11)
    host.check_output(command)
    try:
        yield
    finally:
        host.check_output(undo)


def wait(name: str, address: str = "") -> None:
    for _attempt in range(120):
        with suppress(Refused):
            if ask(on(name), address or address_of(on(name)), "/ready", port=8080).status == 200:
                return
        time.sleep(1)
    pytest.fail(on(name).check_output("docker logs --tail 20 open-webui 2>&1"))


def test_people_go_on_without_one_of_the_chats(people: Household) -> None:
    with stopped(FIRST, "docker kill open-webui", "docker start open-webui"):
        assert chats(people, 6) == [200] * 6
    wait(FIRST)
    assert people.lost() == []


def test_people_go_on_without_one_of_the_ollamas(people: Household) -> None:
    with stopped(SECOND, "docker kill ollama", "docker start ollama"):
        assert chats(people, 6) == [200] * 6
        time.sleep(11)
        assert large_questions(6) == [200] * 6


def test_people_go_on_without_nginx_at_one_of_the_doors(people: Household) -> None:
    (first,) = holders()
    with stopped(DOORS[first], "systemctl stop nginx", "systemctl start nginx"):
        eventually(lambda: holders() == [other(first)])
        assert chats(people, 6) == [200] * 6
    # It moves no more than it must.
    assert chats(people, 6) == [200] * 6
    assert holders() == [other(first)]


def test_people_go_on_without_a_door_that_stands_still(people: Household) -> None:
    (first,) = holders()
    name = f"{PREFIX}-{DOORS[first]}"
    subprocess.run(["docker", "pause", name], check=True, capture_output=True)
    try:
        eventually(lambda: holders(other(first)) == [other(first)])
        eventually(lambda: chats(people, 1) == [200])
        assert chats(people, 6) == [200] * 6
    finally:
        subprocess.run(["docker", "unpause", name], check=True, capture_output=True)
    # Both have it for a moment.
    eventually(lambda: len(holders()) == 1)
    eventually(lambda: chats(people, 1) == [200])
    assert chats(people, 6) == [200] * 6


def test_what_does_not_work_stops_at_the_door_that_nobody_comes_by(people: Household, tmp_path: Path) -> None:
    """A configuration in which nginx finds no fault, and by which nobody gets in."""
    wrong = {"nginx_proxy_extra_directives": {"server": "return 418;"}}
    (tmp_path / "wrong.yml").write_text(json.dumps({"all": {"children": {"doors": {"vars": wrong}}}}))
    (first,) = holders()
    run = site("door1,door2", (*INVENTORIES, tmp_path / "wrong.yml"))
    assert "418" in run.failure
    assert {door for door in DOORS if run.changed_on(door)} == {other(first)}
    assert chats(people, 6) == [200] * 6
    assert holders() == [first]
    mended = site("door1,door2")
    assert mended.rc == 0, mended.output
    assert {door for door in DOORS if mended.changed_on(door)} == {other(first)}


def test_doors_that_do_not_hear_each_other_are_named() -> None:
    """As behind a firewall that knows nothing of VRRP."""
    (first,) = holders()
    host = on(DOORS[other(first)])
    host.check_output("apt-get install --yes --no-install-recommends nftables")
    wall = "add table inet wall; add chain inet wall in { type filter hook input priority 0; }"
    host.check_output("nft %s", wall + "; add rule inet wall in ip protocol 112 drop")
    try:
        eventually(lambda: len(holders()) == 2)
        assert "door1 and door2 have the address" in site("door1,door2").failure
    finally:
        host.check_output("nft delete table inet wall")
    eventually(lambda: len(holders()) == 1)


def test_a_machine_that_is_down_is_named_and_the_others_are_kept() -> None:
    """A model that somebody removed comes back where a machine is to be reached."""
    body = {"model": "llama3"}
    assert ask(on(FIRST), "127.0.0.1", "/api/delete", port=11434, method="DELETE", body=body).status == 200
    run = site(limit="ollama", inventories=(*INVENTORIES, ROOT / "molecule" / "several_machines" / "down"))
    assert {outcome.host for outcome in run.outcomes if outcome.result.get("unreachable")} == {"gpu2"}
    assert [task for task in run.changed_on("gpu1") if "Models | Install and remove" in task]
    assert run.rc != 0


@pytest.mark.parametrize("name", ["database", "door1"])
def test_the_only_one_of_its_kind_that_is_down_is_named_and_the_others_are_kept(tmp_path: Path, name: str) -> None:
    """The database, and the only door that the run is for."""
    nobody = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    nobody["internal_address"] = address_of(on(DATABASE if name == "database" else DOORS[name]))
    (tmp_path / "down.yml").write_text(json.dumps({"all": {"hosts": {name: nobody}}}))
    on(SECOND).check_output("docker stop open-webui")
    run = site(f"{name},chat1,chat2", (*INVENTORIES, tmp_path / "down.yml"))
    assert {outcome.host for outcome in run.outcomes if outcome.result.get("unreachable")} == {name}
    assert run.rc != 0
    assert run.changed_on("chat2")
    wait(SECOND)


def test_a_machine_out_of_use_comes_back_with_the_next_run() -> None:
    """A rollout that somebody ended left it so."""
    on(FIRST).check_output("touch /run/selfhosted_llm_gateway_away")
    told = play("status", "gpu1")
    assert "out of use since a rollout" in told.failure
    run = site("gpu1")
    assert run.rc == 0, run.output
    assert run.changed_on("gpu1")
    assert site("gpu1").changed_on("gpu1") == []


def digests() -> dict[str, str]:
    """Of the model that people ask, on each machine that has it."""
    found = {}
    for name in (FIRST, SECOND):
        models = ask(on(name), "127.0.0.1", "/api/tags", port=11434).json()["models"]
        found[name] = next(model["digest"] for model in models if model["name"] == "llama3:latest")
    return found


def test_another_digest_is_told_and_rolled_out_while_people_ask(people: Household, tmp_path: Path) -> None:
    """On one of the machines somebody has copied another model over the one that all have."""
    before = digests()
    body = {"source": "mistral", "destination": "llama3"}
    pull = ask(on(SECOND), "127.0.0.1", "/api/pull", port=11434, method="POST", body={"model": "mistral"})
    assert '"success"' in pull.text
    assert ask(on(SECOND), "127.0.0.1", "/api/copy", port=11434, method="POST", body=body).status == 200
    told = run_playbook("status.yml", "all", f"--extra-vars=status_page={tmp_path / 'page'}", inventories=INVENTORIES)
    assert "llama3:latest is not the same everywhere" in told.output

    declared = {
        "ollama_server_models": [{"name": "llama3", "state": "latest"}],
        "ollama_server_preload": [{"name": "llama3"}],
    }
    with ThreadPoolExecutor(1) as pool:
        rollout = pool.submit(
            run_playbook, "rollout.yml", "all", "--extra-vars", json.dumps(declared), inventories=INVENTORIES
        )
        statuses = []
        while not rollout.done():
            statuses += chats(people, 1) + large_questions(1)
        run = rollout.result()
    assert (run.rc, set(statuses)) == (0, {200}), run.output
    assert run.changed_on("gpu2")
    assert digests() == before
    for name in (FIRST, SECOND):
        loaded = ask(on(name), "127.0.0.1", "/api/ps", port=11434).json()["models"]
        assert "llama3:latest" in [model["name"] for model in loaded]


def test_the_only_machine_that_answers_goes_on_answering_in_a_rollout() -> None:
    run = play("rollout", "ollama", (*INVENTORIES, ROOT / "molecule" / "several_machines" / "down"))
    assert {outcome.host for outcome in run.outcomes if outcome.result.get("unreachable")} == {"gpu2"}
    assert run.rc != 0
    assert "None of gpu2 answers now, so gpu1 goes on answering" in run.output
    assert not [outcome for outcome in run.outcomes if "Away |" in outcome.task]


def backups() -> list[str]:
    """Those of what the chats share, oldest first; anything else in that folder is named, too."""
    folder = on(DATABASE).file(BACKUPS)
    return sorted(f"{BACKUPS}/{name}" for name in folder.listdir()) if folder.exists else []


def test_without_a_database_there_is_no_backup_and_status_says_why(people: Household) -> None:
    postgres = "postgresql@17-main"
    with stopped(DATABASE, f"systemctl stop {postgres}", f"systemctl start {postgres}"):
        run = play("backup", "database")
        assert (
            "database was not backed up. PostgreSQL at port 5432 does not give the database open_webui" in run.failure
        )
        assert backups() == []
        assert "Open WebUI on chat1 is not ready (Database not ready)" in play("status", "chat1,database").failure
    wait(FIRST)
    assert people.lost() == []


def test_what_they_share_comes_back_whole_or_not_at_all(people: Household) -> None:
    database = on(DATABASE)
    run = play("backup", "database,chat1")
    assert run.rc == 0, run.output
    assert "The files that people upload are in the bucket open-webui" in run.output
    [archive] = backups()
    manifest = json.loads(database.check_output(f"tar --extract --gzip --to-stdout --file {archive} manifest.json"))
    part = manifest["parts"]["open_webui_database"]
    assert (part["accounts"], part["knowledge_bases"], len(part["revisions"])) == (2, 1, 1)
    kept = rows(database)
    assert len([name for name, there in kept.items() if there]) > 10

    # Not from an archive that ends too soon, with everything as it was meanwhile.
    newer = people.say("After the backup")
    before = rows(database)
    run = play("restore", CHATS, backup_archive=spoilt(database, archive))
    assert "PostgreSQL does not take the database open_webui from /root/spoilt.tar.gz" in run.failure
    assert "has what it had before" in run.failure
    wait(FIRST)
    wait(SECOND)
    assert rows(database) == before
    refused = play("restore", "database", backup_archive=archive)
    assert "--limit database,chat1,chat2. Nothing was restored" in refused.failure

    # On a machine that has lost it.
    database.check_output(f"find {BACKUPS} -name '*before-restore*' -delete")
    run = play("remove", "database", remove_data=True)
    assert run.rc == 0, run.output
    run = play("restore", CHATS)
    assert run.rc == 0, run.output
    assert {name for name in kept.keys() | rows(database).keys() if kept.get(name) != rows(database).get(name)} == set()
    assert people.lost() == []
    assert people.request(f"/api/v1/chats/{newer['id']}").status == 401


@pytest.fixture(scope="module")
def old() -> Household:
    """What people made on a server with an SQLite of its own, on machines that have nothing else yet."""
    run = play("remove", CHATS, remove_data=True)
    assert run.rc == 0, run.output
    variables = {
        "role": "open_webui",
        "open_webui_secret_key": secret("secret_key"),
        "open_webui_admin_email": "admin@example.com",
        "open_webui_admin_password": secret("admin"),
        "open_webui_settings": {"RAG_EMBEDDING_ENGINE": "ollama", "RAG_EMBEDDING_MODEL": "all-minilm"},
    }
    run = run_playbook("molecule/stack/one_role.yml", FIRST, "--extra-vars", json.dumps(variables))
    assert run.rc == 0, run.output
    household = Household(FIRST)
    household.connect()
    body = {"email": "admin@example.com", "password": secret("admin")}
    household.fill(household.make("/api/v1/auths/signin", body)["token"])
    household.make("/api/v1/chats/new", {"chat": {"title": "a\0b", "history": {"messages": {}}, "messages": []}})
    return household


def test_nobody_begins_anew_beside_what_one_has(old: Household) -> None:
    refused = site(CHATS)
    assert "move them there by move_to_database.yml" in refused.failure
    assert old.lost() == []


def test_what_one_has_stays_where_it_cannot_be_moved(old: Household) -> None:
    """Without the bucket for its documents."""
    bucket = f"{PREFIX}-bucket"
    subprocess.run(["docker", "stop", bucket], check=True, capture_output=True)
    run = play("move_to_database", CHATS)
    subprocess.run(["docker", "start", bucket], check=True, capture_output=True)
    assert "Nothing of Open WebUI on chat1 was moved, and its data are as they were" in run.failure
    wait(FIRST, "127.0.0.1")
    assert old.lost() == []
    assert rows(on(DATABASE))["user"] == []


def test_what_one_has_moves_to_what_several_share(old: Household) -> None:
    run = play("move_to_database", CHATS)
    assert run.rc == 0, run.output
    assert "Moved 2 accounts and 2 chats" in run.output
    assert "1 uploaded files; 3 vectors of 3 collections" in run.output
    for name in (FIRST, SECOND):
        new = Household(
            name, address=address_of(on(name)), sessions=old.sessions, chat=old.chat, knowledge=old.knowledge
        )
        new.connect()
        assert new.lost() == []
    [file] = new.request(f"/api/v1/knowledge/{new.knowledge}/files").json()["items"]
    assert RULE in new.request(f"/api/v1/files/{file['id']}/content").text
