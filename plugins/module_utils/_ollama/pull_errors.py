# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""What Ollama's raw words about a failed pull mean, and what to do.

The patterns are those of Ollama 0.24.0, found with a registry that fails in each of these ways.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, stopped
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name


class PullFailed(ApiError):
    """The server, or the registry behind it, did not deliver the model.

    `transient` says whether trying again soon may help, `spoilt` that layers on the server may not be what they are
    taken for: it checks the layers of a pull up to the first that is wrong, and trusts the others ever after. `kept`
    says whether the server keeps what came, so that the next try gets further.
    """

    def __init__(self, message: str, *, transient: bool, spoilt: bool = False, kept: bool = True) -> None:
        super().__init__(message)
        self.transient = transient
        self.spoilt = spoilt
        self.kept = kept and not spoilt


@dataclass(frozen=True)
class _Cause:
    pattern: str
    sentence: str
    transient: bool = False
    spoilt: bool = False


# The first that matches is taken.
_CAUSES = (
    _Cause(
        r"pull model manifest: file does not exist", "the registry {host} has no such model or tag: check the spelling"
    ),
    _Cause(
        r"^file does not exist",
        "the registry {host} lists the model but lacks a part of it: tell its keeper, or pull another tag",
    ),
    _Cause(
        r"no such host",
        "the name {host} cannot be resolved on the Ollama server: check its DNS and its connection to the internet",
    ),
    _Cause(
        r"\blookup \S+ on ",
        "the name server that the Ollama server asks for {host} does not answer: check its DNS and its connection to "
        "the internet",
        transient=True,
    ),
    _Cause(
        r"connection refused",
        "the registry {host} refuses connections: is it running, and reachable from the Ollama server?",
    ),
    _Cause(
        r"certificate|x509",
        "the Ollama server does not trust the certificate of {host}: set ollama_server_ca_bundle",
    ),
    _Cause(
        r"server gave HTTP response to HTTPS client", "the registry {host} speaks plain HTTP where HTTPS is expected"
    ),
    _Cause(r"\b412\b", "the model needs a newer Ollama: upgrade the server"),
    _Cause(
        r"unauthorized|\b401\b|realm host|access denied",
        "the registry {host} refuses this server: the name is misspelt, or the model is private",
    ),
    _Cause(r"\b429\b", "the registry {host} has had too many requests: try again later", transient=True),
    _Cause(
        r"no space left on device",
        "the disk of the Ollama server is full: make room and run this again, what was fetched is kept",
    ),
    _Cause(
        r"digest mismatch",
        "what arrived is not what the registry announced: run this again; if it stays, a proxy damages downloads",
        transient=True,
        spoilt=True,
    ),
    _Cause(
        r"no Location header",
        "the registry {host} serves its layers itself, and Ollama wants them from another host name",
    ),
    _Cause(
        r"max retries exceeded|unexpected EOF|timeout|deadline exceeded|connection reset|\b50[0-9]\b",
        "the registry {host} breaks off or does not answer: run this again later, what was fetched is kept",
        transient=True,
    ),
    _Cause(
        r"invalid character|unexpected end of JSON",
        "{host} does not answer as a registry does: check the host in the name, and proxies",
    ),
)


def explain(raw: str, name: Name) -> PullFailed:
    """The failure that the server's raw error text of a pull tells of."""
    for cause in _CAUSES:
        if re.search(cause.pattern, raw):
            meaning = cause.sentence.format(host=name.host)
            message = f"Model '{name}' was not pulled: {stopped(meaning)} (Ollama said: {raw})"
            return PullFailed(message, transient=cause.transient, spoilt=cause.spoilt)
    return PullFailed(f"Model '{name}' was not pulled. Ollama said: {raw}", transient=False)
