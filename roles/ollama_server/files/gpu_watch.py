"""Restart Ollama's container when a model that should be on the GPU runs on the CPU.

Usage: gpu_watch.py URL CONTAINER

A container loses its GPU when the driver is updated, when the machine wakes from sleep, or when systemd
is reloaded; models that are loaded from then on run on the CPU. A restart gives it back. One that does not
help is not repeated within the hour: the unit fails then, and says so.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

MARK = Path(os.environ.get("RUNTIME_DIRECTORY", "/run")) / "restarted"
PATIENCE = 3600  # Seconds.


def ask(url: str, body: object = None) -> dict:
    # Not through a proxy: it is this machine that is asked.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, body and json.dumps(body).encode()), timeout=30) as reply:
        return json.load(reply)


def kept_from_it(url: str, name: str) -> bool:
    """Whether the model's own parameters keep it from the GPU: lines of a name and a value."""
    try:
        parameters = ask(f"{url}/api/show", {"model": name}).get("parameters") or ""
    except urllib.error.HTTPError:
        return True  # It was removed while it was in memory, and nobody can tell any more.
    return ["num_gpu", "0"] in [line.split() for line in parameters.splitlines()]


def main(url: str, container: str) -> str | None:
    models = ask(f"{url}/api/ps")["models"]
    lost = [model["name"] for model in models if not model.get("size_vram") and not kept_from_it(url, model["name"])]
    if not lost:
        return None
    if MARK.exists() and time.time() - MARK.stat().st_mtime < PATIENCE:
        return f"{', '.join(lost)} on the CPU still, after a restart of {container} within the hour: look at its log."
    MARK.touch()
    print(f"{', '.join(lost)} on the CPU: restarting {container}.")
    subprocess.run(["docker", "restart", container], check=True, stdout=subprocess.DEVNULL)
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
