# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The files of a folder and of the folders in it, with their digests."""

from __future__ import annotations

import hashlib
import os
import posixpath
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput

CHUNK = 1024 * 1024


@dataclass(frozen=True)
class File:
    """A file: `name` from the folder on, with slashes, `digest` its SHA-256, `path` where it is, if here."""

    name: str
    digest: str
    size: int
    path: str | None = None

    @property
    def base(self) -> str:
        """Its name without the folders that it is in."""
        return posixpath.basename(self.name)


def inspect(folder: str) -> list[File]:
    """The files below `folder` by name. What begins with a dot is left out, links are followed.

    Raises InvalidInput when it cannot be read, or holds what cannot be a document.
    """
    if not os.path.isdir(folder):
        raise InvalidInput(f"{folder} is {'not a folder' if os.path.exists(folder) else 'not there'}.")
    files = sorted(_files(folder, "", ()), key=lambda file: file.name)
    if not files:
        raise InvalidInput(f"{folder} has no files in it to make a knowledge base of: is it the right one?")
    return files


def _files(folder: str, prefix: str, above: tuple[str, ...]) -> t.Iterator[File]:
    real = os.path.realpath(folder)
    if real in above:
        raise InvalidInput(f"{folder} is a link to a folder that it is in: remove it.")
    try:
        entries = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be read: {error.strerror}.") from error
    for entry in entries:
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _files(entry.path, f"{name}/", (*above, real))
        else:
            yield _file(entry.path, name)


def _file(path: str, name: str) -> File:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{path!a} has a name that is not UTF-8: give it another one.") from error
    if not os.path.isfile(path):
        raise InvalidInput(f"{path} is neither a file nor a folder, nor a link to one.")
    try:
        digest, size = _read(path)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    if not size:
        raise InvalidInput(f"{path} is empty, which Open WebUI does not take: write something into it, or remove it.")
    return File(name, digest, size, path)


def _read(path: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
