# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Names of models as Ollama understands them: two spellings of one model are equal here.

The grammar is that of types/model/name.go in Ollama 0.24.0:
[scheme://][host/][namespace/]model[:tag].
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput

# What tells models apart.
Key: t.TypeAlias = "tuple[str, str, str, str]"

DEFAULT_HOST = "registry.ollama.ai"
DEFAULT_NAMESPACE = "library"
DEFAULT_TAG = "latest"
# The server takes this tag off before it looks a model up.
LOCAL_TAG = "local"

RULES = {
    "host": (re.compile(r"[A-Za-z0-9_][-_.:A-Za-z0-9]{0,349}"), "letters, digits and - _ . :, at most 350"),
    "namespace": (re.compile(r"[A-Za-z0-9_][-_A-Za-z0-9]{0,79}"), "letters, digits and - _, at most 80"),
    "model": (re.compile(r"[A-Za-z0-9_][-_.A-Za-z0-9]{0,79}"), "letters, digits and - _ ., at most 80"),
    "tag": (re.compile(r"[A-Za-z0-9_][-_.A-Za-z0-9]{0,79}"), "letters, digits and - _ ., at most 80"),
}


@dataclass(frozen=True)
class Name:
    """The four parts of a model's name, with the defaults filled in."""

    host: str
    namespace: str
    model: str
    tag: str

    @property
    def key(self) -> Key:
        """What tells models apart: the server takes no notice of case."""
        return (self.host.lower(), self.namespace.lower(), self.model.lower(), self.tag.lower())

    def __str__(self) -> str:
        """The shortest spelling, which is the one that the server lists."""
        shown = f"{self.model}:{self.tag}"
        if self.host.lower() != DEFAULT_HOST:
            return f"{self.host}/{self.namespace}/{shown}"
        if self.namespace.lower() != DEFAULT_NAMESPACE:
            return f"{self.namespace}/{shown}"
        return shown


def parse(text: str) -> Name:
    """The name that `text` spells.

    Raises InvalidInput when Ollama would not take it.
    """
    if "@" in text:
        raise InvalidInput(f"Model name '{text}': Ollama has no digests in names, only tags (model:tag).")
    rest = text.strip()
    scheme, separator, behind = rest.partition("://")
    if separator:
        if scheme not in ("http", "https") or "/" not in behind:
            raise InvalidInput(f"Model name '{text}': a scheme needs a host behind it (https://host/model).")
        rest = behind
    path, tag = rest, DEFAULT_TAG
    if rest.rfind(":") > rest.rfind("/"):
        path, tag = rest.rsplit(":", 1)
    parts = path.split("/")
    if len(parts) > 3:
        raise InvalidInput(f"Model name '{text}': at most host/namespace/model, not {len(parts)} parts.")
    model = parts.pop()
    namespace = parts.pop() if parts else DEFAULT_NAMESPACE
    host = parts.pop() if parts else DEFAULT_HOST
    for part, value in (("host", host), ("namespace", namespace), ("model", model), ("tag", tag)):
        pattern, rule = RULES[part]
        if not pattern.fullmatch(value):
            raise InvalidInput(
                f"Model name '{text}': the {part} '{value}' must begin with a letter, digit or _ and hold only {rule}."
            )
    return Name(host, namespace, model, DEFAULT_TAG if tag == LOCAL_TAG else tag)
