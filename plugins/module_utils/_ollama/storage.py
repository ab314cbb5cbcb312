# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""How many bytes pulls will fetch, whether the disk has room for them, and whether what is there is sound."""

from __future__ import annotations

import os
import shutil
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import Answer, Manifest
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.weights import sha256

# Bytes. Greater layers are weights: they take long to read, and Ollama checks them before all others.
LARGEST_CHECKED = 100_000_000


def amount(size: int) -> str:
    """A number of bytes for people."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def missing_blobs(
    names: t.Iterable[Name], answers: t.Mapping[Name, Answer], has_blob: t.Callable[[str], bool]
) -> dict[Name, dict[str, int] | None]:
    """For each model the blobs that its pull will fetch, with their sizes in bytes; None where nobody knows.

    A blob that several models share is fetched for the first of them.
    """
    seen: set[str] = set()
    missing: dict[Name, dict[str, int] | None] = {}
    for name in names:
        answer = answers.get(name)
        if isinstance(answer, Manifest):
            missing[name] = {d: size for d, size in answer.blobs.items() if d not in seen and not has_blob(d)}
            seen |= set(answer.blobs)
        else:
            missing[name] = None
    return missing


def check_space(path: str, missing: t.Mapping[Name, t.Mapping[str, int] | None]) -> None:
    """Raise InvalidInput when the file system of the store `path` has no room for all that is `missing` together.

    `missing` is what `missing_blobs` tells. What earlier pulls left half fetched counts as there.
    """
    try:
        free = shutil.disk_usage(path).free
    except OSError as error:
        raise InvalidInput(
            f"storage_path is {path}, and its free space cannot be read ({error.strerror}): give the folder of the"
            " server's models on the machine where this task runs, or leave it out."
        ) from error
    coming = {
        name: sum(max(0, size - _partial(path, digest)) for digest, size in (blobs or {}).items())
        for name, blobs in missing.items()
    }
    refuse_without_room(path, free, coming, "pulled")


def refuse_without_room(path: str, free: int, coming: t.Mapping[Name, int], done: str) -> None:
    """Raise InvalidInput when the bytes that are `coming` for each model are more than those that are `free`.

    `done` is what was not done to anything for that reason.
    """
    needed = sum(coming.values())
    if needed > free:
        each = ", ".join(f"{name} {amount(size)}" for name, size in coming.items() if size)
        raise InvalidInput(
            f"The models need {amount(needed)} more ({each}), and {path} has {amount(free)} free:"
            f" make room for {amount(needed - free)} there, or take models off the list. Nothing was {done}."
        )


def _partial(path: str, digest: str) -> int:
    """Bytes of a blob that are on disk although it is not complete."""
    try:
        # Its length is the whole blob's from the start; only what came takes up blocks.
        return os.stat(f"{_file(path, digest)}-partial").st_blocks * 512
    except OSError:
        return 0


def _file(path: str, digest: str) -> str:
    return os.path.join(path, "blobs", f"sha256-{digest}")


def remove_damaged(path: str, blobs: t.Mapping[str, int]) -> list[str]:
    """Remove the files of those of `blobs`, with sizes, that are in the store `path` and not what they should be.

    Ollama checks the layers of a pull up to the first that is wrong, and trusts the others in all later pulls.
    The digests of those removed; raises InvalidInput when one cannot be.
    """
    damaged = [digest for digest, size in blobs.items() if size <= LARGEST_CHECKED and _is_damaged(path, digest)]
    for digest in damaged:
        try:
            os.remove(_file(path, digest))
        except OSError as error:
            raise InvalidInput(
                f"{_file(path, digest)} is damaged, and cannot be removed ({error.strerror}): remove it, and run this"
                " again. Nothing was pulled."
            ) from error
    return damaged


def _is_damaged(path: str, digest: str) -> bool:
    try:
        return sha256(_file(path, digest)) != digest
    except OSError:
        # Not there, or not to be read.
        return False
