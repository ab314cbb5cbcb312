# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Knowledge bases, and what their files have to become: plain data."""

from __future__ import annotations

import posixpath
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import access
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.folder import File
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import (
    Fields,
    Found,
    Step,
    Wanted,
    given,
)

BLANK: Fields = {"description": "", "access": access.PRIVATE, "files": {}}
SHORT = 12
NOT_EMBEDDED = "not embedded"
# How many files that failed a sentence names.
NAMED = 10

Folder: t.TypeAlias = "t.Sequence[File]"


@dataclass(frozen=True)
class Stored:
    """A file of a knowledge base; one that is not `whole` is listed, and cannot be found by what is in it.

    `digest` is that of the file, `text` that of what the server read in it.
    """

    name: str
    id: str
    digest: str | None
    text: str | None
    whole: bool

    @property
    def shown(self) -> str:
        return short(self.digest or "unknown") if self.whole else NOT_EMBEDDED


@dataclass(frozen=True)
class FilePlan:
    """What is to be done to the files of a knowledge base.

    `move` holds new names by id, `instead_of` the ids of those that an upload takes the place of, by name, `gone` the
    ids of those that just go.
    """

    upload: tuple[File, ...]
    move: t.Mapping[str, str]
    instead_of: t.Mapping[str, tuple[str, ...]]
    gone: tuple[str, ...]


def from_params(knowledge: t.Sequence[Fields], folders: t.Mapping[str, Folder]) -> list[Wanted]:
    """The task's list; `folders` holds the files of those that have any, by name of the knowledge base.

    Raises InvalidInput for a name that nobody could see.
    """
    return [_wanted(params, folders.get(params["name"])) for params in knowledge]


def _wanted(params: Fields, folder: Folder | None) -> Wanted:
    name = params["name"]
    if not name.strip():
        raise InvalidInput("A knowledge base has an empty name: give it one.")
    if params["state"] == "absent":
        return Wanted(name, present=False)
    fields = given(params, ("description", "access"))
    if "access" in fields:
        fields["access"] = access.from_params(fields["access"])
    if folder is not None:
        fields["files"] = {file.name: short(file.digest) for file in folder}
    return Wanted(name, True, fields)


def short(digest: str) -> str:
    return digest[:SHORT]


def apart(folder: Folder) -> tuple[list[File], list[str]]:
    """The files of a folder, and the names of those left out because one before them has the same content."""
    seen: set[str] = set()
    files, left_out = [], []
    for file in folder:
        if file.digest in seen:
            left_out.append(file.name)
        else:
            files.append(file)
        seen.add(file.digest)
    return files, left_out


def from_reply(reply: Fields, directory: access.Directory, files: t.Sequence[Stored] | None) -> Found:
    """A knowledge base from an item of GET /api/v1/knowledge/, with its files where a task has something to say."""
    fields = {
        "description": reply["description"] or "",
        "access": access.from_grants(reply.get("access_grants") or [], directory),
    }
    if files is not None:
        fields["files"] = shown(files)
    external = (reply.get("meta") or {}).get("source") == "external"
    return Found(reply["name"], reply["id"], fields, {"external": external})


def to_request(name: str, fields: Fields) -> dict[str, t.Any]:
    """The body of POST /api/v1/knowledge/create and of an update, without who may see it."""
    return {"name": name, "description": fields["description"]}


def stored(item: Fields, name: str) -> Stored:
    """A file from an item of GET /api/v1/knowledge/{id}/files.

    What was embedded is marked with the knowledge base, after a time in which it is marked with the file itself.
    """
    meta = item["meta"] or {}
    embedded = item["hash"] is not None and meta.get("collection_name") != f"file-{item['id']}"
    return Stored(name, item["id"], meta.get("file_hash"), item["hash"], embedded)


def shown(files: t.Sequence[Stored]) -> dict[str, str]:
    """Files by name for the diff; where two have the same name, both are told."""
    told: dict[str, str] = {}
    for file in sorted(files, key=lambda file: (file.name, file.id)):
        told[file.name] = f"{told[file.name]}, {file.shown}" if file.name in told else file.shown
    return told


def plan_files(current: t.Sequence[Stored], wanted: Folder) -> FilePlan:
    """What turns the files of a knowledge base into those of a folder, of which no two have the same content."""
    digests = {file.name: file.digest for file in wanted}
    kept: set[str] = set()
    rest = []
    for file in current:
        if file.whole and file.digest == digests.get(file.name) and file.name not in kept:
            kept.add(file.name)
        else:
            rest.append(file)
    lacking = [file for file in wanted if file.name not in kept]
    move = _moves(rest, lacking)
    moved = set(move.values())
    upload = tuple(file for file in lacking if file.name not in moved)
    left = [file for file in rest if file.id not in move]
    instead_of = {
        file.name: tuple(old.id for old in left if old.name == file.name)
        for file in upload
        if any(old.name == file.name for old in left)
    }
    return FilePlan(upload, move, instead_of, tuple(file.id for file in left if file.name not in instead_of))


def bereft(current: t.Sequence[Stored], gone: t.Collection[str]) -> list[Stored]:
    """The files that cannot be found any more without those `gone`, with which the server forgets all of their text."""
    texts = {file.text for file in current if file.id in gone}
    return [file for file in current if file.whole and file.text in texts and file.id not in gone]


def _moves(rest: t.Sequence[Stored], lacking: Folder) -> dict[str, str]:
    """New names by id, for files that only have to go into another directory."""
    left = {(posixpath.basename(file.name), file.digest): file.id for file in rest if file.whole}
    moves: dict[str, str] = {}
    for file in lacking:
        found = left.pop((file.base, file.digest), None)
        if found:
            moves[found] = file.name
    return moves


def directories(names: t.Iterable[str]) -> list[str]:
    """The directories that files of these names are in, each behind those that it is in itself."""
    paths = set()
    for name in names:
        path = posixpath.dirname(name)
        while path:
            paths.add(path)
            path = posixpath.dirname(path)
    return sorted(paths)


def counts(before: t.Mapping[str, str], after: t.Mapping[str, str], failed: t.Collection[str] = ()) -> dict[str, int]:
    """How many files were added, updated, removed and left, when those that `failed` were not."""
    added = [name for name in after if name not in before and name not in failed]
    updated = [name for name in after if name in before and before[name] != after[name] and name not in failed]
    unchanged = [name for name in after if before.get(name) == after[name]]
    removed = [name for name in before if name not in after]
    return {"added": len(added), "updated": len(updated), "removed": len(removed), "unchanged": len(unchanged)}


def tell(step: Step, failed: t.Mapping[str, str], left_out: t.Sequence[str]) -> dict[str, t.Any]:
    """What the result says of the files of a knowledge base."""
    before = step.found.fields.get("files") if step.found else None
    after = step.fields.get("files") if step.fields is not None else {}
    return {
        "files": None if before is None and not after else counts(before or {}, after or {}, failed),
        "failed": [{"file": name, "reason": failed[name]} for name in sorted(failed)],
        "duplicates": list(left_out),
    }


def lament(failed: t.Mapping[str, str]) -> str:
    """The end of a sentence that names the files that failed, each with its reason; those of one reason together."""
    reasons: dict[str, list[str]] = {}
    for name in sorted(failed)[:NAMED]:
        reasons.setdefault(failed[name], []).append(name)
    text = "; ".join(f"{', '.join(names)}: {reason.rstrip('.')}" for reason, names in reasons.items())
    more = len(failed) - NAMED
    return f"{text}; and {more} more" if more > 0 else text
