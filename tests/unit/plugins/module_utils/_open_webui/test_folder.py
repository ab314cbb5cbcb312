"""What a folder of documents holds, and what of it is refused."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.folder import File, inspect


def test_files_come_by_name_with_their_digests_and_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.md", "a/z.md", "a/.hidden", ".git/config", "a.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert inspect(str(tmp_path)) == [
        File(name, hashlib.sha256(name.encode()).hexdigest(), len(name), str(tmp_path / name))
        for name in ("a.md", "a/z.md", "b.md")
    ]


def test_links_to_files_and_folders_are_followed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    for path in (folder, elsewhere):
        path.mkdir()
    (elsewhere / "a.md").write_text("a")
    (folder / "file").symlink_to(elsewhere / "a.md")
    (folder / "first").symlink_to(elsewhere)
    (folder / "second").symlink_to(elsewhere)
    assert [file.name for file in inspect(str(folder))] == ["file", "first/a.md", "second/a.md"]


def circle(folder: Path) -> None:
    (folder / "inside").mkdir()
    (folder / "inside" / "up").symlink_to(folder)


def empty_file(folder: Path) -> None:
    (folder / "a.md").touch()


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


def odd_name(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_text("x")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (circle, "up is a link to a folder that it is in"),
        (empty_file, "a.md is empty, which Open WebUI does not take"),
        (pipe, "pipe is neither a file nor a folder"),
        (odd_name, "has a name that is not UTF-8"),
        (Path.exists, "has no files in it"),
        (Path.rmdir, "is not there"),
        (lambda folder: (folder.rmdir(), folder.touch()), "is not a folder"),
    ],
)
def test_what_cannot_be_a_document_is_refused(tmp_path: Path, make: Callable[[Path], object], sentence: str) -> None:
    (tmp_path / "folder").mkdir()
    make(tmp_path / "folder")
    with pytest.raises(InvalidInput, match=sentence) as refused:
        inspect(str(tmp_path / "folder"))
    str(refused.value).encode()


@pytest.mark.parametrize("function", ["os.scandir", "builtins.open"])
def test_what_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    # Tests may run as root, who can read anything.
    def refuse(path: str, *_arguments: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    (tmp_path / "a.md").write_text("a")
    with monkeypatch.context() as patched:
        patched.setattr(function, refuse)
        with pytest.raises(InvalidInput, match=r"cannot be read: Permission denied\."):
            inspect(str(tmp_path))
