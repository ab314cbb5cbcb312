"""What there is of a file, and what is no command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.modules.machine_info import argv_from, looked_at


def test_a_file_is_told_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    file.chmod(0o640)
    found = looked_at(str(file))
    assert (found["type"], found["link"], found["mode"], found["uid"]) == ("file", None, "0640", os.getuid())


def test_a_link_is_followed_and_one_into_nowhere_is_missing(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert (looked_at(str(tmp_path / "link"))["type"], looked_at(str(tmp_path / "link"))["link"]) == (
        "directory",
        str(tmp_path),
    )
    (tmp_path / "lost").symlink_to("nowhere")
    assert looked_at(str(tmp_path / "lost")) == {"type": "missing", "link": "nowhere"}


def test_what_is_neither_file_nor_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert looked_at(str(tmp_path / "pipe"))["type"] == "other"


def test_a_number_is_an_argument() -> None:
    assert argv_from("listeners", ["ss", "-p", 80]) == ["ss", "-p", "80"]


@pytest.mark.parametrize("argv", ["ss -p", [], None, {"ss": "-p"}])
def test_what_is_no_list_of_words_is_refused(argv: Any) -> None:
    with pytest.raises(InvalidInput, match="The command listeners is"):
        argv_from("listeners", argv)
