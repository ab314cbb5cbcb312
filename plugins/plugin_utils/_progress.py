# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The line that tells how far pulls are."""

from __future__ import annotations

import typing as t

GIGABYTE = 1_000_000_000


class Meter:
    """Makes a line of figures, with rate and time left from the figures before; `clock` counts seconds."""

    def __init__(self, clock: t.Callable[[], float]) -> None:
        self._clock = clock
        self._at = clock()
        self._completed: dict[str, int] = {}

    def read(self, pulls: t.Sequence[t.Mapping[str, t.Any]]) -> str:
        """The line for `pulls`, each with name, completed and total (bytes) and ended."""
        active = [pull for pull in pulls if pull["total"] and not pull["ended"]]
        ended = sum(pull["ended"] for pull in pulls)
        parts = [f"{ended} of {len(pulls)} models"] if len(pulls) > 1 else []
        parts += [amount(pull) for pull in active] or ["waiting for the registry"] * (ended < len(pulls))
        now = self._clock()
        came = sum(
            pull["completed"] - self._completed[pull["name"]] for pull in active if pull["name"] in self._completed
        )
        rate = came / (now - self._at) if now > self._at else 0
        if rate > 0:
            left = sum(pull["total"] - pull["completed"] for pull in active)
            parts.append(f"{rate / 1_000_000:.1f} MB/s, {duration(left / rate)} left")
        self._at = now
        self._completed = {pull["name"]: pull["completed"] for pull in active}
        return ", ".join(parts)


def amount(pull: t.Mapping[str, t.Any]) -> str:
    """How far one pull is."""
    percent = 100 * pull["completed"] // pull["total"]
    return f"{pull['name']} {percent} % ({pull['completed'] / GIGABYTE:.2f} of {pull['total'] / GIGABYTE:.2f} GB)"


def duration(seconds: float) -> str:
    """A time for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
