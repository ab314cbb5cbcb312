# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""What a model registry offers, asked with one small GET per model: the only file that knows its paths.

A model's digest on a server (GET /api/tags) is the SHA-256 of its manifest as the registry serves it
(Ollama 0.19.0 and newer), so one manifest answers whether a server has the latest.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError
from ansible_collections.selfhosted.llm.plugins.module_utils._http import Client, Connection, Reply, Service
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
# The kinds of layers that are loaded into memory.
WEIGHTS = tuple(f"application/vnd.ollama.image.{kind}" for kind in ("model", "projector", "adapter", "tensor"))
# How many manifests are asked for at a time, over as many kept connections per registry.
AT_A_TIME = 16


@dataclass(frozen=True)
class Manifest:
    """What a registry offers under a name: `digest` and the keys of `blobs` are 64 hexadecimal digits.

    The values of `blobs` are sizes in bytes, `weights` is the part of them that is loaded into memory.
    """

    digest: str
    blobs: t.Mapping[str, int]
    weights: int = 0


@dataclass(frozen=True)
class Unknown:
    """Why there is no manifest. `private` is set where the server, with its own key, may still get it."""

    reason: str
    private: bool = False


Answer: t.TypeAlias = "Manifest | Unknown"


def parse_manifest(body: bytes) -> Manifest | None:
    """A manifest from its bytes; None when they are none."""
    try:
        data = json.loads(body)
        parts = [*data["layers"], data["config"]]
        blobs = {part["digest"].removeprefix("sha256:"): int(part["size"]) for part in parts}
        weights = sum(int(part["size"]) for part in parts if part.get("mediaType") in WEIGHTS)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return Manifest(hashlib.sha256(body).hexdigest(), blobs, weights)


def parse_challenge(header: str) -> dict[str, str] | None:
    """The parameters of a bearer challenge (RFC 6750); None for any other."""
    if not header.lower().startswith("bearer "):
        return None
    return dict(re.findall(r'(\w+)="([^"]*)"', header))


def ask(names: t.Sequence[Name], ca_path: str | None, timeout: int) -> dict[Name, Answer]:
    """What the registries offer for each of `names`.

    `ca_path` is a file of authorities to trust beside the usual ones, `timeout` in seconds.
    """
    registries = {host: _Registry(host, ca_path, timeout) for host in {name.host for name in names}}
    with ThreadPoolExecutor(max_workers=AT_A_TIME) as threads:
        offers = threads.map(lambda name: registries[name.host].offer(name), names)
        return dict(zip(names, offers, strict=True))


class _Registry:
    def __init__(self, host: str, ca_path: str | None, timeout: int) -> None:
        self._host = host
        service = Service("The registry", "the host in the model's name", "registry_ca_path")
        self._client = Client(Connection(f"https://{host}", None, True, timeout, ca_path), service, AT_A_TIME)

    def offer(self, name: Name) -> Answer:
        """What it offers under `name`."""
        try:
            return self._understand(self._manifest(name), name)
        except ApiError as error:
            return Unknown(str(error))

    def _manifest(self, name: Name) -> Reply:
        path = f"/v2/{name.namespace}/{name.model}/manifests/{name.tag}"
        headers = {"Accept": MANIFEST_TYPE}
        reply = self._client.fetch(path, headers)
        challenge = parse_challenge(reply.headers.get("WWW-Authenticate", "")) if reply.status == 401 else None
        if challenge is None:
            return reply
        token = self._anonymous_token(challenge)
        return self._client.fetch(path, headers, token) if token else reply

    def _anonymous_token(self, challenge: dict[str, str]) -> str | None:
        """A token for everybody, as registries hand them out for what is public; None where there is none.

        Only the registry itself is asked for one: Ollama goes nowhere else either (0.14.3 and newer).
        """
        address = urlsplit(challenge.get("realm", ""))
        if (address.scheme, address.netloc) != ("https", self._host):
            return None
        question = parse_qsl(address.query)
        question += [(key, challenge[key]) for key in ("service", "scope") if key in challenge]
        reply = self._client.fetch(f"{address.path}?{urlencode(question)}", {})
        try:
            data = json.loads(reply.body)
        except ValueError:
            return None
        return data.get("token") or data.get("access_token") if isinstance(data, dict) else None

    def _understand(self, reply: Reply, name: Name) -> Answer:
        if reply.status in (401, 403):
            return Unknown(f"the registry {self._host} shows '{name}' only to servers that it knows", private=True)
        if reply.status == 404:
            return Unknown(f"the registry {self._host} has no '{name}': check the spelling")
        if reply.status != 200:
            return Unknown(f"the registry {self._host} answered {reply.status} for '{name}'")
        manifest = parse_manifest(reply.body)
        if manifest is None:
            return Unknown(f"{self._host} does not answer as a registry does for '{name}': check the host, and proxies")
        return manifest
