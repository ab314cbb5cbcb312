# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings files of weights from the controller: looked at here, and copied only when the server lacks them."""

from __future__ import annotations

import os
import typing as t
from dataclasses import asdict

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.weights import File, inspect


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible brings no types.
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        try:
            files = {path: self._inspect(path, adapter) for path, adapter in self._paths().items()}
            result = self._execute(files, task_vars)
            missing = result.pop("missing", [])
            if missing:
                result = self._execute(self._copy(files, missing), task_vars)
            result.get("invocation", {}).get("module_args", {}).pop("files", None)
            return result
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _paths(self) -> dict[str, bool]:
        """The paths on the controller that the task names, and whether each is one of an adapter.

        What is odd about the task is left to the module.
        """
        models = self._task.args.get("models")
        paths: dict[str, bool] = {}
        for model in models if isinstance(models, list) else []:
            if not isinstance(model, dict) or model.get("state") == "absent":
                continue
            if not boolean(model.get("remote_src", False), strict=False):
                paths |= {path: True for path in model.get("adapters") or [] if isinstance(path, str)}
                if isinstance(model.get("path"), str) and model["path"]:
                    paths[model["path"]] = False
        return paths

    def _inspect(self, path: str, adapter: bool) -> list[File]:
        try:
            return inspect(self._find_needle("files", os.path.expanduser(path)), adapter=adapter)
        except (AnsibleError, InvalidInput) as error:
            # With a cause Ansible would say it twice.
            raise AnsibleActionFail(str(error)) from None

    def _execute(self, files: dict[str, list[File]], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        """Run the module; a path that it sees is one of the machine that it runs on."""
        local = self._connection.transport == "local" and not self._play_context.become
        known = {
            path: [asdict(file) if local or self._is_copied(file) else {**asdict(file), "path": None} for file in found]
            for path, found in files.items()
        }
        arguments = {**self._task.args, "files": known}
        return dict(self._execute_module(module_args=arguments, task_vars=task_vars))

    def _is_copied(self, file: File) -> bool:
        tmpdir = self._connection._shell.tmpdir
        return bool(tmpdir and file.path and file.path.startswith(tmpdir))

    def _copy(self, files: dict[str, list[File]], missing: list[str]) -> dict[str, list[File]]:
        """The same files, those that are missing with their path on the machine that the module runs on."""
        if not self._connection._shell.tmpdir:
            self._make_tmp_path()
        return {path: [self._copy_one(file, missing) for file in found] for path, found in files.items()}

    def _copy_one(self, file: File, missing: list[str]) -> File:
        if file.digest not in missing or file.path is None:
            return file
        remote = self._connection._shell.join_path(self._connection._shell.tmpdir, file.digest)
        self._transfer_file(file.path, remote)
        self._fixup_perms2([self._connection._shell.tmpdir, remote])
        return File(file.name, file.digest, remote)
