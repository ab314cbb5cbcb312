# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Pulling several models side by side: tries again what may help, stops when its time is over."""

from __future__ import annotations

import queue
import threading
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull import Progress, PullPaused
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull_errors import PullFailed

# A stream that is read brings some 16 lines a second; one that has been silent for so many seconds is waiting.
WAITING = 1.0
# Seconds before a pull is tried again; twice as many the next time, and so on.
FIRST_WAIT = 1.0


@dataclass(frozen=True)
class Effort:
    """How pulls are made: `at_a_time` of them side by side, `stall_timeout` seconds without a byte at most.

    `retries` is how often in a row one is tried again without getting further, `seconds` after how many seconds
    all are left where they are (None: never).
    """

    at_a_time: int
    stall_timeout: int
    retries: int
    seconds: float | None = None


class Transfer:
    """The pull of one model, over as many tries and pieces as it takes.

    `fetched` is in bytes, `seconds` the time spent, `quiet` the seconds since something moved, `tries` the tries in a
    row that got no further. `spoilt` says that layers on the server may be damaged, `known` how far each layer was, in
    bytes by digest, `error` why it failed.
    """

    def __init__(
        self,
        name: Name,
        fetched: int = 0,
        seconds: float = 0.0,
        quiet: float = 0.0,
        tries: int = 0,
        spoilt: bool = False,
        known: t.Mapping[str, int] | None = None,
        done: bool = False,
        error: str = "",
    ) -> None:
        self.name = name
        self.tries = tries
        self.spoilt = spoilt
        self._known = dict(known or {})
        self.done = done
        self.error = error
        self.progress: Progress | None = None
        self._fetched = fetched
        self._seconds = seconds
        self._quiet = quiet
        self._began: float | None = None

    def begin(self) -> Progress:
        """A new try, which takes over what the ones before it have come to."""
        self._settle()
        self._began = time.monotonic()
        self.progress = Progress(time.monotonic, self._quiet, self._known)
        return self.progress

    def end(self) -> None:
        """Nothing is tried any more, for now or for ever; how far it came can still be read."""
        self._settle()
        self._began = None

    def _settle(self) -> None:
        self._fetched, self._seconds, self._quiet = self.fetched, self.seconds, self.quiet
        self._known = self.known

    @property
    def ended(self) -> bool:
        return self.done or self.error != ""

    @property
    def fetched(self) -> int:
        return self._fetched + (self.progress.fetched if self.progress and self._began else 0)

    @property
    def seconds(self) -> float:
        return self._seconds + (time.monotonic() - self._began if self._began else 0.0)

    @property
    def quiet(self) -> float:
        return self.progress.quiet if self.progress and self._began else self._quiet

    @property
    def known(self) -> dict[str, int]:
        """How far each layer was, in bytes by digest."""
        return self.progress.known if self.progress else self._known

    def to_data(self) -> dict[str, t.Any]:
        """What another piece of the same pull needs to know."""
        return {
            "name": str(self.name),
            "fetched": self.fetched,
            "seconds": round(self.seconds, 3),
            "quiet": round(self.quiet, 3),
            "tries": self.tries,
            "spoilt": self.spoilt,
            "known": self.known,
            "done": self.done,
            "error": self.error,
        }


def from_data(data: t.Mapping[str, t.Any]) -> Transfer:
    """The reverse of `Transfer.to_data`."""
    return Transfer(**{**data, "name": parse(data["name"])})


class Puller(t.Protocol):
    """What can pull a model; each thread has one of its own."""

    def pull(self, name: Name, progress: Progress, stall_timeout: float, pause: t.Callable[[], bool]) -> None:
        """Raises PullFailed, or PullPaused."""

    def delete(self, name: Name) -> None:
        """Removes the model and its layers."""


def pull_all(connect: t.Callable[[], Puller], transfers: t.Sequence[Transfer], effort: Effort) -> None:
    """Pull until all have ended or the time is over; how each ended is noted in it."""
    waiting: queue.SimpleQueue[Transfer] = queue.SimpleQueue()
    unfinished = [transfer for transfer in transfers if not transfer.ended]
    for transfer in unfinished:
        waiting.put(transfer)
    pause = threading.Event()
    workers = [_Worker(connect(), waiting, effort, pause) for _number in range(min(effort.at_a_time, len(unfinished)))]
    for worker in workers:
        worker.start()
    end = time.monotonic() + effort.seconds if effort.seconds is not None else None
    for worker in workers:
        worker.join(None if end is None else max(0.0, end - time.monotonic()))
    pause.set()
    while any(worker.is_alive() and not worker.is_waiting for worker in workers):
        time.sleep(0.1)


class _Worker(threading.Thread):
    """Takes one transfer after another. A daemon: who waits for bytes when the time is over is left behind."""

    def __init__(
        self, puller: Puller, waiting: queue.SimpleQueue[Transfer], effort: Effort, pause: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self._puller = puller
        self._waiting = waiting
        self._effort = effort
        self._pause = pause
        self._transfer: Transfer | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a byte that may never come."""
        progress = self._transfer.progress if self._transfer else None
        return progress is not None and progress.is_between_bytes and progress.unheard > WAITING

    def run(self) -> None:
        while not self._pause.is_set():
            try:
                self._transfer = self._waiting.get_nowait()
            except queue.Empty:
                return
            self._pull(self._transfer)
            self._transfer.end()

    def _pull(self, transfer: Transfer) -> None:
        while not self._pause.is_set() and not transfer.ended:
            progress = transfer.begin()
            try:
                self._puller.pull(transfer.name, progress, self._effort.stall_timeout, self._pause.is_set)
                if transfer.spoilt:
                    # Some layers were not checked. Those that are fetched now will be.
                    self._puller.delete(transfer.name)
                transfer.done, transfer.spoilt = not transfer.spoilt, False
            except PullPaused:
                return
            except PullFailed as error:
                self._try_again(transfer, progress, error)
            except ApiError as error:
                transfer.error = str(error)
            # Whatever else goes wrong in a thread would never be told.
            except Exception as error:
                transfer.error = f"Model '{transfer.name}' was not pulled: {error!r}."

    def _try_again(self, transfer: Transfer, progress: Progress, error: PullFailed) -> None:
        """Wait for the next try, or give up."""
        transfer.spoilt = transfer.spoilt or error.spoilt
        transfer.tries = 0 if progress.fetched and error.kept else transfer.tries
        if not error.transient or transfer.tries >= self._effort.retries:
            transfer.error = str(error)
        else:
            self._pause.wait(FIRST_WAIT * 2**transfer.tries)
            transfer.tries += 1
