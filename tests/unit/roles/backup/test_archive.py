"""An archive is taken whole, as it was written, or not at all."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import archive
import backup
import ollama_server
import pytest

ABOUT = {"host": "here", "made": "2026-11-24T18:00:00Z", "parts": {}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, an empty folder, a link and a file that only its owner reads."""
    top = tmp_path / "data"
    (top / "uploads").mkdir(parents=True)
    (top / "empty").mkdir()
    (top / "uploads" / "rules.md").write_text("The rubbish is collected on Tuesday.")
    (top / "key").write_text("secret")
    (top / "key").chmod(0o600)
    (top / "latest").symlink_to("uploads/rules.md")
    return top


@pytest.fixture
def made(folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "made.tar.gz"
    archive.write(path, ABOUT, list(archive.walk(folder, "open_webui/data")), "")
    return path


def test_what_was_written_comes_back(folder: Path, made: Path, tmp_path: Path) -> None:
    back = tmp_path / "back"
    archive.unpack(made, "", {"open_webui/data": back})
    assert [path.relative_to(back) for path in sorted(back.rglob("*"))] == [
        path.relative_to(folder) for path in sorted(folder.rglob("*"))
    ]
    assert (back / "uploads" / "rules.md").read_text() == "The rubbish is collected on Tuesday."
    assert (back / "key").stat().st_mode & 0o7777 == 0o600
    assert os.readlink(back / "latest") == "uploads/rules.md"
    assert made.stat().st_mode & 0o7777 == 0o600


def test_only_what_is_asked_for_is_unpacked(made: Path, tmp_path: Path) -> None:
    archive.unpack(made, "", {"open_webui/data/uploads": tmp_path / "only", "open_webui/dat": tmp_path / "none"})
    assert [path.name for path in (tmp_path / "only").iterdir()] == ["rules.md"]
    assert not (tmp_path / "none").exists()


def test_no_end_of_it_can_be_missing_unseen(made: Path) -> None:
    whole = made.read_bytes()
    for length in range(len(whole)):
        made.write_bytes(whole[:length])
        with pytest.raises(archive.Problem, match=r"damaged|is no backup|lacks"):
            archive.check(made, "")
    made.write_bytes(whole)
    assert archive.check(made, "")["host"] == "here"


def tar(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return path


def described(content: bytes) -> dict[str, Any]:
    return {"mode": 0o600, "uid": 0, "gid": 0, "size": len(content), "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"etc/hostname": b"here"}, "is no backup that selfhosted.llm has made"),
        ({"manifest.json": b"{"}, "is no backup that selfhosted.llm has made"),
        ({"manifest.json": b'{"format": "another"}'}, "is no backup that selfhosted.llm has made"),
        ({"manifest.json": json.dumps({"format": archive.FORMAT, "files": {}}).encode(), "more": b""}, "'more'"),
        (
            {"manifest.json": json.dumps({"format": archive.FORMAT, "files": {"gone": described(b"")}}).encode()},
            "lacks 'gone'",
        ),
        (
            {
                "manifest.json": json.dumps({"format": archive.FORMAT, "files": {"../up": described(b"x")}}).encode(),
                "../up": b"x",
            },
            "'../up'",
        ),
        (
            {
                "manifest.json": json.dumps({"format": archive.FORMAT, "files": {"file": described(b"x")}}).encode(),
                "file": b"x",
            },
            "is damaged at 'file'",
        ),
    ],
)
def test_what_is_no_good_is_named(tmp_path: Path, members: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(archive.Problem) as raised:
        archive.check(tar(tmp_path / "a.tar.gz", members), "")
    assert sentence in str(raised.value)


def test_a_file_of_something_else_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("Dear diary")
    with pytest.raises(archive.Problem, match="is no backup"):
        archive.check(tmp_path / "text", "")


@pytest.mark.parametrize(
    ("keep", "days", "left"),
    [
        (7, 0, ["20260101", "20260102", "20260103", "20260104"]),
        (2, 0, ["20260103", "20260104"]),
        (1, 0, ["20260104"]),
        (7, 1, ["20260104"]),
    ],
)
def test_as_many_stay_as_are_wanted_and_the_newest_always(
    tmp_path: Path, keep: int, days: int, left: list[str]
) -> None:
    names = [f"here-{day}T000000Z.tar.gz" for day in ("20260101", "20260102", "20260103", "20260104")]
    for name in [*names, "there-20200101T000000Z.tar.gz", "here-mine.tar.gz"]:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    configuration = {"name": "here", "directory": str(tmp_path), "keep": keep, "keep_days": days}
    gone = backup.prune(configuration, tmp_path / names[-1])
    assert [path.name[5:13] for path in backup.existing(configuration)] == left
    assert len(gone) == 4 - len(left)
    assert (tmp_path / "there-20200101T000000Z.tar.gz").exists()
    assert (tmp_path / "here-mine.tar.gz").exists()


def test_parameters_take_the_form_in_which_a_model_is_made() -> None:
    shown = 'stop                           "<|start|>"\nstop    "<|end|>"\ntemperature     0.5\nnum_ctx  8192'
    made = {"stop": ["<|start|>", "<|end|>"], "temperature": 0.5, "num_ctx": 8192}
    assert ollama_server.parameters_from(shown) == made
