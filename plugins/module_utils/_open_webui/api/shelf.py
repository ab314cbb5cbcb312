# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Knowledge bases by name and by id, asked for when somebody needs them, and then once."""

from __future__ import annotations

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields

KNOWLEDGE = "/api/v1/knowledge/"


class Shelf:
    """The knowledge bases of a server; see the protocol of the same name in `model`."""

    def __init__(self, server: OpenWebUI) -> None:
        self._server = server
        self._bases: dict[str, Fields] | None = None

    @property
    def bases(self) -> dict[str, Fields]:
        """Knowledge bases by id."""
        if self._bases is None:
            self._bases, page, total = {}, 0, 1
            while len(self._bases) < total:
                page += 1
                path = f"{KNOWLEDGE}?page={page}"
                reply = self._server.get(path)
                with self._server.understood(path):
                    self._bases |= {base["id"]: base for base in reply["items"]}
                    total = reply["total"] if reply["items"] else 0
        return self._bases

    def name(self, knowledge_id: str) -> str:
        return str(self.bases[knowledge_id]["name"]) if knowledge_id in self.bases else knowledge_id

    def named(self, name: str) -> list[Fields]:
        """The knowledge bases of a name, of which the server allows several."""
        return [base for base in self.bases.values() if base["name"] == name]

    def missing(self, name: str) -> list[str]:
        """A sentence unless there is just one of this name."""
        count = len(self.named(name))
        if count == 1:
            return []
        return [f"'{name}', and {self._server.url} has {count or 'no'} knowledge base{'s' * (count > 1)} '{name}'"]
