"""Prints the requirements of Open WebUI's wheel and of its extra for PostgreSQL, without those that are left out.

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
        wanted = requirement.removesuffix("; extra == 'postgres'")
        if "extra ==" not in wanted and name_of(wanted) not in unwanted:
            print(wanted)


if __name__ == "__main__":
    main(*sys.argv[1:])
