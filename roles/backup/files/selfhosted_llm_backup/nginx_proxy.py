"""The keys and certificates of the door, and its configuration."""

from pathlib import Path

from archive import unpack, walk

FILES = "nginx_proxy/files"


def snapshot(part):
    members = []
    for path in [*part["files"], *part["configuration"]]:
        if Path(path).exists():
            members += walk(Path(path), f"{FILES}{path}")
    return {"files": [path for path in part["files"] if Path(path).exists()]}, members


def put_back(part, archive, passphrase_file, _manifest):
    """The configuration is not put back, since it is the role's to write; people find it in the archive."""
    unpack(archive, passphrase_file, {f"{FILES}{path}": Path(path) for path in part["files"]})
