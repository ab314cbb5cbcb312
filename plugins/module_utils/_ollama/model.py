# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Models that are there and models that should be: plain data, and what to do about the difference."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name, parse


@dataclass(frozen=True)
class Model:
    """A model as the server lists it: `digest` is 64 hexadecimal digits, `size` is in bytes."""

    name: Name
    digest: str
    size: int


@dataclass(frozen=True)
class Wanted:
    """A model of the task's list."""

    name: Name
    present: bool


@dataclass(frozen=True)
class Plan:
    """What to pull and what to delete, in the order of the task's list."""

    pull: tuple[Name, ...]
    delete: tuple[Name, ...]


def from_reply(reply: t.Mapping[str, t.Any]) -> Model:
    """A model from an element of GET /api/tags."""
    return Model(parse(reply["name"]), reply["digest"], reply["size"])


def from_params(models: t.Sequence[t.Mapping[str, str]]) -> list[Wanted]:
    """The task's list, each element with C(name) and C(state).

    Raises InvalidInput when a name is wrong or stands in the list twice.
    """
    wanted = [Wanted(parse(model["name"]), model["state"] == "present") for model in models]
    seen: dict[tuple[str, ...], str] = {}
    for model, given in zip(wanted, models, strict=True):
        if model.name.key in seen:
            first, second = seen[model.name.key], given["name"]
            raise InvalidInput(
                f"The list names one model twice, as '{first}' and as '{second}': leave one of them out."
            )
        seen[model.name.key] = given["name"]
    return wanted


def plan(current: t.Sequence[Model], wanted: t.Sequence[Wanted]) -> Plan:
    """What turns `current` into what is `wanted`; models that are not named stay as they are."""
    there = {model.name.key: model.name for model in current}
    return Plan(
        pull=tuple(model.name for model in wanted if model.present and model.name.key not in there),
        delete=tuple(there[model.name.key] for model in wanted if not model.present and model.name.key in there),
    )
