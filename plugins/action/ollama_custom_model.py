# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings files of weights from the controller: looked at here, and copied only when the server lacks them."""

from __future__ import annotations

import functools
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.weights import File, inspect
from ansible_collections.selfhosted.llm.plugins.plugin_utils._files import BringsFiles


class ActionModule(BringsFiles):
    def _look(self) -> dict[str, list[File]]:
        return {path: self._find(path, functools.partial(inspect, adapter=adapter)) for path, adapter in self._paths()}

    def _paths(self) -> t.Iterable[tuple[str, bool]]:
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
        return paths.items()
