# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The folder in which an Ollama server keeps its models, and how files get there that are whole or not there at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput, Unreachable, stopped
from ansible_collections.selfhosted.llm.plugins.module_utils._http import CHUNK
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model_files import blob, parts
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model_source import Source, find
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pulls import FIRST_WAIT


class Store:
    """A folder of models, at `path`; what is made there belongs to whom the folder belongs to."""

    def __init__(self, path: str) -> None:
        self.path = path

    def manifest(self, name: Name) -> bytes | None:
        """The bytes of a model's manifest, if there is one."""
        path = find(self.path, parts(name))
        if path is None:
            return None
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error

    def has_blob(self, digest: str, size: int) -> bool:
        return _size(self._blob(digest)) == size

    def bytes_there(self, digest: str) -> int:
        """How much of a blob an earlier run left."""
        return _size(self._unfinished(digest)) or 0

    def free(self) -> int:
        """The free bytes of its disk."""
        there = os.path.abspath(self.path)
        while not os.path.exists(there):
            there = os.path.dirname(there)
        return shutil.disk_usage(there).free

    def take(self, digest: str, size: int, source: Source, retries: int) -> None:
        """Copy a blob; there is nothing under its name before all of it has been verified and is on the disk.

        What a run before this one left of it is taken up. `retries` is how often in a row the source is asked again
        without anything coming of it.
        """
        try:
            self._make_folder("blobs")
            with open(self._unfinished(digest), "a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Another run may have finished it in the moment before.
                if not self.has_blob(digest, size):
                    _fill(file, digest, size, source, retries)
                    os.fsync(file.fileno())
                    self._settle(file.name, self._blob(digest))
        except BlockingIOError as error:
            raise InvalidInput(
                f"{self._blob(digest)} is being written by another run: wait until that has ended, and run this again."
            ) from error
        except OSError as error:
            raise self._refusal(self._blob(digest), error) from error

    def write_manifest(self, name: Name, body: bytes) -> None:
        """Let the server see a model, all of whose blobs are there."""
        steps = list(parts(name))
        path = find(self.path, steps) or os.path.join(self.path, *steps)
        # Not beside it: the server takes every file there for a model.
        unfinished = os.path.join(self.path, "blobs", f".manifest-{os.getpid()}")
        try:
            for depth in range(1, len(steps)):
                self._make_folder(os.path.join(*steps[:depth]))
            with open(unfinished, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            self._settle(unfinished, path)
        except OSError as error:
            raise self._refusal(path, error) from error

    def _blob(self, digest: str) -> str:
        return os.path.join(self.path, blob(digest))

    def _unfinished(self, digest: str) -> str:
        return f"{self._blob(digest)}-unfinished"

    def _make_folder(self, name: str) -> None:
        path = os.path.join(self.path, name)
        if not os.path.isdir(path):
            os.makedirs(self.path, 0o755, exist_ok=True)
            os.mkdir(path, 0o755)
            self._hand_over(path)

    def _settle(self, unfinished: str, path: str) -> None:
        """Give a file that is complete its mode, its owner and its name."""
        os.chmod(unfinished, 0o644)
        self._hand_over(unfinished)
        os.replace(unfinished, path)

    def _hand_over(self, path: str) -> None:
        if os.geteuid() == 0:
            owner = os.stat(self.path)
            os.chown(path, owner.st_uid, owner.st_gid)

    def _refusal(self, path: str, error: OSError) -> InvalidInput:
        return InvalidInput(
            f"{path} cannot be written ({error.strerror}): see to that, and run this again; what was copied is kept."
        )


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def _fill(file: t.BinaryIO, digest: str, size: int, source: Source, retries: int) -> None:
    """Bring a file, which may hold the beginning already, to the end."""
    file.seek(0)
    begun, came = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        begun.update(chunk)
        came += len(chunk)
    found = _append(file, begun, came, size, source, digest, retries)
    if found != digest and came:
        # What was left of before may be of another time, or of a disk that was full.
        found = _append(file, hashlib.sha256(), 0, size, source, digest, retries)
    if found != digest:
        os.remove(file.name)
        raise InvalidInput(
            f"{source.where}/{blob(digest)} is damaged: sha256:{digest} was expected, and sha256:{found} found."
            " Make it anew where it comes from; nothing of it was kept."
        )


def _append(file: t.BinaryIO, begun: t.Any, came: int, size: int, source: Source, digest: str, retries: int) -> str:
    """Append what the source has from byte number `came` on; the digest of all, of which `begun` is the beginning."""
    file.truncate(came)
    tries = 0
    while came < size:
        try:
            for chunk in source.read(digest, came):
                file.write(chunk)
                begun.update(chunk)
                came, tries = came + len(chunk), 0
                if came > size:
                    break
            else:
                break
        except Unreachable as error:
            if tries >= retries:
                raise Unreachable(f"{stopped(error)} Run this again, what came is kept.") from error
            time.sleep(FIRST_WAIT * 2**tries)
            tries += 1
    file.flush()
    return str(begun.hexdigest())
