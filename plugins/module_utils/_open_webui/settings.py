# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Open WebUI's stored settings under the names of its documentation."""

from __future__ import annotations

import typing as t

# Documented name (the environment variable that seeds the setting) -> the name it is stored under.
# Source: DEFAULT_CONFIG in open_webui/config.py, version 0.12.4.
STORED_NAMES = {
    "ENABLE_SIGNUP": "ui.enable_signup",
}


def documented(stored: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What is stored, by documented names; a setting that is not stored is None."""
    return {name: stored.get(key) for name, key in STORED_NAMES.items()}


def plan(current: t.Mapping[str, t.Any], wanted: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The settings of `wanted` that differ from `current`, by documented names."""
    return {name: value for name, value in wanted.items() if value is not None and current[name] != value}


def to_stored(settings: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Settings by documented names turned into settings by stored names."""
    return {STORED_NAMES[name]: value for name, value in settings.items()}
