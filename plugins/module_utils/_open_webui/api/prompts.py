# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The prompts of a server."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import access, prompt
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.directory import Directory
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found

PROMPTS = "/api/v1/prompts/"


class Prompts:
    """See the protocol `Collection` in `declare`."""

    noun = "prompt"
    option = "prompts"
    blank = prompt.BLANK

    def __init__(self, server: OpenWebUI) -> None:
        self._server = server
        self._directory = Directory(server)

    def read(self) -> list[Found]:
        offered = self._server.get(PROMPTS)
        with self._server.understood(PROMPTS):
            # Those that are not offered are on the pages of the list only.
            first = self._page(1)
            items = offered if first["total"] == len(offered) else self._all(first)
            return [prompt.from_reply(item, self._directory) for item in items]

    def _page(self, number: int) -> dict[str, t.Any]:
        return dict(self._server.get(f"{PROMPTS}list?page={number}"))

    def _all(self, page: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        items, number = list(page["items"]), 1
        while page["items"] and len(items) < page["total"]:
            number += 1
            page = self._page(number)
            items += page["items"]
        return items

    def missing(self, fields: Fields) -> list[str]:
        return access.missing(fields["access"], self._directory) if "access" in fields else []

    def create(self, key: str, fields: Fields) -> None:
        grants = access.to_grants(fields["access"], self._directory)
        reply = self._server.post(f"{PROMPTS}create", {**prompt.to_request(key, fields), "access_grants": grants})
        if not fields["enabled"]:
            with self._server.understood(f"{PROMPTS}create"):
                self._toggle(reply["id"])

    def update(self, found: Found, fields: Fields, changed: t.Collection[str]) -> None:
        if set(changed) - {"access", "enabled"}:
            self._server.post(f"{PROMPTS}id/{found.id}/update", prompt.to_request(found.key, fields))
        if "access" in changed:
            grants = access.to_grants(fields["access"], self._directory)
            self._server.post(f"{PROMPTS}id/{found.id}/access/update", {"access_grants": grants})
        if "enabled" in changed:
            self._toggle(found.id)

    def remove(self, found: Found) -> None:
        self._server.delete(f"{PROMPTS}id/{found.id}/delete")

    def _toggle(self, prompt_id: str) -> None:
        self._server.post(f"{PROMPTS}id/{prompt_id}/toggle")
