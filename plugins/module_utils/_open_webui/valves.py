# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Valves, the settings of tools and functions. They may be secrets: only their names are ever shown."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields

SET = "set"
OTHER = "set to something else"
# A string of this length is hidden wherever it turns up; shorter ones turn up by chance, also within other words.
TELLING = 8


def take(things: t.Iterable[dict[str, t.Any]], hidden: set[str], secrets: t.Container[t.Any]) -> dict[str, Fields]:
    """The valves that a task gives, by the id of the tool or function; afterwards `things` are without.

    `hidden` holds the strings that Ansible hides in the result, of which those that would only garble it are taken out,
    unless they are among the other `secrets`.
    """
    valves: dict[str, Fields] = {}
    for thing in things:
        given = thing.pop("valves")
        if given is not None:
            valves[thing["id"].lower()] = given
            hidden.difference_update(leaf for leaf in _leaves(given) if len(leaf) < TELLING and leaf not in secrets)
    return valves


def _leaves(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield str(value)


def wanted(valves: Fields) -> dict[str, str]:
    """Valves as they compare, from a task. One that is null is not set: the code's own value holds."""
    return {name: SET for name, value in valves.items() if value is not None}


def found(stored: Fields, valves: Fields) -> dict[str, str]:
    """Valves as they compare, of those on the server the ones that the task's `valves` name."""
    return {
        name: SET if _same(valves[name], stored[name]) else OTHER for name in valves if stored.get(name) is not None
    }


def _same(given: t.Any, stored: t.Any) -> bool:
    """Whether a value is the stored one. Ansible may have made text of a number, which the server made one again."""
    if given == stored and isinstance(given, bool) == isinstance(stored, bool):
        return True
    if isinstance(stored, bool):
        return str(given).lower() == str(stored).lower()
    return isinstance(stored, (int, float)) and isinstance(given, str) and given == str(stored)
