# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The line that tells how far pulls are."""

from __future__ import annotations

import typing as t

MEGABYTE = 1_000_000
GIGABYTE = 1000 * MEGABYTE


class Meter:
    """Makes a line of figures, with the rate since the line before; `clock` counts seconds."""

    def __init__(self, clock: t.Callable[[], float]) -> None:
        self._clock = clock
        self._at = clock()
        self._fetched = 0

    def read(self, pulls: t.Sequence[t.Mapping[str, t.Any]]) -> str:
        """The line for `pulls`, each with name, completed, total and fetched (bytes), and ended."""
        active = [pull for pull in pulls if pull["total"] and not pull["ended"]]
        ended = sum(pull["ended"] for pull in pulls)
        waiting = len(pulls) - len(active) - ended
        parts = [f"{ended} of {len(pulls)} models done"] if len(pulls) > 1 else []
        parts += [amount(pull) for pull in active]
        came, seconds = self._since_last(sum(pull["fetched"] for pull in pulls))
        if active:
            parts.append(pace(came, seconds, sum(pull["total"] - pull["completed"] for pull in active)))
        if waiting:
            parts.append(f"{waiting} more to come" if active else "waiting for the registry")
        return ", ".join(parts)

    def _since_last(self, fetched: int) -> tuple[int, float]:
        """Bytes that came since the line before, and in how many seconds."""
        now = self._clock()
        came, seconds = fetched - self._fetched, now - self._at
        self._at, self._fetched = now, fetched
        return came, seconds


def amount(pull: t.Mapping[str, t.Any]) -> str:
    """How far one pull is."""
    completed, total = pull["completed"], pull["total"]
    if total < GIGABYTE:
        figures = f"{completed / MEGABYTE:.0f} of {total / MEGABYTE:.0f} MB"
    else:
        figures = f"{completed / GIGABYTE:.2f} of {total / GIGABYTE:.2f} GB"
    return f"{pull['name']} {100 * completed // total} % ({figures})"


def pace(came: int, seconds: float, missing: int) -> str:
    """How fast bytes come, and when the last of those that are missing will have come."""
    if came <= 0 or seconds <= 0:
        return f"nothing came for {duration(seconds)}"
    rate = came / seconds
    return f"{rate / MEGABYTE:.1f} MB/s, {duration(missing / rate)} left"


def duration(seconds: float) -> str:
    """A time for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
