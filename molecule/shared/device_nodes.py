"""Device nodes of GPUs that are not there: what a driver makes, and preflights look for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NUMBERS = {
    "/dev/nvidiactl": "195 255",
    "/dev/nvidia0": "195 0",
    "/dev/kfd": "511 0",
    "/dev/dri/renderD128": "226 128",
}


@contextmanager
def device_nodes(host: Any, *paths: str) -> Iterator[None]:
    """Makes these nodes on the test host, in the group `render` where a driver's rules put them, and removes them."""
    host.check_output("groupadd --system --force render && mkdir -p /dev/dri")
    try:
        for path in paths:
            host.check_output(f"mknod --mode=0660 {path} c {NUMBERS[path]}")
            if "nvidia" not in path:
                host.check_output(f"chgrp render {path}")
        yield
    finally:
        host.check_output(f"rm -f {' '.join(paths)} && rmdir --ignore-fail-on-non-empty /dev/dri")
