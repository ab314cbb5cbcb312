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
    """Where the volume of a part is: a folder of this machine, which is there also when no container uses it."""
    volume = json.loads(docker("volume", "inspect", part["volume"]))[0]
    options = volume["Options"] or {}
    if "device" not in options:
        return Path(volume["Mountpoint"])
    if not {"bind", "rbind"} & set(options.get("o", "").split(",")):
        raise Problem(
            f"The volume {part['volume']} is {options['device']}, which Docker mounts only while a container uses it:"
            " its data have to be in an ordinary volume, or in one of a folder of a local disk"
        )
    return Path(options["device"]).resolve()


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
