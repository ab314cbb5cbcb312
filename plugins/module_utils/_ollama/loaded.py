# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Models in memory: what the server tells of them, for how long they stay, and what to do about the difference."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Key, Name, parse

# A duration as Go reads it, and any number of seconds. Negative is for ever.
DURATION = re.compile(r"-?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+")
SECONDS = re.compile(r"-?\d+(\.\d+)?")
# Who is asked to keep a model for ever says a year after this one; nobody else comes near it.
FOR_EVER = 2200


@dataclass(frozen=True)
class Loaded:
    """A model in memory. Sizes are in bytes, `expires_at` is a time as the server writes it (RFC 3339)."""

    name: Name
    digest: str
    size: int
    size_vram: int
    context_length: int | None
    expires_at: str

    @property
    def stays(self) -> bool:
        """Whether it stays in memory until it is told to go."""
        return int(self.expires_at[:4]) > FOR_EVER

    def to_result(self) -> dict[str, t.Any]:
        """It as a module returns it."""
        return {**vars(self), "name": str(self.name)}


@dataclass(frozen=True)
class Wanted:
    """A model of the task's list. `keep_alive` is in the server's form, None for the server's own default."""

    name: Name
    loaded: bool
    keep_alive: str | float | None

    @property
    def stays(self) -> bool:
        return str(self.keep_alive).startswith("-")


def from_reply(reply: t.Mapping[str, t.Any]) -> Loaded:
    """A model from an element of GET /api/ps."""
    return Loaded(
        parse(reply["name"]),
        reply["digest"],
        reply["size"],
        reply.get("size_vram", 0),
        reply.get("context_length"),
        reply["expires_at"],
    )


def keep_alive_from(text: str | None) -> str | float | None:
    """A time to stay in memory in the form that the server takes: its own units, or a number of seconds.

    Raises InvalidInput for what it would refuse.
    """
    if text is None or DURATION.fullmatch(text):
        return text
    # A number that is a string is refused by the server, for lack of a unit.
    if SECONDS.fullmatch(text):
        return float(text)
    raise InvalidInput(f"keep_alive is '{text}': it must be seconds, or a time such as 30m or 24h, or -1 for ever.")


def is_to_load(wanted: Wanted, running: t.Mapping[Key, Loaded]) -> bool:
    """Whether a model has to be loaded, or told to stay for ever, or no longer to."""
    found = running.get(wanted.name.key)
    if found is None:
        return True
    return wanted.keep_alive is not None and found.stays != wanted.stays


def unsettled(asked: t.Iterable[Wanted], running: t.Mapping[Key, Loaded]) -> list[Name]:
    """Those models in memory of which the server does not say yet that they stay as was asked."""
    return [item.name for item in asked if item.name.key in running and is_to_load(item, running)]
