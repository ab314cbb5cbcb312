"""A registry of a benchmark's own, with models of any size and number, which is gone with its content at the end."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from modules import ROOT
from servers import STATE, wait_for
from weights import write_model

CHUNK = 1 << 20
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True)
class OwnRegistry:
    """Its container's name, and the URL at which it takes what is pushed."""

    name: str
    url: str

    def push(self, model: str, size: int) -> None:
        """Give it a model of so many bytes at least, which no other shares a layer with."""
        with tempfile.TemporaryDirectory(dir=STATE) as folder:
            file = Path(folder) / "model.gguf"
            write_model(file, model)
            with file.open("ab") as weights:
                # What comes after the last tensor is no part of it.
                while (missing := size - weights.tell()) > 0:
                    weights.write(os.urandom(min(missing, CHUNK)))
            layer = self._push_file(model, "application/vnd.ollama.image.model", file)
            config = Path(folder) / "config.json"
            config.write_text(json.dumps({"model_format": "gguf", "model_family": "llama", "name": model}))
            manifest = {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": self._push_file(model, "application/vnd.docker.container.image.v1+json", config),
                "layers": [layer],
            }
        self.tag(model, "latest", json.dumps(manifest))

    def tag(self, model: str, tag: str, manifest: str) -> None:
        where = f"{self.url}/v2/library/{model}/manifests/{tag}"
        requests.put(where, data=manifest, headers={"Content-Type": MANIFEST}, timeout=60).raise_for_status()

    def manifest(self, model: str) -> str:
        where = f"{self.url}/v2/library/{model}/manifests/latest"
        reply = requests.get(where, headers={"Accept": MANIFEST}, timeout=60)
        reply.raise_for_status()
        return reply.text

    def _push_file(self, model: str, kind: str, file: Path) -> dict[str, Any]:
        digest = hashlib.sha256()
        with file.open("rb") as content:
            while part := content.read(CHUNK):
                digest.update(part)
        begun = requests.post(f"{self.url}/v2/library/{model}/blobs/uploads/", timeout=60)
        begun.raise_for_status()
        where = requests.compat.urljoin(self.url, begun.headers["Location"])
        named = f"{where}&digest=sha256:{digest.hexdigest()}"
        with file.open("rb") as content:
            headers = {"Content-Type": "application/octet-stream"}
            requests.put(named, data=content, headers=headers, timeout=600).raise_for_status()
        return {"mediaType": kind, "digest": f"sha256:{digest.hexdigest()}", "size": file.stat().st_size}


@contextmanager
def own_registry(services: dict[str, Any]) -> Iterator[tuple[OwnRegistry, dict[str, Any]]]:
    """It, and the test-bed's services with it in the place of the test-bed's own."""
    name = f"{services['prefix']}-bench-registry"
    start = [
        "docker",
        "run",
        "--detach",
        f"--name={name}",
        f"--label=selfhosted-llm-testbed={ROOT}",
        f"--network={services['network']}",
        "--publish=127.0.0.1::5000",
        f"--volume={STATE}/server.pem:/etc/testbed/server.pem:ro",
        f"--volume={STATE}/server.key:/etc/testbed/server.key:ro",
        services["images"]["registry"],
    ]
    subprocess.run(start, check=True, capture_output=True)
    try:
        port = subprocess.run(["docker", "port", name, "5000/tcp"], check=True, capture_output=True, text=True).stdout
        url = f"http://{port.strip()}"
        wait_for(f"{url}/v2/")
        yield OwnRegistry(name, url), services | {"registry_container": name}
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], check=True, capture_output=True)
