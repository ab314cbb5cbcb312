"""What a module returned, beside what its documentation says of it."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import yaml

MODULES = Path(__file__).parents[2] / "plugins" / "modules"
# What Ansible itself documents for all modules, or adds.
COMMON = {
    "_ansible_no_log",
    "action",
    "changed",
    "deprecations",
    "diff",
    "exception",
    "failed",
    "invocation",
    "msg",
    "unreachable",
    "warnings",
}
TYPES: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "dict": dict,
    "float": (int, float),
    "int": int,
    "list": list,
    "raw": object,
    "str": str,
}


@functools.cache
def documented(module: str) -> dict[str, Any]:
    """RETURN of a module."""
    code = (MODULES / f"{module}.py").read_text()
    block = re.search(r'^RETURN = r?"""(.*?)"""', code, flags=re.MULTILINE | re.DOTALL)
    return dict(yaml.safe_load(block[1]) or {}) if block else {}


def undocumented(module: str, values: dict[str, Any]) -> list[str]:
    """The paths of values that RETURN does not name, or names with another type."""
    return _of(documented(module), {key: value for key, value in values.items() if key not in COMMON}, "")


def _of(entries: dict[str, Any], values: Any, path: str) -> list[str]:
    if not isinstance(values, dict):
        return [path]
    found = []
    for key, value in values.items():
        here = f"{path}.{key}".lstrip(".")
        if key not in entries or not isinstance(value, (TYPES[entries[key]["type"]], type(None))):
            found.append(here)
        elif "contains" in entries[key] and value is not None:
            inner = entries[key]["contains"]
            # A dict of which no key is named has one such value for each path or name.
            each = value if isinstance(value, list) else [value]
            if isinstance(value, dict) and not value.keys() & inner.keys():
                each = list(value.values())
            found += [name for one in each for name in _of(inner, one, here)]
    return sorted(set(found))
