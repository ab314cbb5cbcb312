# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings layers of models from the controller: one after another, and only those that the store lacks."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model_files import blob
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model_source import Folder
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import parse

BROUGHT = "brought"


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible brings no types.
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        try:
            result = self._bring(task_vars) if self._is_brought() else self._execute({}, task_vars)
            result.get("invocation", {}).get("module_args", {}).pop(BROUGHT, None)
            return result
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _is_brought(self) -> bool:
        """Whether the folder is one that the module cannot see; what is odd about the task is left to the module."""
        src, names = self._task.args.get("src"), self._task.args.get("name")
        is_folder = isinstance(src, str) and "://" not in src and isinstance(names, list)
        return is_folder and not boolean(self._task.args.get("remote_src", False), strict=False)

    def _bring(self, task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        try:
            folder = Folder(self._find_needle("files", os.path.expanduser(self._task.args["src"])))
            if self._connection.transport == "local":
                return self._execute({"src": folder.where, "remote_src": True}, task_vars)
            names = [parse(name) for name in self._task.args["name"]]
            manifests = {str(name): folder.manifest(name).decode(errors="replace") for name in names}
        except (AnsibleError, InvalidInput) as error:
            # With a cause Ansible would say it twice.
            raise AnsibleActionFail(str(error)) from None
        brought: dict[str, t.Any] = {"manifests": manifests, "files": {}}
        result = self._execute({BROUGHT: brought}, task_vars)
        for digest in result.pop("missing", []):
            remote = self._copy(os.path.join(folder.where, blob(digest)))
            brought |= {"files": {digest: remote}, "models": result["models"]}
            result = self._execute({BROUGHT: brought}, task_vars)
            if result.get("failed"):
                break
            self._connection._shell.tmpdir, tmpdir = None, self._connection._shell.tmpdir
            self._remove_tmp_path(tmpdir)
        result.pop("missing", None)
        return result

    def _copy(self, path: str) -> str:
        """The path of a copy on the machine that the module runs on."""
        if not os.path.isfile(path):
            raise AnsibleActionFail(f"A part of a model, {path}, is missing: make the folder anew.")
        if not self._connection._shell.tmpdir:
            self._make_tmp_path()
        tmpdir = self._connection._shell.tmpdir
        remote = str(self._connection._shell.join_path(tmpdir, os.path.basename(path)))
        self._transfer_file(path, remote)
        self._fixup_perms2([tmpdir, remote])
        return remote

    def _execute(self, arguments: dict[str, t.Any], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        return dict(self._execute_module(module_args={**self._task.args, **arguments}, task_vars=task_vars))
