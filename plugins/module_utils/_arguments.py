# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Options that several modules share; the documentation fragments describe the same."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback

from ansible_collections.selfhosted.llm.plugins.module_utils._http import Connection


def ollama_arguments() -> dict[str, dict[str, t.Any]]:
    """Options of the connection to an Ollama server."""
    return {
        "api_url": {"type": "str", "default": "http://127.0.0.1:11434", "fallback": (env_fallback, ["OLLAMA_API_URL"])},
        "api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["OLLAMA_API_KEY"])},
        **_transport_arguments(),
    }


def open_webui_arguments() -> dict[str, dict[str, t.Any]]:
    """Options of the connection to an Open WebUI server, without those of signing in."""
    return {
        "api_url": {
            "type": "str",
            "default": "http://127.0.0.1:8080",
            "fallback": (env_fallback, ["OPEN_WEBUI_API_URL"]),
        },
        **_transport_arguments(),
    }


def open_webui_password_arguments() -> dict[str, dict[str, t.Any]]:
    """Options of signing in to Open WebUI with a password."""
    return {
        "api_email": {"type": "str", "fallback": (env_fallback, ["OPEN_WEBUI_EMAIL"])},
        "api_password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["OPEN_WEBUI_PASSWORD"])},
    }


def open_webui_sign_in_arguments() -> dict[str, dict[str, t.Any]]:
    """Options of signing in to Open WebUI as an admin, with a password or a token."""
    return {
        **open_webui_password_arguments(),
        "api_token": {"type": "str", "no_log": True, "fallback": (env_fallback, ["OPEN_WEBUI_TOKEN"])},
    }


def _transport_arguments() -> dict[str, dict[str, t.Any]]:
    return {
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "timeout": {"type": "int", "default": 60},
    }


def connection_from(params: dict[str, t.Any], token: str | None) -> Connection:
    """The connection that a module's parameters describe, with `token` to show."""
    verify = (params["ca_path"] or True) if params["validate_certs"] else False
    return Connection(url=params["api_url"], token=token, verify=verify, timeout=params["timeout"])
