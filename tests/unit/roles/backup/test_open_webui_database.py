"""A dump takes the place of what was there when it was read to its end, and only then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import archive
import open_webui_database
import pytest
from problem import Problem

PART = {"database": "open_webui", "user": "open_webui", "port": 5432}
DUMP = b"CREATE TABLE chat ();\n"


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """An archive with something in the place of a dump."""
    file = tmp_path / "database.dump"
    file.write_bytes(DUMP)
    path = tmp_path / "made.tar.gz"
    archive.write(path, {"parts": {}}, [("other", file), (open_webui_database.MEMBER, file)], "")
    return path


def put_back(dump: Path, monkeypatch: pytest.MonkeyPatch, reader: str = "cat", taker: str = "cat") -> str:
    """What PostgreSQL would have been told. `reader` is in the place of pg_restore, `taker` in that of psql."""
    told = dump.with_name("told")
    program = dump.with_name("pg_restore")
    program.write_text(f"#!/bin/sh\n{reader}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(dump.parent), prepend=":")
    monkeypatch.setattr(open_webui_database, "psql", lambda _part: ["sh", "-c", f"tee {told} | {{ {taker}; }}"])
    try:
        open_webui_database.put_back(PART, dump, "", {})
    finally:
        text = told.read_text()
        monkeypatch.undo()
    return text


def test_it_is_replaced_in_one_transaction(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = put_back(dump, monkeypatch)
    assert told.startswith("BEGIN;\nSELECT pg_terminate_backend")
    assert 'SET ROLE "open_webui";\nDROP OWNED BY CURRENT_USER;\nRESET ROLE;\nCREATE EXTENSION' in told
    assert told.endswith(f"{DUMP.decode()}\nCOMMIT;\n")


def test_a_dump_that_cannot_be_read_is_not_taken(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match=r"open_webui from .*made.tar.gz \(could not read\), and has what it had before"):
        put_back(dump, monkeypatch, reader="head -c 9; echo could not read >&2; exit 1")
    told = (dump.with_name("told")).read_text()
    assert told.endswith("CREATE TA")
    assert "COMMIT" not in told


def test_the_words_of_who_does_not_take_it_are_told(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match=r"\(ERROR: no room left HINT: make room\)"):
        put_back(
            dump, monkeypatch, taker="cat >/dev/null; printf 'ERROR:  no room left\nHINT:  make room\n' >&2; exit 3"
        )


def test_a_database_that_nobody_has_used_yet_has_no_accounts() -> None:
    def ask(_query: str) -> list[Any]:
        raise AssertionError("there is nothing to ask for")

    assert open_webui_database.facts([], ask) == {"revisions": []}
    counted = open_webui_database.facts(["user", "alembic_version"], lambda query: ["2" if "count" in query else "a1"])
    assert counted == {"revisions": ["a1"], "accounts": 2}
