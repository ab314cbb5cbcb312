"""Files of weights: sound ones pass, and what would end the server does not."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from weights import write_adapter, write_model

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.weights import TENSOR_BLOCKS, check_gguf, inspect


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "model.gguf"
    write_model(path, "a")
    return path


def test_a_sound_file(model: Path) -> None:
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    [file] = inspect(str(model))
    assert (file.name, file.digest, file.path) == (f"sha256-{digest}.gguf", digest, str(model))


def test_a_file_whose_last_bytes_are_missing(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.gguf"
    path.write_bytes(model.read_bytes()[:-1000])
    with pytest.raises(InvalidInput, match=r"half.gguf is no sound GGUF file \(a tensor in it lies behind its end"):
        inspect(str(path))


def test_the_sizes_of_tensors_are_those_of_ggml() -> None:
    known = {int(kind): sizes for kind, sizes in gguf.GGML_QUANT_SIZES.items()}
    # Never in a file, and written differently over time.
    del known[int(gguf.GGMLQuantizationType.Q8_1)]
    assert known == TENSOR_BLOCKS


def test_an_adapter_is_told_from_a_model(model: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "lora.gguf"
    write_adapter(adapter)
    assert len(inspect(str(adapter), adapter=True)) == 1
    with pytest.raises(InvalidInput, match="is an adapter: name it under adapters"):
        inspect(str(adapter))
    with pytest.raises(InvalidInput, match="is no adapter: name it under path"):
        inspect(str(model), adapter=True)


def test_of_two_forms_of_the_same_weights_one_is_taken(tmp_path: Path) -> None:
    folder(tmp_path, b"{}")
    (tmp_path / "consolidated.safetensors").write_bytes((tmp_path / "model.safetensors").read_bytes())
    assert [file.name for file in inspect(str(tmp_path))] == ["config.json", "model.safetensors"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.data())
def test_any_damage_to_the_header_is_refused_or_harmless(model: Path, tmp_path: Path, data: st.DataObject) -> None:
    """Whatever the file says of itself, reading it ends, and ends in nothing but a sentence."""
    content = bytearray(model.read_bytes()[:8192])
    for position in data.draw(st.lists(st.integers(0, 8191), min_size=1, max_size=8)):
        content[position] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.gguf"
    path.write_bytes(content[: data.draw(st.integers(0, 8192))])
    with pytest.raises(InvalidInput, match="is no sound GGUF file"):
        check_gguf(str(path))


def folder(path: Path, header: bytes, weights: int = 256) -> None:
    (path / "config.json").write_text("{}")
    (path / "README.md").write_text("not for Ollama")
    (path / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(weights))


def test_a_folder(tmp_path: Path) -> None:
    folder(tmp_path, json.dumps({"__metadata__": {}, "w": {"data_offsets": [0, 256]}}).encode())
    assert [file.name for file in inspect(str(tmp_path))] == ["config.json", "model.safetensors"]


@pytest.mark.parametrize("header", [b"", b"{", b"[]", b'{"w": 1}', b'{"w": {"data_offsets": [0]}}', b"\xff"])
def test_a_header_that_is_none(tmp_path: Path, header: bytes) -> None:
    folder(tmp_path, header)
    with pytest.raises(InvalidInput, match="is no sound safetensors file"):
        inspect(str(tmp_path))


def test_a_header_that_is_longer_than_its_file(tmp_path: Path) -> None:
    folder(tmp_path, b"{}")
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", 2**60) + b"{}")
    with pytest.raises(InvalidInput, match="its header is longer than the file"):
        inspect(str(tmp_path))


def test_a_file_that_nobody_may_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        inspect(str(tmp_path / "none.gguf"))
