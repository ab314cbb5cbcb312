"""Looks at the data of an Open WebUI, or copies them. Usage: adoption.py look DATA [PLACE] | copy DATA COPY.

Prints JSON, or ends with one sentence that says why not. The live database is only read. How much room there is
is told of PLACE, where a copy is to be, and else of where the data are.
"""

import contextlib
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys


def kept(data):
    """What is copied: all but what the server fetches and makes anew."""
    return [path for path in data.iterdir() if path.name != "cache"]


def size(path):
    with contextlib.suppress(FileNotFoundError):  # The server works on, and removes what it no longer needs.
        if not path.is_dir() or path.is_symlink():
            return path.lstat().st_size
        return sum(size(child) for child in path.iterdir())
    return 0


def rows(database, query):
    return [row[0] for row in database.execute(query)]


def opened(data, how):
    return contextlib.closing(sqlite3.connect((data / "webui.db").as_uri() + f"?{how}", uri=True))


def reading(data):
    """How the database is opened so that no file appears beside it.

    SQLite makes those of its write-ahead log (which byte 18 tells of) anew for whoever reads, when nobody has it open.
    """
    with (data / "webui.db").open("rb") as file:
        logged = file.read(19)[18:] == b"\x02"
    return "mode=ro" + ("&immutable=1" if logged and not (data / "webui.db-wal").exists() else "")


def look(data, place=None):
    if not (data / "webui.db").exists():
        return {"database": False}
    with opened(data, reading(data)) as database:
        tables = rows(database, "SELECT name FROM sqlite_master")
        roles = dict(database.execute("SELECT email, role FROM user")) if "user" in tables else {}
        return {
            "database": True,
            "revisions": rows(database, "SELECT * FROM alembic_version") if "alembic_version" in tables else [],
            "accounts": len(roles),
            "admins": [email for email, role in roles.items() if role == "admin"],
            # The new version may write each table anew.
            "needed": sum(size(path) for path in kept(data)) + size(data / "webui.db"),
            "free": shutil.disk_usage(place or data).free,
        }


def copy(data, to):
    done = subprocess.run(
        ["cp", "--archive", "--target-directory", to, *kept(data)], stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr.strip().splitlines()[-1])
    with opened(to, "mode=rw") as database:
        problems = rows(database, "PRAGMA quick_check(1)")
        if problems != ["ok"]:
            sys.exit(f"its database is damaged: {problems[0].splitlines()[-1]}")
        return {"accounts": rows(database, "SELECT count(*) FROM user")[0]}


try:
    print(json.dumps({"look": look, "copy": copy}[sys.argv[1]](*map(pathlib.Path, sys.argv[2:]))))
except (OSError, sqlite3.Error) as error:
    sys.exit(str(error))
