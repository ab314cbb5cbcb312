# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings the code of tools from the controller."""

from __future__ import annotations

from ansible_collections.selfhosted.llm.plugins.plugin_utils._code_files import CodeAction


class ActionModule(CodeAction):
    option = "tools"
