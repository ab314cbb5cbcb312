# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Brings files of the controller to a module: they are looked at here, and copied only when the module lacks them."""

from __future__ import annotations

import os
import typing as t
from dataclasses import asdict, replace

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput

OPTION = "files"
MISSING = "missing"
# A command line holds just so many paths.
AT_A_TIME = 100


class BringsFiles(ActionBase):  # type: ignore[misc]  # Ansible brings no types.
    """An action plugin whose module has an option C(files), and answers with C(missing), the digests of what it lacks.

    A file is a dataclass with a `digest` and the `path` of it, if the module can see it.
    """

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        try:
            files = self._look()
            result = self._execute(files, {}, task_vars)
            missing = result.pop(MISSING, [])
            if missing:
                result = self._execute(files, self._copy(files, missing), task_vars)
            result.get("invocation", {}).get("module_args", {}).pop(OPTION, None)
            return result
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _look(self) -> dict[str, list[t.Any]]:
        """The files on the controller that the task names, by what it calls them."""
        raise NotImplementedError

    def _find(self, path: str, inspect: t.Callable[[str], list[t.Any]]) -> list[t.Any]:
        """What `inspect` makes of a path on the controller, as it is looked for by a task."""
        try:
            return inspect(self._find_needle("files", os.path.expanduser(path)))
        except (AnsibleError, InvalidInput) as error:
            # With a cause Ansible would say it twice.
            raise AnsibleActionFail(str(error)) from None

    def _execute(
        self, files: dict[str, list[t.Any]], copied: dict[str, str], task_vars: dict[str, t.Any] | None
    ) -> dict[str, t.Any]:
        """Run the module; a path that it sees is one of the machine that it runs on."""
        local = self._connection.transport == "local" and not self._play_context.become
        known = {
            path: [asdict(file if local else replace(file, path=copied.get(file.digest))) for file in found]
            for path, found in files.items()
        }
        arguments = {**self._task.args, OPTION: known}
        return dict(self._execute_module(module_args=arguments, task_vars=task_vars))

    def _copy(self, files: dict[str, list[t.Any]], missing: list[str]) -> dict[str, str]:
        """The paths of copies on the machine that the module runs on, by digest."""
        if not self._connection._shell.tmpdir:
            self._make_tmp_path()
        tmpdir = self._connection._shell.tmpdir
        here = {file.digest: file.path for found in files.values() for file in found if file.path}
        copied = {digest: self._connection._shell.join_path(tmpdir, digest) for digest in missing}
        for digest, remote in copied.items():
            self._transfer_file(here[digest], remote)
        paths = [tmpdir, *copied.values()]
        for first in range(0, len(paths), AT_A_TIME):
            self._fixup_perms2(paths[first : first + AT_A_TIME])
        return copied
