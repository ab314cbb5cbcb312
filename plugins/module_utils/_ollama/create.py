# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Reading the stream in which a server tells how the making of a model goes."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, stopped

GIVEN_MAY_END_IT = "What it was given may have ended it: look at its log, and at the files of the model or its base"


class CreateFailed(ApiError):
    """The server did not make the model; `reason` is its own words, or ours."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"Model '{model}' was not made: {stopped(reason)}")


def follow_create(lines: t.Iterable[t.Mapping[str, t.Any]], model: str) -> None:
    """Read the stream to its end; raise CreateFailed unless it ends in success."""
    status = ""
    for line in lines:
        if "error" in line:
            raise CreateFailed(model, f"Ollama said: {line['error']}")
        status = str(line.get("status", ""))
    if status != "success":
        raise CreateFailed(model, f"the server broke off after '{status or 'nothing'}'. {GIVEN_MAY_END_IT}")
