# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Reading the stream of a pull: when it succeeded, when it failed and why, when it stands still.

The server says HTTP 200 before it knows how a pull ends. Only a last line with the status
C(success) is success; a line with C(error) is failure, and so is an end with neither.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, InvalidInput, Unreachable
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name


class PullFailed(ApiError):
    """The server, or the registry behind it, did not deliver the model."""


# What the server says of a failed pull (patterns of its raw text, Ollama 0.24.0), and what it means.
CAUSES = (
    (r"pull model manifest: file does not exist", "the registry {host} has no such model or tag: check the spelling"),
    (
        r"^file does not exist",
        "the registry {host} lists the model but lacks a part of it: tell its keeper, or pull another tag",
    ),
    (
        r"no such host",
        "the name {host} cannot be resolved on the Ollama server: check its DNS and its connection to the internet",
    ),
    (
        r"connection refused",
        "the registry {host} refuses connections: is it running, and reachable from the Ollama server?",
    ),
    (
        r"certificate|x509",
        "the Ollama server does not trust the certificate of {host}: set ollama_server_ca_bundle",
    ),
    (r"server gave HTTP response to HTTPS client", "the registry {host} speaks plain HTTP where HTTPS is expected"),
    (r"\b412\b", "the model needs a newer Ollama: upgrade the server"),
    (
        r"unauthorized|\b401\b|realm host|access denied",
        "the registry {host} refuses this server: the name is misspelt, or the model is private",
    ),
    (r"\b429\b", "the registry {host} has had too many requests: try again later"),
    (
        r"no space left on device",
        "the disk of the Ollama server is full: make room and run this again, what was fetched is kept",
    ),
    (
        r"digest mismatch",
        "what arrived is not what the registry announced: run this again; if it stays, a proxy damages downloads",
    ),
    (
        r"no Location header",
        "the registry {host} serves its layers itself, and Ollama wants them from another host name",
    ),
    (
        r"max retries exceeded|unexpected EOF|timeout|deadline exceeded|connection reset|\b50[0-9]\b",
        "the registry {host} breaks off or does not answer: run this again later, what was fetched is kept",
    ),
    (
        r"invalid character|unexpected end of JSON",
        "{host} does not answer as a registry does: check the host in the name, and proxies",
    ),
)


def explain(raw: str, name: Name) -> str:
    """The sentence for the server's raw error text of a pull."""
    for pattern, cause in CAUSES:
        if re.search(pattern, raw):
            return f"Model '{name}' was not pulled: {cause.format(host=name.host)}. (Ollama said: {raw})"
    return f"Model '{name}' was not pulled. Ollama said: {raw}"


class Watch:
    """Notices that a pull stands still although lines keep coming.

    The server repeats its last figures for ever when a registry goes silent. `stall_timeout` is in
    seconds, `clock` counts them.
    """

    def __init__(self, stall_timeout: int, clock: t.Callable[[], float]) -> None:
        if stall_timeout < 1:
            raise InvalidInput(f"stall_timeout is {stall_timeout}: it must be 1 second or more.")
        self._stall_timeout = stall_timeout
        self._clock = clock
        self._completed: dict[str, int] = {}
        self._status = ""
        self._moved = clock()

    def see(self, line: t.Mapping[str, t.Any], name: Name) -> None:
        """Take in a line; raise PullFailed when nothing has moved for too long."""
        digest, completed = str(line.get("digest", "")), int(line.get("completed") or 0)
        status = str(line.get("status", ""))
        if status != self._status or completed > self._completed.get(digest, 0):
            self._status, self._moved = status, self._clock()
            self._completed[digest] = completed
        elif self._clock() - self._moved > self._stall_timeout:
            raise PullFailed(
                f"Model '{name}' was not pulled: nothing came from the registry {name.host}"
                f" for {self._stall_timeout} seconds. Run this again, what was fetched is kept."
            )


def follow(lines: t.Iterable[t.Mapping[str, t.Any]], name: Name, watch: Watch) -> None:
    """Read a pull to its end; raise PullFailed unless it ends in success."""
    status = ""
    try:
        for line in lines:
            if "error" in line:
                raise PullFailed(explain(str(line["error"]), name))
            status = str(line.get("status", ""))
            watch.see(line, name)
    except Unreachable as error:
        raise PullFailed(
            f"Model '{name}' was not pulled: {error}. Run this again, what was fetched is kept."
        ) from error
    if status != "success":
        raise PullFailed(
            f"Model '{name}' was not pulled: the server broke off after '{status or 'nothing'}'."
            " Look whether it was restarted, and run this again; what was fetched is kept."
        )
