# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Where models as files come from: a folder, a web server that shows one, or files that were brought here."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput, ServerRefused
from ansible_collections.selfhosted.llm.plugins.module_utils._http import CHUNK, Client, Connection, Service
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model_files import blob, parts
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name


class Source(t.Protocol):
    """Manifests and blobs; raises the errors of `_errors`. `where` is what it is called in sentences."""

    where: str

    def manifest(self, name: Name) -> bytes:
        """The bytes of a model's manifest."""

    def read(self, digest: str, start: int) -> t.Iterator[bytes]:
        """A blob from byte number `start` on. Raises Unreachable where trying again may help."""


def find(root: str, steps: t.Sequence[str]) -> str | None:
    """The path below `root` that `steps` lead to, whatever the case of its letters; None when there is none."""
    path = root
    for step in steps:
        try:
            entries = os.listdir(path)
        except OSError:
            return None
        same = [entry for entry in entries if entry == step] or [e for e in entries if e.lower() == step.lower()]
        if not same:
            return None
        path = os.path.join(path, same[0])
    return path


class Folder:
    """A folder of models on the machine at hand."""

    def __init__(self, path: str) -> None:
        self.where = path

    def manifest(self, name: Name) -> bytes:
        path = find(self.where, parts(name))
        if path is None:
            raise lacks(self.where, name)
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error

    def read(self, digest: str, start: int) -> t.Iterator[bytes]:
        yield from read_file(os.path.join(self.where, blob(digest)), start)


class Site:
    """A web server that shows a folder of models; at most `timeout` seconds of silence."""

    def __init__(self, url: str, timeout: int) -> None:
        self._client = Client(Connection(url, None, True, timeout), Service("The source of the models", "src"))
        self._timeout = timeout
        self.where = self._client.url

    def manifest(self, name: Name) -> bytes:
        reply = self._client.fetch("/" + "/".join(parts(name)), {})
        if reply.status == 404:
            raise lacks(self.where, name)
        if reply.status != 200:
            raise InvalidInput(f"{self.where} answered {reply.status} for model '{name}': look whether src is right.")
        return reply.body

    def read(self, digest: str, start: int) -> t.Iterator[bytes]:
        try:
            yield from self._client.download(f"/{blob(digest)}", start, self._timeout)
        except ServerRefused as error:
            # What is not there, or shorter than it should be, does not come by waiting.
            raise InvalidInput(f"{self.where} lacks a part of a model, {blob(digest)}: {error}.") from error


class Brought:
    """Manifests as text, by name, and the paths of blobs, by digest, that came from the controller's folder `where`."""

    def __init__(self, where: str, manifests: t.Mapping[str, str], files: t.Mapping[str, str]) -> None:
        self.where = where
        self._manifests = manifests
        self.files = files

    def manifest(self, name: Name) -> bytes:
        return self._manifests[str(name)].encode()

    def read(self, digest: str, start: int) -> t.Iterator[bytes]:
        yield from read_file(self.files[digest], start)


def lacks(where: str, name: Name) -> InvalidInput:
    return InvalidInput(f"{where} has no model '{name}': check the spelling, or put the model there first.")


def read_file(path: str, start: int) -> t.Iterator[bytes]:
    """A file from byte number `start` on."""
    try:
        with open(path, "rb") as file:
            file.seek(start)
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise InvalidInput(f"A part of a model, {path}, cannot be read: {error.strerror}.") from error
