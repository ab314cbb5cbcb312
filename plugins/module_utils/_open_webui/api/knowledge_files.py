# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The files of one knowledge base of a server."""

from __future__ import annotations

import posixpath
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.knowledge import Folder, Stored, stored

KNOWLEDGE = "/api/v1/knowledge/"
# An admin gets as many on one page as there are.
ALL = 1_000_000
# So many take the server some seconds.
REMOVED_AT_ONCE = 100
# What no file has, so that the server tells of each where it is.
NO_CHECKSUM = ""


@dataclass(frozen=True)
class State:
    """The files of a knowledge base, and the ids of its directories by path."""

    files: t.Sequence[Stored]
    directories: t.Mapping[str, str]


EMPTY = State((), {})


class KnowledgeFiles:
    """The files of the knowledge base that the server calls `base_id`."""

    def __init__(self, server: OpenWebUI, base_id: str) -> None:
        self._server = server
        self._path = f"{KNOWLEDGE}{base_id}"

    def ids(self) -> list[str]:
        """Those of all files."""
        return [str(item["id"]) for item in self._list()]

    def read(self, wanted: Folder) -> State:
        """What is there, with two requests where it is what is `wanted`."""
        items = self._list()
        path = f"{self._path}/sync/diff"
        reply = self._server.post(path, {"manifest": [_entry(file.name, file.size) for file in wanted]})
        with self._server.understood(path):
            directories = dict(reply["directory_map"])
            names = {
                item["stale_file_id"]: posixpath.join(item["path"], item["filename"]) for item in reply["modified"]
            }
            told = {*names, *(item["file_id"] for item in reply["deleted"])}
        if not told <= {item["id"] for item in items}:
            raise ApiError(f"{self._server.url} does not list all files of a knowledge base: try again.")
        strangers = [item for item in items if item["id"] not in names]
        names |= self._names(strangers, directories)
        with self._server.understood(self._path):
            return State([stored(item, names[item["id"]]) for item in items], directories)

    def _list(self, query: str = "") -> list[dict[str, t.Any]]:
        path = f"{self._path}/files?limit={ALL}{query}"
        reply = self._server.get(path)
        with self._server.understood(path):
            return [{**item, "id": str(item["id"])} for item in reply["items"]]

    def _names(self, items: t.Sequence[Fields], directories: t.Mapping[str, str]) -> dict[str, str]:
        """Names by id. Older servers do not tell where a file is, but which ones are in a directory."""
        with self._server.understood(self._path):
            if all("directory_path" in item for item in items):
                return {item["id"]: posixpath.join(item["directory_path"], item["filename"]) for item in items}
            names = {item["id"]: str(item["filename"]) for item in items}
            for path, directory_id in directories.items():
                for item in self._list(f"&directory_id={quote(directory_id)}"):
                    if item["id"] in names:
                        names[item["id"]] = posixpath.join(path, item["filename"])
            return names

    def make_directories(self, paths: t.Sequence[str], there: t.Mapping[str, str]) -> dict[str, str]:
        """The ids of these directories by path; each comes behind those that it is in."""
        ids = dict(there)
        for path in paths:
            if path not in ids:
                above, name = posixpath.split(path)
                reply = self._server.post(f"{self._path}/dirs/create", {"name": name, "parent_id": ids.get(above)})
                with self._server.understood(self._path):
                    ids[path] = reply["id"]
        return ids

    def move(self, file_id: str, directory_id: str | None) -> None:
        self._server.post(f"{self._path}/file/move", {"file_id": file_id, "directory_id": directory_id})

    def remove(self, file_ids: t.Sequence[str], directory_ids: t.Sequence[str]) -> None:
        """Remove files and what is left of them, and directories; what is gone is fine."""
        for first in range(0, len(file_ids), REMOVED_AT_ONCE):
            self._clean_up(file_ids[first : first + REMOVED_AT_ONCE], [])
        if directory_ids:
            self._clean_up([], directory_ids)

    def _clean_up(self, file_ids: t.Sequence[str], directory_ids: t.Sequence[str]) -> None:
        self._server.post(f"{self._path}/sync/cleanup", {"file_ids": list(file_ids), "dir_ids": list(directory_ids)})


def _entry(name: str, size: int) -> dict[str, t.Any]:
    path, filename = posixpath.split(name)
    return {"path": path, "filename": filename, "checksum": NO_CHECKSUM, "size": size}
