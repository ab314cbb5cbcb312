"""What will be fetched, whether the disk has room for it, and whether what is there is sound."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import Answer, Manifest, Unknown
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.storage import (
    LARGEST_CHECKED,
    check_space,
    missing_blobs,
    remove_damaged,
)

A, B, C = parse("a"), parse("b"), parse("c")


def test_a_layer_that_two_models_share_is_fetched_once_and_one_that_is_there_not_at_all() -> None:
    answers: dict[Name, Answer] = {
        A: Manifest("1", {"x": 1, "y": 2, "z": 4}),
        B: Manifest("2", {"y": 2, "w": 8}),
        C: Unknown("silent"),
    }
    missing = missing_blobs([A, B, C], answers, has_blob=lambda digest: digest == "z")
    assert missing == {A: {"x": 1, "y": 2}, B: {"w": 8}, C: None}


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> int:
    """The free bytes of a disk on which nobody else writes, unlike that of the machine that tests run on."""
    size = 1 << 30
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=size))
    return size


def test_what_was_fetched_in_part_counts_as_there(tmp_path: Path, free: int) -> None:
    part = 8 << 20
    (tmp_path / "blobs").mkdir()
    with pytest.raises(InvalidInput, match="free: make room for 4 MB there"):
        check_space(str(tmp_path), {A: {"a": free + part // 2}})
    (tmp_path / "blobs" / "sha256-a-partial").write_bytes(b"x" * part)
    os.sync()
    check_space(str(tmp_path), {A: {"a": free + part // 2}})


def test_a_sparse_file_counts_with_what_it_holds(tmp_path: Path, free: int) -> None:
    size = 2 * free
    (tmp_path / "blobs").mkdir()
    with (tmp_path / "blobs" / "sha256-a-partial").open("wb") as file:
        file.truncate(size)
    with pytest.raises(InvalidInput, match="make room"):
        check_space(str(tmp_path), {A: {"a": size}})


def test_models_that_fit_one_by_one_and_not_together_are_named_with_their_sizes(tmp_path: Path, free: int) -> None:
    half = free // 2
    check_space(str(tmp_path), {A: {"x": half}, B: {"y": half}})
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "sha256-y-partial").write_bytes(b"x" * (16 << 20))
    os.sync()
    missing = {A: {"x": half}, B: {"y": half}, C: {"z": 40_000_000}, parse("there"): {}, parse("unknown"): None}
    with pytest.raises(InvalidInput) as refusal:
        check_space(str(tmp_path), missing)
    assert str(refusal.value) == (
        "The models need 1.1 GB more (a:latest 537 MB, b:latest 520 MB, c:latest 40 MB), and"
        f" {tmp_path} has 1.1 GB free: make room for 23 MB there, or take models off the list. Nothing was pulled."
    )


def test_small_blobs_that_are_damaged_are_removed(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    sound, damaged, weights, missing = (hashlib.sha256(name).hexdigest() for name in (b"a", b"b", b"c", b"d"))
    for digest in (sound, damaged, weights):
        (tmp_path / "blobs" / f"sha256-{digest}").write_bytes(b"a")
    blobs = {sound: 1, damaged: 1, weights: LARGEST_CHECKED + 1, missing: 1}
    assert remove_damaged(str(tmp_path), blobs) == [damaged]
    assert {path.name for path in (tmp_path / "blobs").iterdir()} == {f"sha256-{sound}", f"sha256-{weights}"}
