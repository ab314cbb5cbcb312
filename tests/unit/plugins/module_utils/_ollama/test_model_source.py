"""Where models as files are, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model_files import blob, parts
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model_source import Brought, Folder, find
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import parse

NAME = parse("Mine")
DIGEST = "a" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a manifest and a layer."""
    manifest = tmp_path.joinpath(*parts(NAME))
    manifest.parent.mkdir(parents=True)
    manifest.write_bytes(b"manifest")
    (tmp_path / "blobs").mkdir()
    (tmp_path / blob(DIGEST)).write_bytes(b"0123456789")
    return tmp_path


def test_a_folder_gives_manifests_and_the_rest_of_a_layer(folder: Path) -> None:
    source = Folder(str(folder))
    assert source.manifest(NAME) == b"manifest"
    assert b"".join(source.read(DIGEST, 4)) == b"456789"


def test_the_case_of_letters_is_no_difference_but_the_same_case_comes_first(folder: Path) -> None:
    """As Ollama has it, which lists a model under the name that it was first made with."""
    assert Folder(str(folder)).manifest(parse("mine")) == b"manifest"
    (folder / "Blobs").mkdir()
    assert find(str(folder), ["blobs"]) == str(folder / "blobs")
    assert find(str(folder), ["BLOBS", "none"]) is None


def test_what_is_missing_is_named(folder: Path) -> None:
    source = Folder(str(folder))
    with pytest.raises(InvalidInput, match=f"{folder} has no model 'other:latest': check the spelling"):
        source.manifest(parse("other"))
    with pytest.raises(InvalidInput, match=f"sha256-{'b' * 64}, cannot be read: No such file or directory"):
        list(source.read("b" * 64, 0))


def test_what_was_brought_is_read_where_it_lies(folder: Path) -> None:
    source = Brought("/bundle", {str(NAME): "text"}, {DIGEST: str(folder / blob(DIGEST))})
    assert source.manifest(NAME) == b"text"
    assert b"".join(source.read(DIGEST, 8)) == b"89"
