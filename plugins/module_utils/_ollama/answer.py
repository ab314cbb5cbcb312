# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Reading the stream of an answer: its words, and how fast they came."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Answer:
    """What a model said. Times are in seconds; tokens are counted by the server.

    `first_token_seconds` is what who asked waited for it, with loading and the way of the words.
    `done_reason` is C(stop) when it came to its end, C(length) when it was cut off.
    """

    content: str
    thinking: str
    done_reason: str
    prompt_tokens: int
    answer_tokens: int
    load_seconds: float
    first_token_seconds: float
    answer_seconds: float

    @property
    def tokens_per_second(self) -> float:
        return self.answer_tokens / self.answer_seconds if self.answer_seconds else 0.0


def read(lines: t.Iterable[t.Mapping[str, t.Any]], model: str, clock: t.Callable[[], float] = time.monotonic) -> Answer:
    """The answer of a stream of POST /api/chat; raises ApiError when it does not come to its end.

    The question goes out when the first of `lines` is asked for, so that is when the first token's time begins.
    """
    content, thinking = "", ""
    asked, first = clock(), 0.0
    for line in lines:
        if "error" in line:
            raise ApiError(f"Model '{model}' did not answer: {line['error']}")
        message = line.get("message") or {}
        content += message.get("content") or ""
        thinking += message.get("thinking") or ""
        if not first and (content or thinking):
            first = clock() - asked
        if line.get("done"):
            return Answer(
                content=content,
                thinking=thinking,
                done_reason=str(line.get("done_reason", "")),
                prompt_tokens=int(line.get("prompt_eval_count") or 0),
                answer_tokens=int(line.get("eval_count") or 0),
                load_seconds=(line.get("load_duration") or 0) / NANOSECONDS,
                first_token_seconds=first,
                answer_seconds=(line.get("eval_duration") or 0) / NANOSECONDS,
            )
    raise ApiError(f"Model '{model}' did not answer to the end: the server broke off after {content[-80:]!r}.")
