"""What comes into a store is whole, or it is not there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput, Unreachable
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama import store as code
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model_files import blob, parts
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.store import Store

BODY = b"0123456789" * 10
DIGEST = hashlib.sha256(BODY).hexdigest()


class Source:
    """Has `body`, and breaks off after so many bytes, as often as `cuts` says; tells from where it was read."""

    where = "/bundle"

    def __init__(self, body: bytes, *cuts: int) -> None:
        self._body = body
        self._cuts = list(cuts)
        self.starts: list[int] = []

    def manifest(self, name: Name) -> bytes:
        raise AssertionError(name)

    def read(self, _digest: str, start: int) -> Iterator[bytes]:
        self.starts.append(start)
        if not self._cuts:
            yield self._body[start:]
            return
        cut = self._cuts.pop(0)
        if cut:
            yield self._body[start : start + cut]
        raise Unreachable("It broke off")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(code, "FIRST_WAIT", 0)
    return Store(str(tmp_path / "models"))


def content(store: Store) -> dict[str, bytes]:
    """What is in the folder of layers, by name."""
    return {path.name: path.read_bytes() for path in Path(store.path, "blobs").iterdir()}


def test_a_layer_is_there_when_all_of_it_is(store: Store) -> None:
    assert not store.has_blob(DIGEST, len(BODY))
    store.take(DIGEST, len(BODY), Source(BODY), 0)
    assert store.has_blob(DIGEST, len(BODY))
    assert not store.has_blob(DIGEST, len(BODY) + 1)
    assert content(store) == {f"sha256-{DIGEST}": BODY}


def test_a_source_that_breaks_off_is_asked_for_the_rest(store: Store) -> None:
    source = Source(BODY, 30, 0, 20)
    store.take(DIGEST, len(BODY), source, 2)
    assert source.starts == [0, 30, 30, 50]
    assert store.has_blob(DIGEST, len(BODY))


def test_what_came_before_a_failure_is_taken_up_by_the_next_run(store: Store) -> None:
    with pytest.raises(Unreachable, match=r"It broke off\. Run this again, what came is kept\."):
        store.take(DIGEST, len(BODY), Source(BODY, 30, 0), 1)
    assert (store.has_blob(DIGEST, len(BODY)), store.bytes_there(DIGEST)) == (False, 30)
    source = Source(BODY)
    store.take(DIGEST, len(BODY), source, 0)
    assert source.starts == [30]
    assert content(store) == {f"sha256-{DIGEST}": BODY}


def test_what_was_left_of_something_else_is_not_kept(store: Store) -> None:
    Path(store.path, "blobs").mkdir(parents=True)
    Path(store.path, f"{blob(DIGEST)}-unfinished").write_bytes(b"x" * 50)
    source = Source(BODY)
    store.take(DIGEST, len(BODY), source, 0)
    assert source.starts == [50, 0]
    assert content(store) == {f"sha256-{DIGEST}": BODY}


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"x", b"x" * len(BODY)])
def test_of_a_damaged_layer_nothing_stays(store: Store, body: bytes) -> None:
    with pytest.raises(InvalidInput, match=f"/bundle/blobs/sha256-{DIGEST} is damaged"):
        store.take(DIGEST, len(BODY), Source(body), 0)
    assert content(store) == {}


def test_a_manifest_is_where_the_server_looks_for_it(store: Store) -> None:
    name = parse("mine")
    assert store.manifest(name) is None
    store.take(DIGEST, len(BODY), Source(BODY), 0)
    store.write_manifest(name, b"first")
    store.write_manifest(name, b"second")
    assert store.manifest(name) == b"second"
    # Every file beside it would be a model to the server.
    assert [path.name for path in Path(store.path).joinpath(*parts(name)).parent.iterdir()] == ["latest"]
    assert list(content(store)) == [f"sha256-{DIGEST}"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(InvalidInput, match="cannot be written"):
        Store(str(tmp_path / "models")).take(DIGEST, len(BODY), Source(BODY), 0)


def test_the_free_bytes_are_those_of_the_disk_on_which_the_folder_will_be(store: Store) -> None:
    assert store.free() > 0
