# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Reading the stream of a pull: how far it is, when it succeeded, when it stands still.

The server says HTTP 200 before it knows how a pull ends. Only a last line with the status
C(success) is success; a line with C(error) is failure, and so is an end with neither.
"""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import Unreachable, stopped
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull_errors import PullFailed, explain


class PullPaused(Exception):
    """The pull was left in the middle of a layer, as asked; the server keeps what it has."""


class Progress:
    """How far the pull of one model is.

    `clock` counts seconds, `quiet` is how long nothing had moved before, `known` how far each layer was then, in bytes
    by digest. `fetched` is how many bytes came while somebody looked, which leaves out what the server had before.
    `completed` and `total` grow as the server comes to speak of more layers.
    """

    def __init__(
        self, clock: t.Callable[[], float], quiet: float = 0.0, known: t.Mapping[str, int] | None = None
    ) -> None:
        self._clock = clock
        self._moved = clock() - quiet
        self._heard = clock()
        # Bytes there and bytes in all, by digest.
        self._layers: dict[str, tuple[int, int]] = {}
        # How far each layer was when somebody last looked, in streams before this one too.
        self.known = dict(known or {})
        self._current = ""
        self._unverified = False
        self.status = ""
        self.fetched = 0

    def see(self, line: t.Mapping[str, t.Any]) -> None:
        """Take in a line of the stream."""
        status = str(line.get("status", ""))
        digest = str(line.get("digest", ""))
        completed, total = int(line.get("completed") or 0), int(line.get("total") or 0)
        before = self.known.get(digest, completed)
        self._heard = self._clock()
        # The server repeats its last figures for ever when a registry goes silent, and begins with
        # "pulling" again in each stream: only a byte, or the end of pulling, is a move.
        if completed > self.known.get(digest, 0) or (status != self.status and not status.startswith("pulling")):
            self._moved = self._heard
        self._unverified = self._unverified or before < completed == total
        self.known[digest] = completed
        self.fetched += max(0, completed - before)
        self._layers[digest] = (completed, total)
        self._current, self.status = digest, status

    @property
    def completed(self) -> int:
        return sum(completed for completed, _total in self._layers.values())

    @property
    def total(self) -> int:
        return sum(total for _completed, total in self._layers.values())

    @property
    def quiet(self) -> float:
        """Seconds since anything moved."""
        return self._clock() - self._moved

    @property
    def unheard(self) -> float:
        """Seconds since any line came."""
        return self._clock() - self._heard

    @property
    def is_between_bytes(self) -> bool:
        """Whether the server waits for bytes, so that leaving it now costs nothing.

        A layer that this stream completed is verified at its end, and by no later one.
        """
        if self._unverified:
            return False
        completed, total = self._layers.get(self._current, (0, 0))
        return completed < total or self.status in ("", "pulling manifest")


def follow(
    lines: t.Iterable[t.Mapping[str, t.Any]],
    name: Name,
    progress: Progress,
    stall_timeout: float,
    pause: t.Callable[[], bool],
) -> None:
    """Read a pull to its end, or until `pause` says so and nothing is lost by it.

    `stall_timeout` is the longest time in seconds without a byte. Raises PullFailed or PullPaused unless it ends in
    success.
    """
    status = ""
    try:
        for line in lines:
            if "error" in line:
                raise explain(str(line["error"]), name)
            status = str(line.get("status", ""))
            progress.see(line)
            if progress.quiet > stall_timeout:
                raise stalled(name, progress, stall_timeout)
            if pause() and progress.is_between_bytes:
                raise PullPaused
    except Unreachable as error:
        if progress.quiet >= stall_timeout:
            raise stalled(name, progress, stall_timeout) from error
        raise PullFailed(
            f"Model '{name}' was not pulled: {stopped(error)} Run this again, what was fetched is kept.", transient=True
        ) from error
    if status != "success":
        raise PullFailed(
            f"Model '{name}' was not pulled: the server broke off after '{status or 'nothing'}'."
            " Look whether it was restarted, and run this again; what was fetched is kept.",
            transient=True,
        )


def stalled(name: Name, progress: Progress, seconds: float) -> PullFailed:
    """The failure of a pull in which nothing has moved for so long."""
    return PullFailed(
        f"Model '{name}' was not pulled: nothing came from the registry {name.host} for {seconds:.0f} seconds"
        f" (last status: {progress.status or 'none'}). Run this again, what was fetched is kept.",
        # The server is silent while it checks what came, and does not check it a second time.
        transient=progress.status.startswith("verifying"),
    )
