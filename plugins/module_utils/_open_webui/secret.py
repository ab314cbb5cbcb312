# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""How a secret is told of: whether there is one, and whether it is another than before."""

from __future__ import annotations

import typing as t


def told(value: t.Any, before: t.Any) -> str:
    """What may be shown of a secret that was `before`."""
    if not value:
        return "not set"
    return "set" if value == before or not before else "set to something else"
