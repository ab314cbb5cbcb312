# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the connection to Ollama."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Where the server is.
      - If not set, the environment variable E(OLLAMA_API_URL) of the machine that the module runs on is used.
    type: str
    default: http://127.0.0.1:11434
  api_key:
    description:
      - Bearer token for a gateway before the server. Ollama itself has no authentication.
      - If not set, the environment variable E(OLLAMA_API_KEY) is used.
    type: str
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
"""
