# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Python code that Open WebUI runs, as tools and functions have it: plain data."""

from __future__ import annotations

import ast
import sys
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, given

# What the server makes of old imports before it stores code, wherever in the text they are.
REPLACED = {
    "from utils": "from open_webui.utils",
    "from apps": "from open_webui.apps",
    "from main": "from open_webui.main",
    "from config": "from open_webui.config",
}
# What the server says of code that it could not load.
TELLS_NOTHING = ("Error creating", "Error updating")
FOUND_IN_CODE = ("manifest", "toggle", "has_user_valves")


def identifier(noun: str, name: str) -> str:
    """An id as the server stores it; raises InvalidInput for one that it does not take."""
    if not name.isidentifier():
        raise InvalidInput(
            f"The {noun} '{name}': an id must hold only letters, digits and _, and not begin with a digit."
        )
    return name.lower()


def fields_from(noun: str, params: Fields, text: str | None, names: t.Iterable[str]) -> dict[str, t.Any]:
    """Those of the options `names`, and the code, that a task gives; `text` is that of the file that it names."""
    fields = given(params, names)
    content = text if params["src"] is not None else params["content"]
    if content is None:
        return fields
    if not content.strip():
        raise InvalidInput(f"The {noun} '{params['id']}': {source(params)} is empty.")
    for old, new in REPLACED.items():
        content = content.replace(old, new)
    return {**fields, "content": content}


def source(params: Fields) -> str:
    """What a task calls the place that code comes from."""
    return str(params["src"]) if params["src"] is not None else "its content"


def sources(things: t.Iterable[Fields]) -> dict[str, str]:
    """Where the code of each thing of a task comes from, by its id as the server has it."""
    return {params["id"].lower(): source(params) for params in things}


def to_request(key: str, fields: Fields, meta: Fields) -> dict[str, t.Any]:
    """The body of a request that makes or changes a tool or function; `meta` is what it has of this already."""
    meta = {**meta, "description": fields["description"]}
    return {"id": key, "name": fields["name"], "content": fields["content"], "meta": meta}


def kept(meta: Fields) -> dict[str, t.Any]:
    """What stays of `meta` when code is stored again: all but what the server finds in the code itself."""
    return {name: value for name, value in meta.items() if name not in FOUND_IN_CODE and value is not None}


def why(reason: str, content: str, classes: t.Sequence[str]) -> str:
    """Why the server did not load code, from its `reason`: often nothing but that it did not.

    It looks for one of the `classes` in it.
    """
    reason = reason.removeprefix("[ERROR: ").removesuffix("]")
    try:
        compile(content, "<code>", "exec")
    except SyntaxError as error:
        return f"{error.msg}, line {error.lineno}"
    except ValueError as error:
        return str(error)
    if not reason.startswith(TELLS_NOTHING):
        return reason
    if not any(name in content for name in classes):
        return f"it has no class {' or '.join(classes)}"
    imported = sorted(_imported(ast.parse(content)) - set(sys.stdlib_module_names))
    hint = f", most often of an import that it lacks ({', '.join(imported)})" if imported else ""
    return f"the server answers only '{reason}', and its log tells why{hint}"


def _imported(tree: ast.AST) -> set[str]:
    """The packages that code imports."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
    return {name.partition(".")[0] for name in names}
