# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Things of one kind on a server, those that a task lists, and what to do about the difference: plain data.

What a thing is made of is a dict of fields. A field that a task does not give is left as it is.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput

Fields: t.TypeAlias = "t.Mapping[str, t.Any]"


@dataclass(frozen=True)
class Found:
    """A thing on the server. `key` is what a task calls it, `id` what the server calls it.

    `rest` is what the server wants to hear again when the thing is written, and nobody compares.
    """

    key: str
    id: str
    fields: Fields
    rest: Fields = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """A thing of the task's list, with just the fields that the task gives, and `defaults` for one that is new."""

    key: str
    present: bool
    fields: Fields = field(default_factory=dict)
    defaults: Fields = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """What to do about one thing.

    `action` is none, created, updated or removed; `fields` is all that the thing is made of afterwards (None: nothing
    is left), `changed` the names of those that differ.
    """

    key: str
    action: str
    found: Found | None
    fields: Fields | None
    changed: tuple[str, ...] = ()


def given(params: Fields, names: t.Iterable[str]) -> dict[str, t.Any]:
    """Those of the options `names` that the task gives."""
    return {name: params[name] for name in names if params[name] is not None}


def replace(current: Fields, wanted: Fields) -> dict[str, t.Any]:
    """Fields with those of a task in the place of those that are there."""
    return {**current, **wanted}


def plan(
    noun: str,
    current: t.Sequence[Found],
    wanted: t.Sequence[Wanted],
    blank: Fields,
    *,
    exclusive: bool = False,
    keep: t.Collection[str] = (),
    merge: t.Callable[[Fields, Fields], dict[str, t.Any]] = replace,
) -> list[Step]:
    """What turns `current` into what is `wanted`, in the order of the list.

    `noun` is what a thing is called in sentences, `blank` the fields of one that is made without any, `merge` how those
    of a task go over those that are there. `exclusive` removes what is not listed, but for the keys in `keep`.

    Raises InvalidInput when the list names a thing twice, or one of which the server has two.
    """
    there = _by_key(noun, current, wanted)
    steps = [_step(item, there.get(item.key), blank, merge) for item in wanted]
    if exclusive:
        named = {item.key for item in wanted} | set(keep)
        steps += [Step(found.key, "removed", found, None) for found in current if found.key not in named]
    return steps


def _by_key(noun: str, current: t.Sequence[Found], wanted: t.Sequence[Wanted]) -> dict[str, Found]:
    names = [item.key for item in wanted]
    twice = [name for name in names if names.count(name) > 1] if len(set(names)) != len(names) else []
    if twice:
        raise InvalidInput(f"The list names the {noun} '{twice[0]}' twice: leave one of them out.")
    there: dict[str, Found] = {}
    named = set(names)
    for found in current:
        if found.key in there and found.key in named:
            raise InvalidInput(
                f"The server has the {noun} '{found.key}' twice ({there[found.key].id} and {found.id}), so that nobody"
                " can tell which one is meant: remove one of them, or give it another name."
            )
        there[found.key] = found
    return there


def _step(
    item: Wanted, found: Found | None, blank: Fields, merge: t.Callable[[Fields, Fields], dict[str, t.Any]]
) -> Step:
    if not item.present:
        return Step(item.key, "removed" if found else "none", found, None)
    before = found.fields if found else {**blank, **item.defaults}
    after = merge(before, item.fields)
    changed = tuple(name for name in after if found is None or after[name] != before.get(name))
    action = "created" if found is None else "updated" if changed else "none"
    return Step(item.key, action, found, after, changed)


def before(steps: t.Iterable[Step]) -> dict[str, t.Any]:
    """The things that steps speak of as they were, for the diff."""
    return {step.key: dict(step.found.fields) for step in steps if step.found}


def after(steps: t.Iterable[Step]) -> dict[str, t.Any]:
    """The things that steps speak of as they will be, for the diff."""
    return {step.key: dict(step.fields) for step in steps if step.fields is not None}
