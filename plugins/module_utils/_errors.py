# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""What can go wrong between a module and a server, each as one sentence for people."""

from __future__ import annotations

import typing as t


class ApiError(Exception):
    """A request that did not end as it should. Its text says what, where, and what to do."""


def stopped(text: t.Any) -> str:
    """A sentence with the mark that ends it."""
    sentence = str(text)
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."


class MissingLibrary(ApiError):
    """A Python library is not installed where the module runs."""

    def __init__(self, library: str, traceback: str) -> None:
        super().__init__(library)
        self.library = library
        self.traceback = traceback


class InvalidInput(ApiError):
    """What the task asks for cannot be right, whatever the server says."""


class Unreachable(ApiError):
    """Nobody answered, or the answer broke off."""


class BrokeOff(Unreachable):
    """Somebody was there, and went away in the middle."""


class Silent(Unreachable):
    """Nothing came for longer than was agreed."""


class BadReply(ApiError):
    """Something answered that is not the server that was expected."""


class Incomplete(ApiError):
    """A thing is there, and parts of it failed; what else there is to do can be done. Its text is a sentence."""


class PartlyDone(ApiError):
    """Something failed on the way. `values` is what the module's result says of what was done before it."""

    def __init__(self, message: str, values: dict[str, t.Any]) -> None:
        super().__init__(message)
        self.values = values


class ServerRefused(ApiError):
    """The server answered with an HTTP status that means no.

    `status` is that status, `reason` the server's own words for it (may be empty).
    """

    def __init__(self, message: str, status: int, reason: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
