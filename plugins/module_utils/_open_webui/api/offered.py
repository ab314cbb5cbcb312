# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The models that the server offers for chats. It holds them in memory, and looks again only when somebody asks."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI


class Written(t.Protocol):
    """Things of a server; `written` tells whether any was made, changed or removed."""

    written: bool


@contextlib.contextmanager
def known_to_chats(server: OpenWebUI, things: Written) -> t.Iterator[None]:
    """What is written in this block can be chatted with afterwards, however it ends."""
    try:
        yield
    except ApiError:
        with contextlib.suppress(ApiError):
            _look_again(server, things)
        raise
    _look_again(server, things)


def _look_again(server: OpenWebUI, things: Written) -> None:
    if things.written:
        server.get("/api/models?refresh=true")


def offered_by_connections(server: OpenWebUI) -> set[str]:
    """The ids of the models that connections and functions of the kind pipe offer."""
    path = "/api/models/base"
    reply = server.get(path)
    with server.understood(path):
        return {model["id"] for model in reply["data"]}
