#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_ping
short_description: Try whether people can chat through what stands before Open WebUI
version_added: 0.1.0
description:
  - Visits Open WebUI as a browser does, through nginx or any other proxy, and fails with the reason when people could
    not work with it. Nobody signs in, and nothing is left behind.
  - Asks for its health, opens a WebSocket, sends an upload (which Open WebUI itself refuses, from a stranger), and
    looks at the certificate.
  - Needs nothing but Python where it runs.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._attributes.reads
options:
  url:
    description: Address of the chat as people type it, such as V(https://chat.example.com).
    type: str
    required: true
  connect_to:
    description:
      - Host and port to connect to, such as V(127.0.0.1:443), for a name that does not lead to this proxy, or not yet.
      - When left out, those of O(url).
    type: str
  upload_size:
    description: Size of the upload in bytes. nginx's own default refuses everything above 1048576.
    type: int
    default: 2097152
  validate_certs:
    description: Whether the certificate must be trusted, name the site, and not have ended.
    type: bool
    default: true
  ca_path:
    description:
      - File with the certificates to trust, in PEM format, in place of the system's. The site's own certificate in it
        is enough.
    type: path
  certificate_days:
    description: Days below which a warning says that the certificate ends soon.
    type: int
    default: 14
  timeout:
    description: Seconds to wait for a connection and for each answer.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: People can chat
  selfhosted.llm.open_webui_ping:
    url: https://chat.example.com

- name: They could, if the name led to this machine already
  selfhosted.llm.open_webui_ping:
    url: https://chat.example.com
    connect_to: 127.0.0.1:443
    ca_path: /etc/ssl/private/chat.pem
"""

RETURN = r"""
certificate:
  description: The site's certificate. V(null) over plain HTTP, and where O(validate_certs) is off.
  returned: success
  type: dict
  contains:
    not_after:
      description: When it ends, in UTC.
      type: str
      returned: always
      sample: "2027-12-26T02:02:04Z"
    days_left:
      description: Whole days until then.
      type: int
      returned: always
      sample: 396
    names:
      description: Names and addresses that it is for.
      type: list
      elements: str
      returned: always
      sample: [chat.example.com]
"""

import ssl
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.visit import Visitor, site_from, trust_from
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out


def certificate_from(found: t.Mapping[str, t.Any], now: float) -> dict[str, t.Any]:
    """A certificate of the result, from what C(ssl) tells of it. `now` is in seconds since 1970."""
    ends = ssl.cert_time_to_seconds(found["notAfter"])
    return {
        "not_after": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends)),
        "days_left": int((ends - now) // 86400),
        "names": [name for _kind, name in found.get("subjectAltName", ())],
    }


def run(module: AnsibleModule) -> None:
    params = module.params
    site = site_from(params["url"], params["connect_to"])
    visitor = Visitor(site, trust_from(params["validate_certs"], params["ca_path"]), params["timeout"])
    visitor.health()
    visitor.websocket()
    visitor.upload(params["upload_size"])
    found = visitor.certificate()
    certificate = certificate_from(found, time.time()) if found else None
    if certificate and certificate["days_left"] < params["certificate_days"]:
        module.warn(f"The certificate of {site.url} ends in {certificate['days_left']} days.")
    module.exit_json(changed=False, certificate=certificate)


def main() -> None:
    spec = {
        "url": {"type": "str", "required": True},
        "connect_to": {"type": "str"},
        "upload_size": {"type": "int", "default": 2097152},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "certificate_days": {"type": "int", "default": 14},
        "timeout": {"type": "int", "default": 10},
    }
    carry_out(AnsibleModule(argument_spec=spec, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
