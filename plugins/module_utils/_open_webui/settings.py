# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Open WebUI's stored settings under the names of its documentation: their types, and what a task makes of them.

The server stores whatever it is given, under any name and for ever, so both are checked here.
"""

from __future__ import annotations

import difflib
import json
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import setting_names
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.secret import told

KINDS = (
    (setting_names.BOOLEANS, "bool", "true or false"),
    (setting_names.INTEGERS, "int", "a whole number"),
    (setting_names.FLOATS, "float", "a number"),
    (setting_names.TEXTS, "str", "a text"),
    (setting_names.LISTS, "list", "a list"),
    (setting_names.DICTIONARIES, "dict", "a dictionary"),
)
STORED_NAMES = {name: key for names, _kind, _words in KINDS for name, key in names.items()}

# What the server takes and then ignores or breaks on.
PATTERNS = {
    "DEFAULT_USER_ROLE": (re.compile("pending|user|admin"), "pending, user or admin"),
    "JWT_EXPIRES_IN": (re.compile(r"-1|0|(\d+(\.\d+)?(ms|s|m|h|d|w))+"), "a time such as 4w or 12h, or -1 for ever"),
    "RAG_EMBEDDING_ENGINE": (re.compile("|ollama|openai|azure_openai"), "empty, ollama, openai or azure_openai"),
}
ELSEWHERE = {
    "OLLAMA": "the module open_webui_connection keeps connections",
    "OPENAI_API": "the module open_webui_connection keeps connections",
    "OAUTH": "Open WebUI reads single sign-on from its environment at every start",
    "OPENID": "Open WebUI reads single sign-on from its environment at every start",
}
SECRETS = re.compile(r".*_(KEY|TOKEN|PASSWORD|API_AUTH|LOADER_HEADERS)|(TOOL|TERMINAL)_SERVER_CONNECTIONS|WEBHOOK_URL")
# Settings that are trees, of which a task names the branches that it means.
MERGED = ("USER_PERMISSIONS",)
LIST_SEPARATOR = ","


@dataclass(frozen=True)
class Shadowed:
    """A setting that the server's environment names, and that is stored with another value, which wins."""

    name: str
    environment: t.Any
    stored: t.Any


def is_secret(name: str) -> bool:
    """Whether the value of a setting is nobody's business."""
    return SECRETS.fullmatch(name) is not None


def from_params(settings: Fields, secret_settings: Fields, shaped: Fields) -> dict[str, t.Any]:
    """All settings of a task by documented name, with their values in the types that the server expects.

    `shaped` are those that the task gives in a form of their own, by documented name.
    Raises InvalidInput for what the server would store and never forget.
    """
    for name in settings:
        if is_secret(name):
            raise InvalidInput(f"The setting {name} holds a secret: give it under secret_settings, which nobody shows.")
    for name in secret_settings:
        if name in STORED_NAMES and not is_secret(name):
            raise InvalidInput(f"The setting {name} is no secret: give it under settings.")
    for name in shaped:
        if name in settings:
            raise InvalidInput(
                f"The setting {name} is given twice, by name and by an option of its own: leave one out."
            )
    return {name: check(name, value) for name, value in {**settings, **secret_settings, **shaped}.items()}


def check(name: str, value: t.Any) -> t.Any:
    """The value of a setting in its type; strings that templates left are converted.

    Raises InvalidInput when there is no such setting, or it cannot have that value.
    """
    kind, words = _kind(name)
    if value is None and name in setting_names.NULLABLE:
        return None
    try:
        converted = _convert(value, kind)
    except (TypeError, ValueError):
        raise InvalidInput(f"The setting {name} is {_shown(name, value)}, and must be {words}.") from None
    pattern, allowed = PATTERNS.get(name, (None, ""))
    if pattern and not pattern.fullmatch(converted):
        raise InvalidInput(f"The setting {name} is '{converted}', and must be {allowed}.")
    return converted


def _kind(name: str) -> tuple[str, str]:
    for names, kind, words in KINDS:
        if name in names:
            return kind, words
    for beginning, place in ELSEWHERE.items():
        if name.startswith(beginning):
            raise InvalidInput(f"{name} is no setting of this module: {place}.")
    near = difflib.get_close_matches(name, STORED_NAMES, n=1)
    hint = f"did you mean {near[0]}?" if near else "take the name of the environment variable in its documentation."
    raise InvalidInput(f"Open WebUI stores no setting {name}: {hint}")


def _shown(name: str, value: t.Any) -> str:
    return "something else" if is_secret(name) else repr(value)


def _convert(value: t.Any, kind: str) -> t.Any:
    if value is None:
        raise ValueError
    if kind == "bool":
        return _boolean(value)
    if kind == "int":
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValueError
        return int(value)
    if kind == "float":
        if isinstance(value, bool):
            raise ValueError
        return float(value)
    if kind == "str":
        if isinstance(value, (list, dict, bool)):
            raise ValueError
        return str(value)
    if not isinstance(value, list if kind == "list" else dict):
        raise ValueError
    return value


def _boolean(value: t.Any) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    try:
        return words[str(value).lower()]
    except KeyError:
        raise ValueError from None


def documented(stored: Fields) -> dict[str, t.Any]:
    """What is stored, by documented names; without those that this server does not have."""
    return {name: stored[key] for name, key in STORED_NAMES.items() if key in stored}


def plan(current: Fields, wanted: Fields) -> dict[str, t.Any]:
    """The settings of `wanted` that differ from `current`, by documented names.

    Raises InvalidInput for one that the server does not have.
    """
    for name in wanted:
        if name not in current:
            raise InvalidInput(f"This Open WebUI has no setting {name}, which came with a later version: take it out.")
    full = {name: merge(current[name], value) if name in MERGED else value for name, value in wanted.items()}
    return {name: value for name, value in full.items() if current[name] != value}


def merge(current: t.Any, wanted: t.Any) -> t.Any:
    """A tree with the branches of another in the place of its own."""
    if not isinstance(current, dict) or not isinstance(wanted, dict):
        return wanted
    return {**current, **{key: merge(current.get(key), value) for key, value in wanted.items()}}


def to_stored(settings: Fields) -> dict[str, t.Any]:
    """Settings by documented names turned into settings by stored names."""
    return {STORED_NAMES[name]: value for name, value in settings.items()}


def public(settings: Fields, before: Fields) -> dict[str, t.Any]:
    """Settings as they may be shown; of a secret only whether there is one, and whether it is another than `before`."""
    return {name: told(value, before.get(name)) if is_secret(name) else value for name, value in settings.items()}


def shadowed(environment: t.Mapping[str, str], current: Fields) -> list[Shadowed]:
    """The settings that the environment of a server names in vain; `current` is what it stores, by documented names."""
    found = []
    for name, text in environment.items():
        if name in current:
            value = from_environment(name, text)
            if value != current[name]:
                found.append(Shadowed(name, value, current[name]))
    return found


def from_environment(name: str, text: str) -> t.Any:
    """The value that the server would read from its environment at its first start."""
    kind, _words = _kind(name)
    if kind == "bool":
        return text.lower() == "true"
    if text == "" and name in setting_names.NULLABLE:
        return None
    if kind == "dict" or (kind == "list" and text.lstrip().startswith("[")):
        try:
            return json.loads(text)
        except ValueError:
            raise InvalidInput(f"The environment has {name} with a value that is no JSON: mend it there.") from None
    if kind == "list":
        return [item.strip() for item in text.split(LIST_SEPARATOR) if item.strip()]
    return check(name, text)
