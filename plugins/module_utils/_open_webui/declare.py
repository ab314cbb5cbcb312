# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Brings the things of one kind on a server to what a task lists, and tells what that changed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import (
    ApiError,
    Incomplete,
    InvalidInput,
    PartlyDone,
    stopped,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import (
    Fields,
    Found,
    Step,
    Wanted,
    after,
    before,
    plan,
    replace,
)


class Collection(t.Protocol):
    """All things of one kind on a server.

    `noun` is what one is called in sentences, `option` what a task calls its list. `blank` holds the fields of one that
    is made without any.
    """

    noun: str
    option: str
    blank: Fields

    def read(self) -> list[Found]:
        """All that are there."""

    def missing(self, fields: Fields, /) -> list[str]:
        """A sentence for each thing that `fields` refer to and the server does not have."""

    def create(self, key: str, fields: Fields) -> None:
        """Make one."""

    def update(self, found: Found, fields: Fields, changed: t.Collection[str]) -> None:
        """Give one all of `fields`, of which `changed` differ from what is there."""

    def remove(self, found: Found) -> None:
        """Remove one; one that is gone already is fine."""


@dataclass(frozen=True)
class Outcome:
    """What a task comes to: `entries` has a dict for each thing of the list, and for each that was removed."""

    difference: Difference
    entries: list[dict[str, t.Any]]


def nothing_to_refuse(steps: t.Sequence[Step]) -> None:
    """For things that may all be made, changed and removed."""


def nothing_to_add(_step: Step) -> dict[str, t.Any]:
    """For things of which the result says nothing of its own."""
    return {}


def declare(
    where: str,
    things: Collection,
    wanted: t.Sequence[Wanted],
    *,
    check: bool,
    warn: t.Callable[[str], None],
    exclusive: bool = False,
    keep: t.Collection[str] = (),
    merge: t.Callable[[Fields, Fields], dict[str, t.Any]] = replace,
    refuse: t.Callable[[t.Sequence[Step]], None] = nothing_to_refuse,
    tell: t.Callable[[Step], dict[str, t.Any]] = nothing_to_add,
) -> Outcome:
    """Do what is to be done, or with `check` only tell; `where` names the server in sentences.

    `refuse` raises InvalidInput for steps that nobody may take, `tell` gives what the result says of one beyond the
    usual. In check mode what things refer to may be made by an earlier task, so that it is warned of and not refused.
    Raises InvalidInput before anything is done, and PartlyDone when something fails on the way.
    """

    def compare() -> list[Step]:
        return plan(things.noun, things.read(), wanted, things.blank, exclusive=exclusive, keep=keep, merge=merge)

    def entry(step: Step, left: t.Mapping[str, Step]) -> dict[str, t.Any]:
        return {**_entry(step, left), **tell(step)}

    steps = compare()
    refuse(steps)
    difference = Difference(f"{things.option} of {where}", before(steps), after(steps))
    missing = _missing(things, steps)
    if check:
        for sentence in missing:
            warn(f"{sentence}.")
        return Outcome(difference, [entry(step, {}) for step in steps])
    if missing:
        raise InvalidInput(f"{'; '.join(missing)}. Nothing was changed.")
    if not difference.changed:
        return Outcome(difference, [entry(step, {}) for step in steps])
    incomplete = _carry_out(where, things, steps, entry)
    left = {step.key: step for step in compare()}
    entries = [entry(step, left) for step in steps]
    if incomplete:
        changed = before(steps) != before(left.values())
        raise PartlyDone(" ".join(incomplete), {"changed": changed, things.option: entries})
    _refuse_drift(where, things.noun, left.values())
    return Outcome(difference, entries)


def _missing(things: Collection, steps: t.Iterable[Step]) -> list[str]:
    return [
        f"The {things.noun} '{step.key}' names {sentence}"
        for step in steps
        if step.fields is not None and step.action != "none"
        for sentence in things.missing({name: step.fields[name] for name in step.changed})
    ]


def _carry_out(
    where: str,
    things: Collection,
    steps: t.Sequence[Step],
    entry: t.Callable[[Step, t.Mapping[str, Step]], dict[str, t.Any]],
) -> list[str]:
    """Do it all; a sentence for each thing of which parts failed."""
    done: list[dict[str, t.Any]] = []
    incomplete: list[str] = []
    # What is made may take the place of what goes, so that goes last.
    for step in sorted(steps, key=lambda step: step.action == "removed"):
        try:
            _do(things, step)
        except Incomplete as error:
            incomplete.append(str(error))
        except ApiError as error:
            message = f"The {things.noun} '{step.key}' of {where} was not {step.action}: {error}"
            made, changes = _count(told["action"] for told in done), _count(step.action for step in steps)
            if changes > 1:
                message = f"{stopped(message)} Before that, {made} of {changes} changes were made."
            raise PartlyDone(" ".join([*incomplete, message]), {"changed": made > 0, things.option: done}) from error
        done.append(entry(step, {}))
    return incomplete


def _count(actions: t.Iterable[str]) -> int:
    return sum(action != "none" for action in actions)


def _do(things: Collection, step: Step) -> None:
    if step.action == "created" and step.fields is not None:
        things.create(step.key, step.fields)
    elif step.action == "updated" and step.found and step.fields is not None:
        things.update(step.found, step.fields, step.changed)
    elif step.action == "removed" and step.found:
        things.remove(step.found)


def _refuse_drift(where: str, noun: str, steps: t.Iterable[Step]) -> None:
    """Fail when the server said yes and did something else."""
    for step in steps:
        if step.action != "none":
            what = f" ({', '.join(step.changed)})" if step.action == "updated" else ""
            raise ApiError(
                f"The {noun} '{step.key}' of {where} is not as it should be after a change that the server took{what}:"
                " look whether somebody else changes it too."
            )


def _entry(step: Step, left: t.Mapping[str, Step]) -> dict[str, t.Any]:
    """The result for one thing; `left` holds what is on the server afterwards, where it was asked."""
    found = left[step.key].found if step.key in left else None if step.action == "removed" else step.found
    return {
        "name": step.key,
        "action": step.action,
        "changed": list(step.changed) if step.action == "updated" else [],
        "id": found.id if found else None,
    }
