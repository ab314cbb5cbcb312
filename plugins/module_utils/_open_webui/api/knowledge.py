# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The knowledge bases of a server."""

from __future__ import annotations

import posixpath
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, Incomplete
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import access, knowledge
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.directory import Directory
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.files import FileFailed, Uploads
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.knowledge_files import (
    EMPTY,
    KNOWLEDGE,
    KnowledgeFiles,
    State,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.folder import File
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.knowledge import (
    FilePlan,
    Folder,
    lament,
    plan_files,
)

# How many files are uploaded, read and embedded side by side.
AT_A_TIME = 4


class KnowledgeBases:
    """See the protocol `Collection` in `declare`.

    `folders` holds the files that knowledge bases are made of by name, no two of one content. `embedding_timeout` is
    for how many seconds none of them may get ready. `failed` tells by name which files did not, and why.
    """

    noun = "knowledge base"
    option = "knowledge"
    blank = knowledge.BLANK

    def __init__(self, server: OpenWebUI, folders: t.Mapping[str, Folder], embedding_timeout: int) -> None:
        self._server = server
        self._directory = Directory(server)
        self._folders = folders
        self._embedding_timeout = embedding_timeout
        self._states: dict[str, State] = {}
        self.failed: dict[str, dict[str, str]] = {}

    def read(self) -> list[Found]:
        found = []
        for reply in self._all():
            with self._server.understood(KNOWLEDGE):
                base_id, folder = str(reply["id"]), self._folders.get(reply["name"])
            if folder is not None:
                self._states[base_id] = KnowledgeFiles(self._server, base_id).read(folder)
            with self._server.understood(KNOWLEDGE):
                files = self._states[base_id].files if folder is not None else None
                found.append(knowledge.from_reply(reply, self._directory, files))
        return found

    def _all(self) -> list[dict[str, t.Any]]:
        items: list[dict[str, t.Any]] = []
        while True:
            path = f"{KNOWLEDGE}?page={len(items) // 30 + 1}"
            reply = self._server.get(path)
            with self._server.understood(path):
                items += reply["items"]
                if len(items) >= reply["total"] or not reply["items"]:
                    return items

    def missing(self, fields: Fields) -> list[str]:
        return access.missing(fields["access"], self._directory) if "access" in fields else []

    def lacking(self, found: t.Mapping[str, str | None]) -> list[str]:
        """The digests of files that are to be uploaded and not on this machine; `found` holds ids by name."""
        digests = set()
        for name, base_id in found.items():
            files = self._states[base_id].files if base_id in self._states else ()
            digests |= {
                file.digest for file in plan_files(files, self._folders.get(name, ())).upload if file.path is None
            }
        return sorted(digests)

    def create(self, key: str, fields: Fields) -> None:
        path = f"{KNOWLEDGE}create"
        grants = access.to_grants(fields["access"], self._directory)
        body = {**knowledge.to_request(key, fields), "access_grants": grants}
        # It embeds what they are called and about, too.
        reply = self._server.post(path, body, timeout=self._embedding_timeout)
        with self._server.understood(path):
            base_id = str(reply["id"])
        if fields["files"]:
            self._bring_files(key, base_id, None)

    def update(self, found: Found, fields: Fields, changed: t.Collection[str]) -> None:
        path = f"{KNOWLEDGE}{found.id}"
        if "description" in changed:
            body = knowledge.to_request(found.key, fields)
            self._server.post(f"{path}/update", body, timeout=self._embedding_timeout)
        if "access" in changed:
            grants = access.to_grants(fields["access"], self._directory)
            self._server.post(f"{path}/access/update", {"access_grants": grants})
        if "files" in changed:
            self._bring_files(found.key, found.id, self._states[found.id])

    def remove(self, found: Found) -> None:
        # The server forgets its files with it, and keeps them for ever.
        if not found.rest["external"]:
            files = KnowledgeFiles(self._server, found.id)
            files.remove(files.ids(), [])
        self._server.delete(f"{KNOWLEDGE}{found.id}/delete")

    def _bring_files(self, key: str, base_id: str, state: State | None) -> None:
        try:
            self._fill(key, base_id, state)
        except Incomplete:
            raise
        except ApiError as error:
            raise ApiError(
                f"not all of its files are there ({error}): run again, and it goes on from there."
            ) from error

    def _fill(self, key: str, base_id: str, state: State | None) -> None:
        """Turn the files of a knowledge base into those of its folder; one without `state` is new.

        What takes the place of another file is read and embedded before that goes. What goes does so before anything
        is put there, because the server takes no text twice.
        """
        there, folder, failed = state or EMPTY, self._folders[key], self.failed.setdefault(key, {})
        todo = plan_files(there.files, folder)
        files = KnowledgeFiles(self._server, base_id)
        known = {file.id for file in state.files} if state else None
        uploads = Uploads(self._server, base_id, self._embedding_timeout, known)

        brought = _side_by_side(todo.upload, uploads.bring, failed)
        places, bereft = _make_room(files, there, todo, brought, knowledge.directories(file.name for file in folder))
        # One by one, because the server would not notice two of the same text at the same time.
        for name, file_id in {**bereft, **brought}.items():
            try:
                uploads.put(file_id, places.get(posixpath.dirname(name)))
            except FileFailed as error:
                failed[name] = str(error)
        if failed:
            raise Incomplete(
                f"Of the knowledge base '{key}' of {self._server.url}, {len(failed)} of {len(folder)} files were not"
                f" taken: {lament(failed)}. The next run tries them again."
            )


def _make_room(
    files: KnowledgeFiles, there: State, todo: FilePlan, brought: t.Collection[str], needed: t.Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Make and remove directories, move files, and remove those that have to go when so much was `brought`.

    The ids of the directories by path, and of the files by name that have to be put there again.
    """
    places = files.make_directories(needed, there.directories)
    for file_id, name in todo.move.items():
        files.move(file_id, places.get(posixpath.dirname(name)))
    gone = [*todo.gone, *(old for name in brought for old in todo.instead_of.get(name, ()))]
    files.remove(gone, [there.directories[path] for path in there.directories.keys() - set(needed)])
    bereft = knowledge.bereft(there.files, gone)
    return places, {todo.move.get(file.id, file.name): file.id for file in bereft}


def _side_by_side(files: Folder, bring: t.Callable[[File], str], failed: dict[str, str]) -> dict[str, str]:
    """The ids by name of files that could be brought; the reasons of the others go to `failed`.

    What is not about one file ends it, once what is under way has ended.
    """

    def attempt(file: File) -> str | FileFailed:
        try:
            return bring(file)
        except FileFailed as error:
            return error

    with ThreadPoolExecutor(max_workers=AT_A_TIME) as threads:
        results = list(zip(files, threads.map(attempt, files), strict=True))
    failed |= {file.name: str(result) for file, result in results if isinstance(result, FileFailed)}
    return {file.name: result for file, result in results if isinstance(result, str)}
