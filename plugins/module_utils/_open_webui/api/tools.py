# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The tools of a server."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import access, code, tool
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.code import (
    Kind,
    load,
    make,
    missing_code,
    set_valves,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.directory import Directory
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found

TOOLS = Kind("/api/v1/tools", ("Tools",))


class Tools:
    """See the protocol `Collection` in `declare`. `sources` and `valves` are those of the task, by id."""

    noun = tool.NOUN
    option = "tools"
    blank = tool.BLANK

    def __init__(self, server: OpenWebUI, sources: t.Mapping[str, str], valves: t.Mapping[str, Fields]) -> None:
        self._server = server
        self._sources = sources
        self._valves = valves
        self._directory = Directory(server)

    def read(self) -> list[Found]:
        path = f"{TOOLS.path}/export"
        reply = self._server.get(path)
        with self._server.understood(path):
            stored = {item["id"]: self._stored_valves(item["id"]) for item in reply}
            return [
                tool.from_reply(item, self._directory, self._valves.get(item["id"]), stored[item["id"]])
                for item in reply
            ]

    def _stored_valves(self, key: str) -> Fields:
        """The valves of a tool, which cost a request, where the task gives some."""
        return self._server.get(f"{TOOLS.path}/id/{key}/valves") or {} if key in self._valves else {}

    def missing(self, fields: Fields) -> list[str]:
        shared = access.missing(fields["access"], self._directory) if "access" in fields else []
        return [*missing_code(self._server, fields), *shared]

    def create(self, key: str, fields: Fields) -> None:
        grants = access.to_grants(fields["access"], self._directory)
        body = {**code.to_request(key, fields, {}), "access_grants": grants}
        make(self._server, TOOLS, body, self._sources[key], self._valves.get(key))

    def update(self, found: Found, fields: Fields, changed: t.Collection[str]) -> None:
        path = f"{TOOLS.path}/id/{found.id}"
        if set(changed) - {"access", "valves"}:
            body = code.to_request(found.id, fields, found.rest["meta"])
            load(self._server, TOOLS, f"id/{found.id}/update", body, self._sources[found.key])
        if "valves" in changed:
            set_valves(self._server, path, self._valves[found.key], found.rest["valves"])
        if "access" in changed:
            grants = access.to_grants(fields["access"], self._directory)
            self._server.post(f"{path}/access/update", {"access_grants": grants})

    def remove(self, found: Found) -> None:
        self._server.delete(f"{TOOLS.path}/id/{found.id}/delete")
