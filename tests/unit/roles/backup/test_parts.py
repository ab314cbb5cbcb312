"""A part of a backup that fails takes no other one along, and data are replaced in one step or not at all."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
from pathlib import Path
from typing import Any

import archive
import backup
import containers
import ollama_server
import open_webui
import pytest
from problem import Problem


@pytest.fixture
def volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data of a server that does not run. Docker is not asked: what it says of a volume is given."""
    data = tmp_path / "volume" / "_data"
    data.mkdir(parents=True)
    with sqlite3.connect(data / "webui.db") as database:
        database.execute("CREATE TABLE chat (id)")
        database.execute("INSERT INTO chat VALUES (1)")
    database.close()
    (data / "cache").mkdir()
    (data / "cache" / "fetched").write_text("once")
    monkeypatch.setattr(open_webui, "data_of", lambda _part: data)
    monkeypatch.setattr(open_webui, "container_of", lambda _part: None)
    return data


def configuration(tmp_path: Path, *parts: str) -> dict[str, Any]:
    known = {
        "open_webui": {"container": "open-webui", "volume": "open-webui", "files": []},
        "ollama_server": {"url": "http://127.0.0.1:9", "volume": ""},
    }
    return {
        "host": "here",
        "name": "here",
        "directory": str(tmp_path / "backups"),
        "keep": 1,
        "keep_days": 0,
        "passphrase_file": "",
        "parts": {name: known[name] for name in parts},
    }


@pytest.mark.usefixtures("volume")
def test_a_part_that_fails_takes_no_other_one_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ollama_server, "PATIENCE", 0)
    whole = backup.make(configuration(tmp_path, "open_webui"))["archive"]
    wanted = configuration(tmp_path, "open_webui", "ollama_server")
    made = backup.make(wanted)
    assert list(made["parts"]) == ["open_webui"]
    assert made["lacking"]["ollama_server"].startswith("Ollama does not answer at http://127.0.0.1:9")
    assert Path(made["archive"]).name.startswith("here-incomplete-")
    assert backup.look(wanted)["archive"] == whole, "it pushes no whole one out"


def test_a_volume_that_cannot_be_looked_into_takes_no_other_one_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_part: Any) -> Path:
        raise Problem("The volume open-webui is :/chat")

    monkeypatch.setattr(open_webui, "data_of", refused)
    key = tmp_path / "ca_key.pem"
    key.write_text("secret")
    wanted = configuration(tmp_path, "open_webui")
    wanted["parts"]["nginx_proxy"] = {"files": [str(key)], "configuration": []}
    made = backup.make(wanted)
    assert (list(made["parts"]), made["lacking"]) == (
        ["nginx_proxy"],
        {"open_webui": "The volume open-webui is :/chat"},
    )


@pytest.mark.usefixtures("volume")
def test_a_backup_that_lacks_something_ends_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ollama_server, "PATIENCE", 0)
    monkeypatch.setattr(backup, "LOCK", tmp_path / "lock")
    file = tmp_path / "configuration.json"
    file.write_text(json.dumps(configuration(tmp_path, "open_webui", "ollama_server")))
    with pytest.raises(SystemExit) as ended:
        backup.main(str(file), "make")
    assert ended.value.code == 3
    printed = capsys.readouterr()
    assert json.loads(printed.out)["archive"] in printed.err
    assert "was made without ollama_server: Ollama does not answer" in printed.err


def test_nothing_is_made_when_no_part_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ollama_server, "PATIENCE", 0)
    wanted = configuration(tmp_path, "ollama_server")
    with pytest.raises(Problem, match="Ollama does not answer"):
        backup.make(wanted)
    assert list((tmp_path / "backups").iterdir()) == []


def test_only_who_may_still_come_is_waited_for() -> None:
    assert ollama_server.refused(urllib.error.URLError(ConnectionRefusedError()))
    assert not ollama_server.refused(urllib.error.URLError(TimeoutError()))


@pytest.mark.parametrize(
    ("variable", "elsewhere"),
    [
        ("DATABASE_URL=postgresql://chat", True),
        ("DATABASE_HOST=db", True),
        ("DATABASE_TYPE=sqlite+sqlcipher", True),
        ("DATABASE_URL=sqlite:////srv/other.db", True),
        ("DATABASE_URL=sqlite:////app/backend/data/webui.db", False),
        ("DATABASE_TYPE=sqlite", False),
        ("DATABASE_POOL_SIZE=5", False),
    ],
)
def test_only_another_database_is_elsewhere(variable: str, elsewhere: bool) -> None:
    assert bool(open_webui.ELSEWHERE.match(variable)) == elsewhere


def test_a_model_that_is_being_pulled_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ollama's answers are scripted: what is tried is which files of its store are taken."""
    blobs = tmp_path / "models" / "blobs"
    blobs.mkdir(parents=True)
    for name in ("sha256-a", "sha256-b-partial", "sha256-b-partial-0"):
        (blobs / name).touch()
    monkeypatch.setattr(ollama_server, "ask", lambda _url, _body=None: {"models": [], "version": "0.24.0"})
    monkeypatch.setattr(ollama_server, "data_of", lambda _part: tmp_path)
    _about, members = ollama_server.snapshot({"url": "", "volume": "ollama"}, tmp_path)
    assert [path.name for _name, path in members if path.parent == blobs] == ["sha256-a"]


@pytest.mark.parametrize(
    ("options", "place"),
    [
        (None, "/volumes/open-webui/_data"),
        ({"type": "none", "o": "bind", "device": "/srv/chat"}, "/srv/chat"),
        ({"type": "none", "o": "rw,rbind", "device": "/srv/chat"}, "/srv/chat"),
        ({"type": "nfs", "o": "addr=bind.example.com,rw", "device": ":/chat"}, ""),
    ],
)
def test_a_volume_is_where_it_can_be_seen(
    options: dict[str, str] | None, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [{"Mountpoint": "/volumes/open-webui/_data", "Options": options}]
    monkeypatch.setattr(containers, "docker", lambda *_arguments: json.dumps(told))
    if place:
        assert containers.data_of({"volume": "open-webui"}) == Path(place)
    else:
        with pytest.raises(Problem, match="only while a container uses it"):
            containers.data_of({"volume": "open-webui"})


def test_a_database_that_is_elsewhere_is_left_to_its_own_tools(
    volume: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = configuration(tmp_path, "open_webui")
    made = backup.make(wanted)["archive"]
    container = {"Config": {"Env": ["DATABASE_URL=postgresql://chat"]}, "State": {"Running": False, "Paused": False}}
    monkeypatch.setattr(open_webui, "container_of", lambda _part: container)
    before = (volume / "webui.db").read_bytes()
    (volume / "webui.db").rename(volume / "aside")
    with pytest.raises(Problem, match=r"in a database elsewhere \(DATABASE_URL\)"):
        backup.make(wanted)
    (volume / "aside").rename(volume / "webui.db")
    with pytest.raises(Problem, match=r"in a database elsewhere \(DATABASE_URL\)"):
        backup.restore(wanted, made, "open_webui")
    assert (volume / "webui.db").read_bytes() == before


def test_data_are_replaced_and_those_of_before_are_kept(volume: Path, tmp_path: Path) -> None:
    wanted = configuration(tmp_path, "open_webui")
    made = backup.make(wanted)["archive"]
    with sqlite3.connect(volume / "webui.db") as database:
        database.execute("DELETE FROM chat")
    database.close()
    told = backup.restore(wanted, made, "open_webui")
    assert open_webui.rows(sqlite3.connect(volume / "webui.db"), "SELECT count(*) FROM chat") == [1]
    assert (volume / "cache" / "fetched").read_text() == "once"
    before = Path(told["before"])
    assert open_webui.rows(sqlite3.connect(before / "webui.db"), "SELECT count(*) FROM chat") == [0]
    assert sorted(path.name for path in volume.parent.iterdir()) == ["_before" + before.name[7:], "_data"]


@pytest.mark.parametrize("left", ["_restoring", "_ready"])
def test_what_an_ended_run_has_left_is_in_nobodys_way(volume: Path, tmp_path: Path, left: str) -> None:
    wanted = configuration(tmp_path, "open_webui")
    made = backup.make(wanted)["archive"]
    (volume.parent / left).mkdir()
    (volume.parent / left / "webui.db").write_text("perhaps somebody's only copy")
    backup.restore(wanted, made, "open_webui")
    kept = [path.read_bytes() for path in volume.parent.glob("_before-*-kept/webui.db")]
    assert kept == ([b"perhaps somebody's only copy"] if left == "_ready" else [])
    assert not (volume.parent / left).exists()


def test_beside_a_folder_of_somebodys_own_nothing_of_theirs_is_touched(
    volume: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = volume.rename(volume.with_name("chat"))
    monkeypatch.setattr(open_webui, "data_of", lambda _part: data)
    theirs = [data.with_name(name) for name in ("_backup", "_restoring", "_ready", "_try")]
    for folder in theirs:
        folder.mkdir()
        (folder / "photo.jpg").touch()
    wanted = configuration(tmp_path, "open_webui")
    backup.restore(wanted, backup.make(wanted)["archive"], "open_webui")
    assert [folder for folder in theirs if not (folder / "photo.jpg").exists()] == []
    assert [path.name[:13] for path in data.parent.iterdir() if path not in [data, *theirs]] == [".chat_before-"]


def test_a_folder_on_which_something_is_mounted_cannot_be_replaced(
    volume: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who runs the tests may not mount anything, so the list of what is mounted is given."""
    monkeypatch.setattr(open_webui, "mounted", lambda: {"/", str(volume)})
    with pytest.raises(Problem, match="something is mounted there"):
        backup.make(configuration(tmp_path, "open_webui"))


def test_what_is_mounted_is_read_as_the_kernel_tells_it() -> None:
    assert {"/", "/proc"} <= open_webui.mounted()


def test_data_that_could_not_be_put_back_are_not_backed_up_either(
    volume: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade would trust in it. Scripted, since file systems that cannot do it (NFS) need a server."""

    def unable(_one: Path, other: Path) -> None:
        raise OSError(22, "Invalid argument", str(other))

    monkeypatch.setattr(open_webui, "exchange", unable)
    with pytest.raises(Problem, match=r"cannot be replaced in one step \(Invalid argument\)"):
        backup.make(configuration(tmp_path, "open_webui"))
    assert [path.name for path in volume.parent.iterdir()] == ["_data"]


def test_a_disk_that_is_full_while_it_is_unpacked_changes_nothing(
    volume: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scripted, since a disk that fills up after its room was measured needs somebody else who fills it just then."""
    wanted = configuration(tmp_path, "open_webui")
    made = backup.make(wanted)["archive"]
    before = (volume / "webui.db").read_bytes()

    def full(place: Path, *_arguments: Any) -> None:
        place.parent.mkdir(exist_ok=True, parents=True)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "make", full)
    with pytest.raises(OSError, match="No space left"):
        backup.restore(wanted, made, "open_webui")
    assert (volume / "webui.db").read_bytes() == before
    assert [path.name for path in volume.parent.iterdir()] == ["_data"]
