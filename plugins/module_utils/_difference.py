# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""What a task found and what it leaves behind, from which `changed` and the diff follow."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Two states of the same thing as plain data, without secrets, and what the thing is called."""

    name: str
    before: t.Any
    after: t.Any

    @property
    def changed(self) -> bool:
        return bool(self.before != self.after)

    def as_diff(self) -> dict[str, t.Any]:
        """The form in which Ansible prints it under C(--diff)."""
        return {
            "before_header": self.name,
            "after_header": self.name,
            "before": self.before,
            "after": self.after,
        }
