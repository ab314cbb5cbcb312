"""What Docker is asked for, by its command."""

import contextlib
import json
import subprocess
from pathlib import Path

from problem import Problem


def docker(*arguments):
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem(f"Docker does not do '{' '.join(arguments)}': {done.stderr.strip()}")
    return done.stdout


def data_of(part):
    """Where the volume of a part is."""
    return Path(docker("volume", "inspect", "--format", "{{.Mountpoint}}", part["volume"]).strip())


def container_of(part):
    """What Docker says of the container; None when there is none."""
    done = subprocess.run(
        ["docker", "inspect", "--type=container", part["container"]], capture_output=True, check=False
    )
    return json.loads(done.stdout)[0] if done.returncode == 0 else None


def running(container):
    return container is not None and container["State"]["Running"]


@contextlib.contextmanager
def standing_still(name, container):
    if not running(container):
        yield
        return
    docker("pause", name)
    try:
        yield
    finally:
        docker("unpause", name)
