"""Prints the requirements of Open WebUI's wheel without those that are left out.

Usage: requirements.py WHEEL LEFT_OUT
"""

from __future__ import annotations

import re
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path


def name_of(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower()


def main(wheel: str, left_out: str) -> None:
    unwanted = {line for line in Path(left_out).read_text().split("\n") if line and not line.startswith("#")}
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        requirements = message_from_bytes(archive.read(metadata)).get_all("Requires-Dist", [])
    for requirement in requirements:
        if "extra ==" not in requirement and name_of(requirement) not in unwanted:
            print(requirement)


if __name__ == "__main__":
    main(*sys.argv[1:])
