# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The API key of the account that is signed in; it may have one."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, ServerRefused
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI

PATH = "/api/v1/auths/api_key"


def read(server: OpenWebUI) -> str | None:
    """The key; None when there is none."""
    with _allowed(server):
        try:
            return _key(server, server.get(PATH))
        except ServerRefused as error:
            if error.status == 404:
                return None
            raise


def make(server: OpenWebUI) -> str:
    """A new key; one that was there is of no use any more."""
    with _allowed(server):
        return _key(server, server.post(PATH))


def remove(server: OpenWebUI) -> None:
    """Remove the key."""
    with _allowed(server):
        server.delete(PATH)


def _key(server: OpenWebUI, reply: t.Any) -> str:
    with server.understood(PATH):
        return str(reply["api_key"])


@contextlib.contextmanager
def _allowed(server: OpenWebUI) -> t.Iterator[None]:
    """Turns the refusal of a server that gives no keys into a sentence."""
    try:
        yield
    except ServerRefused as error:
        if error.status != 403:
            raise
        raise ApiError(
            f"Open WebUI at {server.url} gives this account no API key ({error.reason}): set ENABLE_API_KEYS to true"
            " with selfhosted.llm.open_webui_settings; an account that is no admin also needs the permission"
            " features.api_keys, as selfhosted.llm.open_webui_group gives it."
        ) from error
