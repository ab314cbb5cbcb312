"""Nothing that people made is lost: when it is backed up, when Open WebUI is upgraded, and when a machine is."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from household import Household
from power import comes_to, cut_at, held, started
from scenario import INVENTORY, ROOT, Refused, Run, ask, run_playbook, sign_in
from versions import OPEN_WEBUI_VERSION, after

OLD = "backup-debian12"
EMPTY = "backup-debian13"
INVENTORIES = (INVENTORY, ROOT / "molecule" / "backup" / "inventory")
DIRECTORY = "/var/backups/selfhosted_llm"
PASSPHRASE = "canary passphrase"
VOLUME = "/var/lib/docker/volumes/open-webui"
IMAGE = "ghcr.io/open-webui/open-webui"
CURRENT = f"{IMAGE}:v{OPEN_WEBUI_VERSION}"
# They are made here: one that does not start, and one whose last migration fails.
DEAD, FAILING = after(OPEN_WEBUI_VERSION, 1), after(OPEN_WEBUI_VERSION, 2)


def play(name: str, limit: str = OLD, *arguments: str, **variables: Any) -> Run:
    extra = ["--extra-vars", json.dumps(variables)] if variables else []
    run = run_playbook(f"playbooks/{name}.yml", limit, *extra, *arguments, inventories=INVENTORIES)
    assert PASSPHRASE not in run.output
    return run


def backups(host: Any) -> list[str]:
    """By their time, the newest last."""
    names = [name for name in host.file(DIRECTORY).listdir() if name.startswith(f"{OLD}-")]
    return sorted(names, key=lambda name: name.split("-")[-1])


def leftovers(host: Any) -> list[str]:
    """What a run that is over should not leave."""
    beside = set(host.file(VOLUME).listdir()) - {"_data"}
    return sorted(beside | {name for name in host.file(DIRECTORY).listdir() if name.startswith(".")})


@pytest.fixture(scope="module")
def people() -> Household:
    household = Household(OLD)
    household.connect()
    household.fill(sign_in(household.host))
    return household


@pytest.fixture(scope="module")
def archive(people: Household) -> str:
    """The name of an encrypted backup of the old version."""
    run = play("backup", backup_passphrase=PASSPHRASE, open_webui_version="0.10.2")
    assert run.rc == 0, run.output
    return f"{DIRECTORY}/{backups(people.host)[-1]}"


def test_check_mode_makes_none(people: Household) -> None:
    assert play("backup", OLD, "--check").rc == 0
    assert not people.host.file(DIRECTORY).exists


def test_a_backup_holds_what_it_should_and_is_for_root_alone(people: Household, archive: str) -> None:
    host = people.host
    assert archive.endswith(".tar.gz.gpg")
    assert (host.file(archive).mode, host.file(DIRECTORY).mode) == (0o600, 0o700)
    decrypt = "gpg --batch --quiet --pinentry-mode loopback --passphrase %s --decrypt %s"
    unpack = "tar --extract --gzip --to-stdout manifest.json"
    manifest = json.loads(host.check_output(f"{decrypt} | {unpack}", PASSPHRASE, archive))
    part = manifest["parts"]["open_webui"]
    assert (part["version"], part["accounts"], part["chats"], part["knowledge_bases"]) == ("0.10.2", 2, 1, 1)
    assert {model["name"]: model["from"] for model in manifest["parts"]["ollama_server"]["models"]} == {
        "all-minilm:latest": "registry",
        "house:latest": "llama3:latest",
        "llama3:latest": "registry",
    }
    files = manifest["files"]
    assert {
        "open_webui/data/webui.db",
        "open_webui/data/.webui_secret_key",
        "open_webui/data/vector_db/chroma.sqlite3",
        "open_webui/files/etc/selfhosted_llm/open_webui_admin_password",
        "nginx_proxy/files/etc/selfhosted_llm/local_ca/ca_key.pem",
    } <= set(files)
    assert not [name for name in files if "cache" in name or name.endswith(("-wal", "-shm"))]
    assert leftovers(host) == []
    assert people.lost() == []


def damage(host: Any, archive: str) -> str:
    """A copy of it with a few bytes changed in its middle."""
    damaged = archive.replace("backup-", "damaged-")
    host.check_output(f"cp {archive} {damaged}")
    host.check_output(f"printf damaged | dd of={damaged} bs=1 seek=$(($(stat -c %s {archive}) / 2)) conv=notrunc")
    return damaged


def test_nothing_is_restored_from_what_is_no_good(people: Household, archive: str) -> None:
    started = people.host.check_output("docker inspect open-webui --format '{{.State.StartedAt}}'")
    damaged = damage(people.host, archive)
    people.host.check_output(f"tar --create --gzip --file {DIRECTORY}/foreign.tar.gz /etc/hostname")
    versions = {"open_webui_version": "0.10.2", "backup_passphrase": PASSPHRASE}
    for name, given, sentence in [
        (archive, {**versions, "backup_passphrase": "wrong"}, "does not open with this passphrase"),
        (archive, {"open_webui_version": "0.10.2"}, "is encrypted: give its passphrase in backup_passphrase"),
        (damaged, versions, "damaged"),
        (f"{DIRECTORY}/foreign.tar.gz", versions, "is no backup that selfhosted.llm has made"),
        (f"{DIRECTORY}/none.tar.gz", versions, "There is no backup"),
    ]:
        run = play("restore", backup_archive=name, **given)
        assert sentence in run.failure
        assert "\n" not in run.failure.strip()
    several = play("restore", f"{OLD},{EMPTY}", backup_archive=archive, **versions)
    assert f"this run is for {OLD}, {EMPTY}: add --limit MACHINE" in several.failure
    people.host.check_output(f"rm {damaged} {DIRECTORY}/foreign.tar.gz")
    assert people.host.check_output("docker inspect open-webui --format '{{.State.StartedAt}}'") == started
    assert people.lost() == []


@pytest.fixture
def small_disk(people: Household) -> Iterator[str]:
    """A folder that has room for half a backup."""
    people.host.check_output("mkdir --parents /mnt/small && mount -t tmpfs -o size=48k tmpfs /mnt/small")
    yield "/mnt/small"
    people.host.check_output("umount /mnt/small")


def test_a_disk_that_is_full_leaves_nothing_behind(people: Household, small_disk: str) -> None:
    run = play("backup", backup_directory=small_disk)
    assert f"{OLD} was not backed up. There is no room for the backup: {small_disk} needs" in run.failure
    assert people.host.file(small_disk).listdir() == []
    assert leftovers(people.host) == []
    assert people.lost() == []


@pytest.mark.usefixtures("archive")
def test_a_second_run_at_the_same_time_is_told_to_wait(people: Household) -> None:
    before = backups(people.host)
    people.host.check_output("systemd-run --unit=holds-the-lock flock /run/selfhosted-llm-backup.lock sleep 600")
    run = play("backup")
    people.host.check_output("systemctl stop holds-the-lock")
    assert "Another backup or restore is at work on this machine" in run.failure
    assert backups(people.host) == before


@pytest.mark.usefixtures("archive")
def test_chats_are_backed_up_while_ollama_is_down(people: Household) -> None:
    before = backups(people.host)
    people.host.check_output("docker stop ollama")
    run = play("backup")
    people.host.check_output("docker start ollama")
    [made] = set(backups(people.host)) - set(before)
    assert made.startswith(f"{OLD}-incomplete-")
    assert f"{made} was made without ollama_server: Ollama does not answer" in run.failure
    people.host.check_output(f"rm {DIRECTORY}/{made}")


@pytest.mark.usefixtures("archive")
def test_old_ones_go_and_the_timer_makes_new_ones(people: Household) -> None:
    people.host.check_output(
        f"touch --date='40 days ago' {DIRECTORY}/{OLD}-20260101T000000Z.tar.gz {DIRECTORY}/mine.tar.gz"
    )
    run = play("backup", backup_on_calendar="daily", backup_keep=3, backup_keep_days=30, backup_passphrase=PASSPHRASE)
    assert run.rc == 0, run.output
    assert f"{OLD}-20260101T000000Z.tar.gz" not in backups(people.host)
    assert people.host.file(f"{DIRECTORY}/mine.tar.gz").exists
    before = backups(people.host)
    # A run with another passphrase changes nothing of the timer's.
    assert "does not open with this passphrase" in play("restore", backup_passphrase="wrong").failure
    people.host.check_output("systemctl start selfhosted-llm-backup.service")
    assert backups(people.host)[-1] not in before
    opened = "gpg --batch --quiet --pinentry-mode loopback --passphrase %s --decrypt %s >/dev/null"
    people.host.check_output(opened, PASSPHRASE, f"{DIRECTORY}/{backups(people.host)[-1]}")
    assert "selfhosted-llm-backup.timer" in people.host.check_output("systemctl list-timers --all --no-legend")
    assert play("backup", backup_passphrase=PASSPHRASE).rc == 0
    assert "selfhosted-llm-backup" not in people.host.check_output("systemctl list-timers --all --no-legend")
    people.host.check_output(f"rm {DIRECTORY}/mine.tar.gz")


# The file of the newest migration: the one that no other comes after.
NEWEST = """
import importlib.util, pathlib, re
folder = pathlib.Path(importlib.util.find_spec("open_webui").submodule_search_locations[0]) / "migrations" / "versions"
texts = {file: file.read_text() for file in folder.glob("*.py")}
found = [re.search(r"^down_revision.*?['\\"](\\w+)", text, re.M) for text in texts.values()]
before = {each.group(1) for each in found if each}
own = {file: re.search(r"^revision.*?['\\"](\\w+)", text, re.M).group(1) for file, text in texts.items()}
print(*[file for file, revision in own.items() if revision not in before])
"""
FAIL = r"s/^def upgrade\(\).*/&\n    raise RuntimeError('canary of a migration')/"


@pytest.fixture(scope="module")
def broken(people: Household) -> None:
    """Two images of versions to come."""
    host = people.host
    host.check_output(f"docker pull --quiet {CURRENT} && docker create --name made {CURRENT}")
    host.check_output(f"docker commit --change 'ENTRYPOINT []' --change 'CMD [\"false\"]' made {IMAGE}:v{DEAD}")
    file = host.check_output("docker run --rm --entrypoint python %s -c %s", CURRENT, NEWEST)
    host.check_output(f"docker cp made:{file} /root/newest.py")
    host.check_output("sed --regexp-extended --in-place %s /root/newest.py", FAIL)
    host.check_output(
        f"docker cp /root/newest.py made:{file} && docker commit made {IMAGE}:v{FAILING} && docker rm made"
    )


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(("version", "words"), [(DEAD, "does not answer"), (FAILING, "canary of a migration")])
def test_an_image_that_fails_leaves_everything_as_it_was(people: Household, version: str, words: str) -> None:
    newest = people.say(f"Before {version}")
    run = play("upgrade", open_webui_version=version)
    assert f"was not moved to {IMAGE}:v{version}, and goes on as it was, with its data of before" in run.failure
    assert words in run.failure
    wait(people)
    assert people.request("/api/version").json()["version"] == "0.10.2"
    assert people.lost() == []
    assert people.request(f"/api/v1/chats/{newest['id']}").json()["title"] == f"Before {version}"
    assert leftovers(people.host) == []
    assert [name for name in backups(people.host) if name.startswith(f"{OLD}-before-upgrade-")]
    containers = people.host.check_output("docker ps --all --format '{{.Names}}'").split()
    assert sorted(containers) == ["ollama", "open-webui"]
    assert not people.host.file("/etc/selfhosted_llm/open_webui_upgrade.json").exists


def wait(people: Household) -> None:
    for _attempt in range(120):
        with suppress(Refused):
            if "json" in people.request("/ready").headers.get("content-type", ""):
                return
        time.sleep(1)
    pytest.fail(people.host.check_output("docker logs --tail 20 open-webui 2>&1"))


def test_neither_a_power_cut_nor_a_second_run_in_an_upgrade_loses_anything(people: Household) -> None:
    assert cut_at("Upgrade | Have it answer", "upgrade", OLD, INVENTORIES)
    assert people.host.file("/etc/selfhosted_llm/open_webui_upgrade.json").exists
    with started("upgrade", OLD, INVENTORIES) as process:
        assert comes_to(process, "Way back | Close it"), "it went on from where the other was cut"
        assert comes_to(process, "Upgrade | Have it answer")
        with held(process):
            second = play("upgrade")
        process.communicate()
    assert f"Another run is moving Open WebUI on {OLD} to another version" in second.failure
    assert "If that run was ended, remove /run/selfhosted-llm-open-webui" in second.failure
    assert process.returncode == 0
    assert people.request("/api/version").json()["version"] == OPEN_WEBUI_VERSION
    assert people.lost() == []
    assert play("upgrade").changed == []


def test_a_version_that_cannot_read_the_database_is_refused(people: Household) -> None:
    run = play("upgrade", open_webui_version="0.10.2")
    assert "is newer than version 0.10.2 can read: restore a backup of that version" in run.failure
    assert people.request("/api/version").json()["version"] == OPEN_WEBUI_VERSION


# Every table's rows, without when somebody was last seen, and the documents.
OBJECTS = """
import hashlib, json, pathlib, sqlite3, sys
data = pathlib.Path(sys.argv[1])
database = sqlite3.connect(f"file:{data}/webui.db?mode=ro", uri=True)
database.row_factory = sqlite3.Row
tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
def told(row):
    return {key: str(row[key]) for key in row.keys() if key != "last_active_at"}
read = {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}
objects = {name: sorted(json.dumps(told(row)) for row in rows) for name, rows in read.items()}
files = [path for path in sorted((data / "uploads").rglob("*")) if path.is_file()]
print(json.dumps(objects | {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}))
"""
# What site.yml declares anew, and what the server keeps of its own work.
NOT_COMPARED = {"config"}


def objects(host: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(host.check_output("python3 -c %s %s", OBJECTS, f"{VOLUME}/_data"))
    return {name: there for name, there in told.items() if name not in NOT_COMPARED}


@pytest.mark.usefixtures("archive")
def test_an_empty_machine_gets_everything_back(people: Household) -> None:
    before = objects(people.host)
    run = play("backup", backup_passphrase=PASSPHRASE, backup_fetch_to=str(ROOT / "tests" / "output"))
    assert run.rc == 0, run.output
    name = backups(people.host)[-1]
    given = {
        # As people type it.
        "backup_archive": os.path.relpath(ROOT / "tests" / "output" / name, os.environ["PWD"]),
        "backup_remote_src": False,
        "backup_passphrase": PASSPHRASE,
        "ollama_server_custom_models": [],
    }
    newer = play("restore", EMPTY, **given, open_webui_version="0.10.2")
    assert f"is of Open WebUI {OPEN_WEBUI_VERSION}, which 0.10.2 cannot read" in newer.failure
    run = play("restore", EMPTY, **given)
    assert run.rc == 0, run.output
    moved = Household(EMPTY, sessions=people.sessions, chat=people.chat, knowledge=people.knowledge)
    moved.connect()
    assert moved.lost() == []
    after = objects(moved.host)
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == set()
    assert sum(len(rows) for rows in before.values() if isinstance(rows, list)) > 10
    authority = "/etc/selfhosted_llm/local_ca/ca.crt"
    assert moved.host.file(authority).content == people.host.file(authority).content
    models = ask(moved.host, "127.0.0.1", "/api/tags", port=11434).json()["models"]
    assert {model["name"] for model in models} == {"llama3:latest", "all-minilm:latest", "house:latest"}
    shown = ask(moved.host, "127.0.0.1", "/api/show", port=11434, method="POST", body={"model": "house"}).json()
    assert shown["system"] == "You answer questions about the house."
    assert "temperature" in shown["parameters"]
