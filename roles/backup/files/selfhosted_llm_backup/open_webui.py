"""The data of Open WebUI: a copy that fits together while it serves, and the way back.

Beside the volume's data, on their file system, stand `_backup` (a copy while it is made), `_restoring` (data while they
are unpacked), `_ready` (the same when they are whole) and `_before-...` (what they replaced). Where the volume is
somebody's own folder, their names begin with that folder's.
"""

import contextlib
import ctypes
import errno
import functools
import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
import urllib.request
from pathlib import Path

from archive import human, need_room, own, placed, size, unpack, walk
from containers import container_of, data_of, docker, running, standing_still
from problem import Problem

DATABASE = "webui.db"
# What the server fetches and makes anew, and what belongs to an open database.
LEFT_OUT = {"cache", DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"}
# Files that are written once. A second name for them costs nothing.
WRITTEN_ONCE = {"uploads"}
# Variables of another database than the usual one.
ELSEWHERE = re.compile(rf"DATABASE_(URL|TYPE|HOST)=(?!sqlite(:.*/{re.escape(DATABASE)})?$)")
# Tries to read the database while the server stands still, and seconds for each.
TRIES, PATIENCE = 5, 2


def beside(data, name):
    """A place beside the data that is nobody else's."""
    return data.with_name(name if data.name == "_data" else f".{data.name}{name}")


def version_of(container):
    """What the running server says that it is; None when it does not say."""
    environment = dict(item.split("=", 1) for item in container["Config"]["Env"])
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(environment.get("HOST", ""), environment.get("HOST"))
    url = f"http://{host}:{environment.get('PORT', '8080')}/api/version"
    with contextlib.suppress(OSError, ValueError, KeyError):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # It is this machine that is asked.
        with opener.open(url, timeout=10) as reply:
            return json.load(reply)["version"]
    return None


def opened(database, how="mode=ro"):
    return contextlib.closing(sqlite3.connect(f"{database.as_uri()}?{how}", uri=True, timeout=PATIENCE))


def rows(database, query):
    return [row[0] for row in database.execute(query)]


def facts(tables, ask):
    """What a database of Open WebUI has; `ask` gives the first column of what a query finds."""
    counted = {
        "user": "accounts",
        "chat": "chats",
        "prompt": "prompts",
        "knowledge": "knowledge_bases",
        "file": "files",
    }
    return {
        "revisions": ask("SELECT version_num FROM alembic_version") if "alembic_version" in tables else [],
        **{word: int(ask(f'SELECT count(*) FROM "{name}"')[0]) for name, word in counted.items() if name in tables},
    }


def snapshot(part):
    """Copy what belongs together while the server stands still. Return what the manifest says, and the members."""
    data, container = data_of(part), container_of(part)
    not_elsewhere(container, part)
    if not (data / DATABASE).exists():
        raise Problem(f"There is no {DATABASE} in the volume {part['volume']}: run site.yml first, which makes it")
    replaceable(data)
    copied = [path for path in data.iterdir() if path.name not in LEFT_OUT | WRITTEN_ONCE]
    needed = sum(size(path) for path in [*copied, data / DATABASE])
    need_room(data, needed, "a copy of the data of Open WebUI")
    copy = place_of_copy(part)
    clean(part, copy)
    version = version_of(container) if running(container) else None
    seconds = 0.0
    for last in [False] * (TRIES - 1) + [True]:
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir(mode=0o700)
        began = time.monotonic()
        try:
            with standing_still(part["container"], container):
                copy_database(data, copy)
                copy_files(data, copy)
            seconds = round(time.monotonic() - began, 2)
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or last:
                raise Problem(f"The database of Open WebUI cannot be read ({error}): try again in a minute") from error
    with opened(copy / DATABASE, "mode=ro&immutable=1") as database:  # So that no file appears beside it.
        problems = rows(database, "PRAGMA quick_check(1)")
        if problems != ["ok"]:
            raise Problem(f"The database of Open WebUI is damaged ({problems[0]}): mend {data / DATABASE} first")
        about = {"version": version, "image": container and container["Config"]["Image"]}
        tables = rows(database, "SELECT name FROM sqlite_master WHERE type = 'table'")
        about |= facts(tables, functools.partial(rows, database))
    own(copy, {"uid": data.stat().st_uid, "gid": data.stat().st_gid, "mode": data.stat().st_mode & 0o7777})
    members = list(walk(copy, "open_webui/data"))
    for path in part["files"]:
        if Path(path).exists():
            members += walk(Path(path), f"open_webui/files{path}")
    return {**about, "stood_still_seconds": seconds}, members


def not_elsewhere(container, part):
    """The server was told of no other database."""
    told = list(container["Config"]["Env"]) if container else []
    for path in part["files"]:
        if path.endswith(".env") and Path(path).exists():
            told += Path(path).read_text().splitlines()
    if any(ELSEWHERE.match(line) for line in told):
        raise Problem(
            "Open WebUI keeps its accounts in a database elsewhere (DATABASE_URL): that is backed up, and put back, by"
            " its own tools"
        )


def place_of_copy(part):
    return beside(data_of(part), "_backup")


def clean(part, copy):
    """Take away what an ended run has left."""
    if copy.exists():
        container = container_of(part)
        if container and container["State"]["Paused"]:
            docker("unpause", part["container"])
        shutil.rmtree(copy)


def copy_database(data, copy):
    with opened(data / DATABASE, "mode=rw") as database, opened(copy / DATABASE, "mode=rwc") as made:
        database.backup(made)
    state = (data / DATABASE).stat()
    own(copy / DATABASE, {"uid": state.st_uid, "gid": state.st_gid, "mode": state.st_mode & 0o7777})


def copy_files(data, copy):
    for path in data.iterdir():
        if path.name in LEFT_OUT:
            continue
        how = "--link" if path.name in WRITTEN_ONCE else "--reflink=auto"
        command = ["cp", "--archive", how, "--target-directory", str(copy), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(errno.ENOSPC if "No space left" in done.stderr else errno.EIO, done.stderr.strip())


def put_back(part, archive, passphrase_file, manifest):
    """Put the data of a checked archive in the place of those that are there, in one step.

    Return where those are now; None when there were none.
    """
    data, container = data_of(part), container_of(part)
    not_elsewhere(container, part)
    new, ready = beside(data, "_restoring"), beside(data, "_ready")
    before = beside(data, f"_before-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    replaceable(data)
    if new.exists():
        shutil.rmtree(new)
    # An ended run left it: what it was to put back, or, one step later, what was there before.
    if ready.exists():
        ready.replace(before.with_name(f"{before.name}-kept"))
    needed = sum(about.get("size", 0) for name, about in manifest["files"].items() if placed(name, tops(new)))
    need_room(data, needed, f"the data of the backup ({human(needed)})")
    was_running = running(container)
    try:
        unpack(archive, passphrase_file, tops(new))
        if was_running:
            docker("stop", part["container"])
        new.replace(ready)
        exchange(ready, data)
    except (Problem, OSError):
        # Nothing was exchanged, so both are of the archive.
        for path in (new, ready):
            shutil.rmtree(path, ignore_errors=True)
        if was_running:
            docker("start", part["container"])
        raise
    ready.replace(before)
    # Its caches stay: some of what is in them came from the internet.
    if (before / "cache").exists() and not (data / "cache").exists():
        (before / "cache").replace(data / "cache")
    files = {f"open_webui/files{path}": Path(path) for path in part["files"]}
    unpack(archive, passphrase_file, files)
    if (before / DATABASE).exists():
        return str(before)
    shutil.rmtree(before)
    return None


def tops(new):
    return {"open_webui/data": new}


def replaceable(data):
    """The data can be replaced in one step, which is tried beside them."""
    tried = [beside(data, name) for name in ("_try", "_try-other")]
    try:
        if str(data) in mounted():
            raise OSError(errno.EBUSY, "something is mounted there")
        for path in tried:
            path.mkdir(mode=0o700, exist_ok=True)
        exchange(*tried)
    except OSError as error:
        raise Problem(
            f"What is in {data} cannot be replaced in one step ({error.strerror}), so that no backup could be put back"
            " there: the data have to be in an ordinary volume, or in one of a folder of a local disk"
        ) from error
    finally:
        for path in filter(Path.exists, tried):
            path.rmdir()


def mounted():
    """Where something is mounted, also another folder of the same file system (proc_pid_mountinfo(5))."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return {re.sub(r"\\([0-7]{3})", lambda code: chr(int(code.group(1), 8)), line.split()[4]) for line in lines}


def exchange(one, other):
    """Exchange two folders in one step, which the kernel can since 3.15 on all usual file systems."""
    at_current, exchange_names = -100, 2
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(at_current, bytes(one), at_current, bytes(other), exchange_names):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(other))
