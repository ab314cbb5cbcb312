# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""What tools and functions of a server have in common: code that it loads, and valves."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, ServerRefused
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import NOT_THERE, OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.code import why
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields


def missing_code(server: OpenWebUI, fields: Fields) -> list[str]:
    """A sentence when something is to be made, and there is nothing to make it of."""
    return [f"neither src nor content, and {server.url} does not have it yet"] if fields.get("content") == "" else []


@dataclass(frozen=True)
class Kind:
    """Tools or functions: where the server has them, and the classes of which it looks for one in their code."""

    path: str
    classes: tuple[str, ...]


def load(server: OpenWebUI, kind: Kind, where: str, body: Fields, source: str) -> None:
    """Send code, which the server loads at once; `source` is where the task has it from."""
    try:
        server.post(f"{kind.path}/{where}", body)
    except ServerRefused as error:
        if error.status != 400:
            raise
        reason = why(error.reason, body["content"], kind.classes)
        raise ApiError(f"{source} does not load there: {reason}.") from error


def make(server: OpenWebUI, kind: Kind, body: Fields, source: str, valves: Fields | None) -> None:
    """Make a tool or function with the valves that a task gives, or leave nothing behind."""
    load(server, kind, "create", body, source)
    if valves:
        path = f"{kind.path}/id/{body['id']}"
        try:
            set_valves(server, path, valves, {})
        except ApiError:
            server.delete(f"{path}/delete")
            raise


def set_valves(server: OpenWebUI, path: str, given: Fields, stored: Fields) -> None:
    """Set those valves of a tool or function that a task gives, and leave the others."""
    try:
        kept = server.post(f"{path}/valves/update", {**stored, **given})
    except ServerRefused as error:
        if error.reason.startswith(NOT_THERE):
            raise ApiError("its code has no valves.") from error
        raise ApiError(f"its valves are not what its code takes: {_taken(server, path, given)}.") from error
    with server.understood(f"{path}/valves/update"):
        unknown = [name for name, value in given.items() if value is not None and name not in kept]
    if unknown:
        raise ApiError(f"its code has no valve '{unknown[0]}'.")


def _taken(server: OpenWebUI, path: str, given: Fields) -> str:
    """The types of valves that code takes; the server itself does not tell which was wrong."""
    spec = server.get(f"{path}/valves/spec")
    with server.understood(f"{path}/valves/spec"):
        types: dict[str, t.Any] = {name: valve.get("type") for name, valve in spec["properties"].items()}
        missing = [name for name in spec.get("required", []) if name not in given]
    wanted = [f"{name} is of type {types[name]}" for name in given if types.get(name)]
    return ", ".join([*wanted, *(f"{name} must be given" for name in missing)])
