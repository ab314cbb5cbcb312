# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""All that modules declare, as it is on a server, in the words of their options and without secrets."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import settings
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api import settings as stored_settings
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.connections import TYPES
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.functions import Functions
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.groups import Groups
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.knowledge import KnowledgeBases
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.models import Models
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.prompts import Prompts
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.tools import Tools
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.users import Users
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.declare import Collection
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Found

Read: t.TypeAlias = "t.Callable[[OpenWebUI], t.Any]"


def listed(things: t.Callable[[OpenWebUI], Collection], key: str) -> Read:
    """What reads things of one kind as a list of options, of which `key` is what tells them apart."""

    def read(server: OpenWebUI) -> list[dict[str, t.Any]]:
        return [options(found, key) for found in sorted(things(server).read(), key=lambda found: found.key)]

    return read


def options(found: Found, key: str) -> dict[str, t.Any]:
    """A thing in the words of a task, without what no task can say of who may use it."""
    fields = dict(found.fields)
    if "access" in fields:
        fields["access"] = {name: value for name, value in fields["access"].items() if name != "other"}
    return {key: found.key, **fields}


def read_settings(server: OpenWebUI) -> dict[str, t.Any]:
    """Settings by documented name."""
    stored = settings.documented(stored_settings.read(server))
    return {name: stored[name] for name in sorted(stored) if not settings.is_secret(name)}


def read_connections(server: OpenWebUI) -> dict[str, list[dict[str, t.Any]]]:
    """Connections by type, in the order in which they are stored."""
    return {
        name: [{"url": item.url, **item.options} for item in connections(server).read().items]
        for name, connections in TYPES.items()
    }


KINDS: dict[str, Read] = {
    "users": listed(Users, "email"),
    "groups": listed(Groups, "name"),
    "settings": read_settings,
    "connections": read_connections,
    "models": listed(lambda server: Models(server, []), "id"),
    "prompts": listed(Prompts, "command"),
    "knowledge": listed(lambda server: KnowledgeBases(server, {}, 0), "name"),
    "tools": listed(lambda server: Tools(server, {}, {}), "id"),
    "functions": listed(lambda server: Functions(server, {}, {}), "id"),
}
