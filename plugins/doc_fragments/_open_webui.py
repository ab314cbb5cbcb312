# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the connection to Open WebUI, and of signing in to it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Where the server is.
      - If not set, the environment variable E(OPEN_WEBUI_API_URL) of the machine that the module runs on is used.
    type: str
    default: http://127.0.0.1:8080
  validate_certs:
    description: Whether to check the certificate of an C(https) server.
    type: bool
    default: true
  ca_path:
    description: File of PEM certificates of the authorities to trust.
    type: path
  timeout:
    description: Longest silence of the server, in seconds, before a request is given up.
    type: int
    default: 60
requirements:
  - requests
  - Open WebUI 0.10.0 or newer
"""

    SIGN_IN = r"""
options:
  api_email:
    description:
      - E-mail address of an admin. The server allows 15 sign-ins in three minutes.
      - If not set, the environment variable E(OPEN_WEBUI_EMAIL) is used.
    type: str
  api_password:
    description:
      - Password of that admin.
      - If not set, the environment variable E(OPEN_WEBUI_PASSWORD) is used.
    type: str
  api_token:
    description:
      - API key or session token of an admin, instead of O(api_email) and O(api_password).
      - If not set, the environment variable E(OPEN_WEBUI_TOKEN) is used.
    type: str
"""
