# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Files of Python code, on the machine that this runs on."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields


def read_text(path: str, name: str | None = None) -> str:
    """The text of a file; `name` is what the task calls it."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name or path} is not text in UTF-8 ({error}): is it a file of Python code?") from error
    except OSError as error:
        raise InvalidInput(f"{name or path} cannot be read: {error.strerror}.") from error


def texts(things: t.Iterable[Fields], sent: t.Mapping[str, str]) -> dict[str, str]:
    """The text of the file of each thing that names one, by its id. `sent` are those of the controller, by path."""
    found = {}
    for thing in things:
        path = thing["src"]
        if path is None or thing["state"] == "absent":
            continue
        if not thing["remote_src"] and path not in sent:
            raise InvalidInput(f"'{thing['id']}': give it as a dictionary, so that {path} can be looked for.")
        found[thing["id"]] = read_text(path) if thing["remote_src"] else sent[path]
    return found
