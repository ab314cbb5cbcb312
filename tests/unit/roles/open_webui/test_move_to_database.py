"""What SQLite took, PostgreSQL takes too: the same where it can be, and told where not."""

from __future__ import annotations

import importlib.util
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).parents[4] / "roles" / "open_webui" / "files" / "move_to_database.py"


@pytest.fixture(scope="module")
def program() -> Any:
    """By its path, since a file beside it has the name of a library."""
    specification = importlib.util.spec_from_file_location("move_to_database", FILE)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (None, str, None),
        (1764230400, int, 1764230400),
        ("1764230400.5", int, 1764230400),
        ("", int, None),
        (0.25, float, 0.25),
        (1, bool, True),
        ("false", bool, False),
        (b"\xff", bytes, b"\xff"),
        ("2026-11-24", date, "2026-11-24"),
        (5, str, "5"),
        (b"text", str, "text"),
        (7, dict, "7"),
        ('{"a": 1}', dict, '{"a": 1}'),
        ("nothing\0 here \ud83d", str, "nothing here ?"),
        (r'{"a": "bell \u0007, nul \u0000, said \\u0000"}', dict, r'{"a": "bell \u0007, nul , said \\u0000"}'),
    ],
)
def test_values_become_those_of_postgresql(program: Any, value: Any, kind: type, expected: Any) -> None:
    told = program.Told()
    assert program.converted(value, kind, told) == expected
    assert told.cleaned == (1 if "nul" in str(value) or "nothing" in str(value) else 0)


def test_a_server_that_has_gone_on_has_another_fingerprint(program: Any, tmp_path: Path) -> None:
    (tmp_path / "webui.db").write_text("a")
    first = program.fingerprint(tmp_path)
    assert program.fingerprint(tmp_path) == first
    (tmp_path / "webui.db-wal").write_text("b")
    second = program.fingerprint(tmp_path)
    os.utime(tmp_path / "webui.db", (0, 0))
    assert len({first, second, program.fingerprint(tmp_path)}) == 3


def test_what_belongs_to_nothing_is_looked_for_by_all_columns_of_its_key(program: Any) -> None:
    key = {
        "constrained_columns": ["chat_id", "user_id"],
        "referred_columns": ["id", "user_id"],
        "referred_table": "chat",
        "options": {"ondelete": "CASCADE"},
    }
    assert program.orphans("chat_file", key) == (
        'DELETE FROM "chat_file" c WHERE c."chat_id" IS NOT NULL AND c."user_id" IS NOT NULL AND NOT EXISTS'
        ' (SELECT FROM "chat" p WHERE p."id" = c."chat_id" AND p."user_id" = c."user_id")'
    )


def test_what_outlives_what_it_names_stays_and_names_nothing(program: Any) -> None:
    key = {
        "constrained_columns": ["parent_id"],
        "referred_columns": ["id"],
        "referred_table": "group",
        "options": {"ondelete": "SET NULL"},
    }
    assert program.orphans("group", key) == (
        'UPDATE "group" c SET "parent_id" = NULL WHERE c."parent_id" IS NOT NULL AND NOT EXISTS'
        ' (SELECT FROM "group" p WHERE p."id" = c."parent_id")'
    )


def test_vectors_are_plain_numbers(program: Any) -> None:
    page = {
        "ids": ["1", "2"],
        "embeddings": [[1, 2.5], [0, 0]],
        "documents": ["a\0b", None],
        "metadatas": [{"k": 1}, None],
    }
    found = program.items(page)
    assert json.loads(json.dumps(found)) == found
    assert [(item["text"], item["metadata"]) for item in found] == [("ab", {"k": 1}), ("", {})]
