# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Files on their way into a knowledge base: uploaded, read and embedded by the server, and only then put into it.

A file is marked with its knowledge base, so that what a run leaves behind that is cut in the middle is found by the
next. Until it is put there, it can be removed at any time without a trace in what the knowledge base finds.
"""

from __future__ import annotations

import threading
import time
import typing as t
from urllib.parse import quote

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import (
    ApiError,
    InvalidInput,
    ServerRefused,
    Silent,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.folder import File

FILES = "/api/v1/files/"
MARK = "selfhosted_llm_knowledge"
# Seconds between two looks at a file: the first, and the longest.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
MOST_OF_A_NAME = 1000
MEGABYTE = 1_000_000
# What the server answers when the matter is the file, and not the server.
ABOUT_THE_FILE = (400, 404, 413, 422)


class FileFailed(ApiError):
    """One file cannot be had as a document; its text is the reason."""


class Uploads:
    """Uploads for one knowledge base.

    `timeout` is for how many seconds none of them may get ready. `known` holds the ids of files that are in the
    knowledge base, None when it is so new that nothing can have been left behind.
    """

    def __init__(self, server: OpenWebUI, base_id: str, timeout: int, known: t.Collection[str] | None) -> None:
        self._server = server
        self._base_id = base_id
        self._timeout = timeout
        self._known = None if known is None else set(known)
        self._moved = time.monotonic()
        self._stalled = False
        self._names: dict[str, threading.Lock] = {}
        self._brought: set[str] = set()

    def bring(self, file: File) -> str:
        """The id of the file on the server, read and embedded; raises FileFailed."""
        self._refuse_stalled()
        # One of the same name at a time, so that none takes what another has just brought for left behind.
        with self._names.setdefault(file.base, threading.Lock()):
            left_behind = self._left_behind(file)
            file_id = left_behind or self._upload(file)
            self._brought.add(file_id)
        if left_behind:
            return file_id
        try:
            self._wait(file_id, file)
        except FileFailed:
            self.discard(file_id)
            raise
        return file_id

    def put(self, file_id: str, directory_id: str | None) -> None:
        """Put a file into the knowledge base; raises FileFailed."""
        self._refuse_stalled()
        path = f"/api/v1/knowledge/{self._base_id}/file/add"
        try:
            self._server.post(path, {"file_id": file_id, "directory_id": directory_id}, timeout=self._timeout)
        except Silent as error:
            self._stalled = True
            raise FileFailed(
                f"Open WebUI was silent for {self._timeout} seconds while it embedded it, and may still be at it:"
                " run again later, or raise embedding_timeout"
            ) from error
        except ServerRefused as error:
            refused = about_the_file(error)
            if isinstance(refused, FileFailed):
                self.discard(file_id)
            raise refused from error

    def discard(self, file_id: str) -> None:
        """Remove a file that is not in the knowledge base."""
        self._server.delete(FILES + file_id)

    def _left_behind(self, file: File) -> str | None:
        """What an earlier run brought and did not put into the knowledge base; what else it left is removed."""
        if self._known is None:
            return None
        found = None
        for item in self._called(file.base):
            with self._server.understood(FILES):
                mark = ((item["meta"] or {}).get("data") or {}).get(MARK)
                if mark != self._base_id or item["id"] in self._known | self._brought:
                    continue
                ready = item["data"].get("status") == "completed" and item["meta"]["file_hash"] == file.digest
            if ready and not found:
                found = str(item["id"])
            else:
                self.discard(item["id"])
        return found

    def _called(self, name: str) -> list[dict[str, t.Any]]:
        """The files of this name; the server takes it for a pattern."""
        path = f"{FILES}search?filename={quote(name, safe='')}&content=false&limit={MOST_OF_A_NAME}"
        try:
            reply = self._server.get(path)
        except ServerRefused as error:
            if error.status == 404:
                return []
            raise
        with self._server.understood(path):
            return [item for item in reply if item["filename"] == name]

    def _upload(self, file: File) -> str:
        if file.path is None:
            raise InvalidInput(f"{file.name} is not on this machine.")
        try:
            reply = self._server.upload(FILES, file.path, file.base, {MARK: self._base_id})
        except ServerRefused as error:
            raise about_the_file(error, file) from error
        with self._server.understood(FILES):
            file_id, called = str(reply["id"]), reply["filename"]
        if called != file.base:
            self.discard(file_id)
            raise FileFailed(f"Open WebUI calls it {called!r}: give it a name without odd characters")
        return file_id

    def _wait(self, file_id: str, file: File) -> None:
        """Return when the server has read and embedded the file."""
        path, pause, began = f"{FILES}{file_id}/process/status", SHORTEST_PAUSE, time.monotonic()
        while True:
            reply = self._server.get(path)
            with self._server.understood(path):
                status = reply["status"]
            if status in ("completed", "failed"):
                self._moved = time.monotonic()
            if status == "completed":
                return
            if status == "failed":
                raise FileFailed(self._reason(file_id, file))
            self._stalled = self._stalled or time.monotonic() - max(began, self._moved) > self._timeout
            self._refuse_stalled()
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _refuse_stalled(self) -> None:
        if self._stalled:
            raise FileFailed(
                f"nothing was embedded for {self._timeout} seconds: look whether what embeds is running,"
                " or raise embedding_timeout"
            )

    def _reason(self, file_id: str, file: File) -> str:
        for item in self._called(file.base):
            if item["id"] == file_id:
                return str(item["data"].get("error") or "Open WebUI gave no reason")
        return "it is gone from the server"


def about_the_file(error: ServerRefused, file: File | None = None) -> ApiError:
    """The same error as one of the file, when it is about that."""
    if error.status not in ABOUT_THE_FILE:
        return error
    if error.status == 413 and file:
        size = f"{max(file.size / MEGABYTE, 0.1):.1f} MB"
        # The server's own words are a sentence, those of a proxy a page.
        if error.reason and not error.reason.lstrip().startswith("<"):
            return FileFailed(f"it has {size}, more than RAG_FILE_MAX_SIZE allows ({error.reason.rstrip('.')})")
        return FileFailed(
            f"a proxy before Open WebUI takes no upload of {size}: raise its limit (client_max_body_size of nginx),"
            " or let api_url lead round it"
        )
    return FileFailed(error.reason.removeprefix(f"{error.status}: ") or str(error))
