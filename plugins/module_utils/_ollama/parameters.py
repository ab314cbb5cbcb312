# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Parameters of models: their types, which the server does not check, and the form in which it shows them.

The server stores any nonsense, and then every question to the model fails. The names and types are those of
api/types.go (Options) in Ollama 0.24.0.
"""

from __future__ import annotations

import ast
import difflib
import re
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput

Value: t.TypeAlias = "bool | float | str"

INTEGERS = (
    "main_gpu",
    "num_batch",
    "num_ctx",
    "num_gpu",
    "num_keep",
    "num_predict",
    "num_thread",
    "repeat_last_n",
    "seed",
    "top_k",
)
FLOATS = (
    "frequency_penalty",
    "min_p",
    "presence_penalty",
    "repeat_penalty",
    "temperature",
    "top_p",
    "typical_p",
)
BOOLEANS = ("use_mmap",)
LISTS = ("stop",)
KNOWN = (*INTEGERS, *FLOATS, *BOOLEANS, *LISTS)

TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")


def check(model: str, parameters: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The parameters in the types that the server expects; strings that templates left are converted.

    Raises InvalidInput for what the server would store and fail with later.
    """
    return {name: _check_one(model, name, value) for name, value in parameters.items()}


def _check_one(model: str, name: str, value: t.Any) -> t.Any:
    try:
        if name in INTEGERS:
            return _integer(value)
        if name in FLOATS:
            return _float(value)
        if name in BOOLEANS:
            return _boolean(value)
    except ValueError:
        kind = "a whole number" if name in INTEGERS else "a number" if name in FLOATS else "true or false"
        raise InvalidInput(f"Model '{model}': the parameter {name} is {value!r}, and must be {kind}.") from None
    if name in LISTS:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        if isinstance(value, str):
            return [value]
        raise InvalidInput(f"Model '{model}': the parameter {name} is {value!r}, and must be a list of strings.")
    near = difflib.get_close_matches(name, KNOWN, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it knows {', '.join(sorted(KNOWN))}."
    raise InvalidInput(f"Model '{model}': Ollama knows no parameter {name}: {hint}")


def _integer(value: t.Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    try:
        return int(value)
    except TypeError:
        raise ValueError from None


def _float(value: t.Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    try:
        return float(value)
    except TypeError:
        raise ValueError from None


def _boolean(value: t.Any) -> bool:
    if str(value).lower() in TRUE:
        return True
    if str(value).lower() in FALSE:
        return False
    raise ValueError


def normalise(parameters: t.Mapping[str, t.Any]) -> dict[str, list[Value]]:
    """Parameters as they compare: each a list, numbers as floats. An empty list is no parameter at all."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in parameters.items()}
    return {name: [_comparable(value) for value in values] for name, values in lists.items() if values}


def _comparable(value: t.Any) -> Value:
    return value if isinstance(value, (bool, str)) else float(value)


def parse_shown(text: str) -> dict[str, list[Value]]:
    """The C(parameters) of POST /api/show in the form of `normalise`.

    One line for each value, the name padded to 30 characters, the value as Go writes it (C(%#v)).
    """
    parameters: dict[str, list[Value]] = {}
    for line in text.splitlines():
        match = re.match(r"(\S+)\s+(.*)", line)
        if match:
            parameters.setdefault(match.group(1), []).append(_parse_go(match.group(2)))
    return parameters


def _parse_go(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    try:
        # Go's escapes in a quoted string all mean the same in Python.
        return str(ast.literal_eval(text)) if text.startswith('"') else float(text)
    except (SyntaxError, ValueError):
        return text
