# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Files of weights: which there are, whether they are sound, and their digests.

A file that is not sound ends Ollama 0.24 as a whole, with all models that it serves, so it is looked at first: a GGUF
file's counts and lengths against its size, a safetensors file's header.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import struct
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput

CHUNK = 1024 * 1024
LONGEST_HEADER = 100_000_000
ADAPTER = "adapter"
MODEL_FILE = re.compile(r"model.*\.safetensors")
# What Ollama takes of a folder of safetensors.
FOLDER_FILES = (".safetensors", ".json", ".model", "vocab.txt", "merges.txt")
GGUF_VERSIONS = (2, 3)
# Bytes of a GGUF value by its type; 8 is a string and 9 an array.
GGUF_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
GGUF_STRING, GGUF_ARRAY = 8, 9
MOST_DIMENSIONS = 4
# Bytes of a block of a tensor, by its elements and its type (ggml.h). A tensor of any other type is not measured.
BLOCKS = {
    1: {0: 4, 1: 2, 24: 1, 25: 2, 26: 4, 27: 8, 28: 8, 30: 2},
    32: {2: 18, 3: 20, 6: 22, 7: 24, 8: 34, 20: 18},
    256: {
        10: 84,
        11: 110,
        12: 144,
        13: 176,
        14: 210,
        15: 292,
        16: 66,
        17: 74,
        18: 98,
        19: 50,
        21: 110,
        22: 82,
        23: 136,
        29: 56,
        34: 54,
        35: 66,
    },
}
TENSOR_BLOCKS = {kind: (elements, size) for elements, sizes in BLOCKS.items() for kind, size in sizes.items()}
LONGEST_NAME = 65535


@dataclass(frozen=True)
class File:
    """A file as the server wants it: `name` relative, `digest` 64 hexadecimal digits, `path` where it is, if here."""

    name: str
    digest: str
    path: str | None = None


def inspect(path: str, *, adapter: bool = False) -> list[File]:
    """The files of a GGUF file or a folder of safetensors, each looked at and read once.

    `adapter` tells that the file is to be a LoRA adapter; a whole model in its place would replace the base.
    Raises InvalidInput when they cannot be what they should be.
    """
    if os.path.isdir(path) and not adapter:
        return _folder(path)
    _refuse_unreadable(path)
    if (check_gguf(path) == ADAPTER) != adapter:
        what = "no adapter: name it under path" if adapter else "an adapter: name it under adapters"
        raise InvalidInput(f"{path} is {what}.")
    digest = sha256(path)
    # Servers that rewrite what they get keep this name, and so the digest.
    return [File(f"sha256-{digest}.gguf", digest, path)]


def _folder(path: str) -> list[File]:
    try:
        names = sorted(name for name in os.listdir(path) if name.endswith(FOLDER_FILES))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    if any(MODEL_FILE.fullmatch(name) for name in names):
        # The same weights again, in the form of their maker.
        names = [name for name in names if MODEL_FILE.fullmatch(name) or not name.endswith(".safetensors")]
    if not any(name.endswith(".safetensors") for name in names):
        raise InvalidInput(f"{path} is a folder without any .safetensors file: name a GGUF file, or another folder.")
    if "config.json" not in names:
        raise InvalidInput(f"{path} has no config.json, without which Ollama cannot read its weights.")
    files = [os.path.join(path, name) for name in names]
    for file in files:
        _refuse_unreadable(file)
        if file.endswith(".safetensors"):
            check_safetensors(file)
    return [File(name, sha256(file), file) for name, file in zip(names, files, strict=True)]


def _refuse_unreadable(path: str) -> None:
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error


def sha256(path: str) -> str:
    """The digest of a file, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def check_safetensors(path: str) -> None:
    """Raise InvalidInput unless the header of a safetensors file fits the file."""
    size = os.path.getsize(path)
    try:
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > size - 8:
                raise ValueError("its header is longer than the file")
            if length > LONGEST_HEADER:
                raise ValueError("its header is longer than 100 MB")
            header = json.loads(file.read(length))
            ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        if max(ends, default=0) > size - 8 - length:
            raise ValueError("it is cut off")
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise InvalidInput(f"{path} is no sound safetensors file ({error}): fetch it again.") from error


def check_gguf(path: str) -> str:
    """What a GGUF file says it is (C(general.type)), empty where it says nothing.

    Raises InvalidInput unless its header is whole and its tensors lie within the file.
    """
    try:
        with open(path, "rb") as file:
            return _Gguf(file, os.path.getsize(path)).read()
    except ValueError as error:
        raise InvalidInput(f"{path} is no sound GGUF file ({error}): fetch it again.") from error


class _Gguf:
    def __init__(self, file: t.BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def read(self) -> str:
        """The value of general.type."""
        if self._take(4) != b"GGUF":
            raise ValueError("it does not begin with GGUF")
        version = self._number("<I")
        if version not in GGUF_VERSIONS:
            raise ValueError(f"its version is {version}")
        tensors, values = self._count(24), self._count(13)
        kind = ""
        for _number in range(values):
            name, form = self._text(), self._number("<I")
            if name == "general.type" and form == GGUF_STRING:
                kind = self._text()
            else:
                self._value(form)
        end = max([self._tensor_end() for _number in range(tensors)], default=0)
        if end > self._size - self._file.tell():
            raise ValueError("a tensor in it lies behind its end: it is cut off")
        return kind

    def _take(self, length: int) -> bytes:
        data = self._file.read(length)
        if len(data) != length:
            raise ValueError("it is cut off")
        return data

    def _skip(self, length: int) -> None:
        if length > self._size - self._file.tell():
            raise ValueError("a length in it is greater than the file")
        self._file.seek(length, os.SEEK_CUR)

    def _number(self, form: str) -> int:
        return int(struct.unpack(form, self._take(struct.calcsize(form)))[0])

    def _count(self, least: int) -> int:
        """A number of things that take up `least` bytes each."""
        count = self._number("<Q")
        if count * least > self._size - self._file.tell():
            raise ValueError("a number in it is greater than the file has room for")
        return count

    def _string(self) -> None:
        self._skip(self._number("<Q"))

    def _text(self) -> str:
        """A short string: the name of a value, or of a kind."""
        length = self._number("<Q")
        if length > LONGEST_NAME:
            raise ValueError("a length in it is greater than any name")
        return self._take(length).decode(errors="replace")

    def _value(self, kind: int) -> None:
        if kind == GGUF_STRING:
            self._string()
        elif kind == GGUF_ARRAY:
            self._array()
        elif kind in GGUF_SIZES:
            self._skip(GGUF_SIZES[kind])
        else:
            raise ValueError(f"a value in it has the unknown type {kind}")

    def _array(self) -> None:
        kind = self._number("<I")
        if kind in GGUF_SIZES:
            self._skip(self._count(GGUF_SIZES[kind]) * GGUF_SIZES[kind])
            return
        if kind != GGUF_STRING:
            raise ValueError(f"an array in it has elements of the unknown type {kind}")
        for _number in range(self._count(8)):
            self._string()

    def _tensor_end(self) -> int:
        """Where the bytes of a tensor end, from where those of the first begin."""
        self._string()
        dimensions = self._number("<I")
        if dimensions > MOST_DIMENSIONS:
            raise ValueError(f"a tensor in it has {dimensions} dimensions")
        elements = math.prod(self._number("<Q") for _number in range(dimensions))
        block, length = TENSOR_BLOCKS.get(self._number("<I"), (1, 0))
        return self._number("<Q") + elements // block * length
