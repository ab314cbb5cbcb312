"""Waits until Open WebUI is ready. Usage: ready.py URL CONTAINER [SECONDS], where 0 seconds only look.

A container that ends three times meanwhile does not come any more, and nobody is kept waiting for it.
"""

import contextlib
import json
import subprocess
import sys
import time
import urllib.request

PATIENCE = 600  # Seconds: a migration takes its time on a small machine.
ENDS = 3


def asked(url):
    """Why it is not ready; empty when it is. Before it is, its page for browsers may answer in its place."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # It is this machine that is asked.
    try:
        with opener.open(f"{url}/ready", timeout=10) as reply:
            json.load(reply)
    except (OSError, ValueError) as error:
        return str(error)
    return ""


def ends(container):
    command = ["docker", "inspect", "--format", "{{.RestartCount}}", container]
    with contextlib.suppress(ValueError):
        return int(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    return 0


def main(url, container, seconds=PATIENCE):
    until, before = time.monotonic() + int(seconds), ends(container) if int(seconds) else 0
    while reason := asked(url):
        if time.monotonic() > until:
            return reason
        if ends(container) - before >= ENDS:
            return f"it ended {ENDS} times"
        time.sleep(1)
    return None


sys.exit(main(*sys.argv[1:]))
