# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings documents from the controller: looked at here, and copied only when a knowledge base lacks them."""

from __future__ import annotations

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.folder import File, inspect
from ansible_collections.selfhosted.llm.plugins.plugin_utils._files import BringsFiles


class ActionModule(BringsFiles):
    def _look(self) -> dict[str, list[File]]:
        """What is odd about the task is left to the module."""
        knowledge = self._task.args.get("knowledge")
        folders: dict[str, list[File]] = {}
        for base in knowledge if isinstance(knowledge, list) else []:
            if not isinstance(base, dict) or base.get("state") == "absent":
                continue
            src = base.get("src")
            if isinstance(src, str) and src and not boolean(base.get("remote_src", False), strict=False):
                folders[src] = self._find(src, inspect)
        return folders
