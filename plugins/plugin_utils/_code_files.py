# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Reads files of Python code on the controller, for modules that take a list of things made of it."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.code_file import read_text


class CodeAction(ActionBase):  # type: ignore[misc]  # Ansible brings no types.
    """An action plugin that gives its module the text of the files that the list `option` names."""

    _supports_check_mode = True
    option: str

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        try:
            arguments = {**self._task.args, "files": {path: self._read(path) for path in self._paths()}}
            result = dict(self._execute_module(module_args=arguments, task_vars=task_vars))
            result.get("invocation", {}).get("module_args", {}).pop("files", None)
            return result
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _paths(self) -> set[str]:
        """The paths on the controller that the task names; what is odd about it is left to the module."""
        things = self._task.args.get(self.option)
        return {
            thing["src"]
            for thing in (things if isinstance(things, list) else [])
            if isinstance(thing, dict)
            and thing.get("state") != "absent"
            and not boolean(thing.get("remote_src", False), strict=False)
            and isinstance(thing.get("src"), str)
        }

    def _read(self, path: str) -> str:
        try:
            found = self._find_needle("files", os.path.expanduser(path))
            return read_text(self._loader.get_real_file(found), path)
        except (AnsibleError, InvalidInput) as error:
            # With a cause Ansible would say it twice.
            raise AnsibleActionFail(str(error)) from None
