# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows how far pulls are, by running the module in slices of time with a line on the console between them.

A module's output comes when it ends, so one that runs for an hour is silent for an hour. A slice ends
where nothing is lost by it: Ollama keeps what it has of a model, and the next slice goes on there.
"""

from __future__ import annotations

import time
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.selfhosted.llm.plugins.plugin_utils._progress import Meter

display = Display()

# Seconds. Each slice costs about one, so short pulls should never see one end.
FIRST_SLICE = 10
LONGEST_SLICE = 30
RECONNECT_AFTER = 5
RECONNECTS = 3


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible brings no types.
    _supports_async = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        try:
            if self._is_shown():
                return self._run_in_slices(task_vars)
            return dict(self._execute_module(task_vars=task_vars, wrap_async=bool(self._task.async_val)))
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _is_shown(self) -> bool:
        wanted = boolean(self._task.args.get("progress", True), strict=False)
        hidden = self._task.no_log or self._task.check_mode or self._task.async_val
        return wanted and not hidden

    def _run_in_slices(self, task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        host = (task_vars or {}).get("inventory_hostname", "")
        meter = Meter(time.monotonic)
        seconds, state, failures = FIRST_SLICE, None, 0
        warnings: list[t.Any] = []
        while True:
            arguments = {**self._task.args, "slice": {"seconds": seconds, "state": state}}
            try:
                result = dict(self._execute_module(module_args=arguments, task_vars=task_vars))
            except AnsibleConnectionFailure as error:
                # A first slice tells whether the host can be reached at all.
                if state is None or failures == RECONNECTS:
                    raise
                failures += 1
                reason = " ".join(str(error).split()).rstrip(":")
                display.display(f"{host} | the connection broke off, and is made anew: {reason}", stderr=True)
                time.sleep(RECONNECT_AFTER)
                self._connection.reset()
                continue
            warnings += result.get("warnings", [])
            left = result.get("slice")
            if left is None:
                if warnings:
                    result["warnings"] = warnings
                result.get("invocation", {}).get("module_args", {}).pop("slice", None)
                return result
            failures = 0
            state = left["state"]
            seconds = min(seconds + 10, LONGEST_SLICE)
            # Ansible shows them when the task ends, which is too late for who would rather not wait for that.
            for warning in left["warnings"]:
                display.display(f"{host} | {warning}", stderr=True)
            display.display(f"{host} | {meter.read(left['progress'])}", stderr=True)
