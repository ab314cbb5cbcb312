"""The commands: make a backup, look at one, restore from one, and release what an ended run has left."""

import contextlib
import fcntl
import json
import re
import shutil
import sqlite3
import sys
import time
from pathlib import Path

import archive
import nginx_proxy
import ollama_server
import open_webui
import open_webui_database
from problem import Problem

DAY = 86400
# How the program ends when a backup was made in which a part is missing.
INCOMPLETE = 3
LOCK = Path("/run/selfhosted-llm-backup.lock")


@contextlib.contextmanager
def alone():
    """One at a time on a machine: who comes second is told so."""
    with LOCK.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(
                "Another backup or restore is at work on this machine: run this again when it is done"
            ) from None
        yield


def existing(configuration):
    """The backups of this machine, oldest first. Their names tell when they were made."""
    name = re.compile(re.escape(configuration["name"]) + r"-\d{8}T\d{6}Z\.tar\.gz(\.gpg)?")
    directory = Path(configuration["directory"])
    return sorted(path for path in directory.iterdir() if name.fullmatch(path.name)) if directory.exists() else []


def make(configuration):
    release(configuration)
    directory = Path(configuration["directory"])
    suffix = ".tar.gz.gpg" if configuration["passphrase_file"] else ".tar.gz"
    now = time.gmtime()
    archive.folder(directory)
    partial, copy = unfinished(directory)
    copy.mkdir(mode=0o700)
    parts, members, lacking = {}, [], {}
    wanted = configuration["parts"]
    try:
        for name, snapshot in SNAPSHOTS.items():
            if name not in wanted:
                continue
            # That the models cannot be listed is no reason to have no copy of the chats.
            try:
                parts[name], of_part = snapshot(wanted[name], copy)
                members += of_part
            except (Problem, OSError, sqlite3.Error) as problem:
                lacking[name] = str(problem)
        if not parts:
            raise Problem("; ".join(lacking.values()))
        archive.need_room(directory, sum(archive.size(path) for _name, path in members if path.is_file()), "the backup")
        about = {"host": configuration["host"], "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", now), "parts": parts}
        archive.write(partial, about, members, configuration["passphrase_file"])
        manifest = archive.check(partial, configuration["passphrase_file"])
        # Counted by themselves, those are not the newest, and push no whole one out.
        series = f"{configuration['name']}-incomplete" if lacking else configuration["name"]
        target = directory / f"{series}-{time.strftime('%Y%m%dT%H%M%SZ', now)}{suffix}"
        partial.replace(target)
        archive.settle(directory)
    finally:
        release(configuration)
    removed = prune({**configuration, "name": series}, target)
    return {**told(target, manifest), "removed": removed, "lacking": lacking}


def unfinished(directory):
    """Where a backup is written, and what is copied for it."""
    return directory / ".partial", directory / ".copy"


def release(configuration):
    """Take away what an ended run has left, and let a server go on that stands still for it."""
    if "open_webui" in configuration["parts"]:
        part, copy = configuration["parts"]["open_webui"], None
        with contextlib.suppress(Problem, OSError):  # Who needs what cannot be found tells of it.
            copy = open_webui.place_of_copy(part)
        if copy:
            open_webui.clean(part, copy)
    partial, copy = unfinished(Path(configuration["directory"]))
    partial.unlink(missing_ok=True)
    shutil.rmtree(copy, ignore_errors=True)


def prune(configuration, newest):
    """Remove the backups that are too many or too old, never the newest."""
    older = [path for path in existing(configuration) if path != newest]
    keep = configuration["keep"] - 1
    surplus = older[:-keep] if keep else older
    too_old = [
        path
        for path in older
        if configuration["keep_days"] and time.time() - path.stat().st_mtime > configuration["keep_days"] * DAY
    ]
    gone = sorted({*surplus, *too_old})
    for path in gone:
        path.unlink()
    return [str(path) for path in gone]


def told(path, manifest):
    """A backup without its list of files."""
    return {
        "archive": str(path),
        "size": path.stat().st_size,
        **{key: manifest[key] for key in ("host", "made", "parts")},
        "files": len(manifest["files"]),
    }


def look(configuration, path=""):
    """Check a backup, or the newest."""
    if not path:
        newest = existing(configuration)[-1:]
        if not newest:
            raise Problem(
                f"There is no backup in {configuration['directory']}: run backup.yml first, or name an archive"
            )
        path = newest[0]
    path = Path(path)
    if not path.exists():
        raise Problem(f"There is no backup {path}: name one that is there, or none for the newest")
    return told(path, archive.check(path, configuration["passphrase_file"]))


def restore(configuration, path, *names):
    path = Path(path)
    manifest = archive.check(path, configuration["passphrase_file"])
    lacking = [name for name in names if name not in manifest["parts"]]
    if lacking:
        raise Problem(f"The backup {path} has no {' and no '.join(lacking)}: it has {', '.join(manifest['parts'])}")
    before = [
        PUT_BACK[name](configuration["parts"][name], path, configuration["passphrase_file"], manifest) for name in names
    ]
    return {**told(path, manifest), "before": next(filter(None, before), "")}


SNAPSHOTS = {
    "open_webui": lambda part, _copy: open_webui.snapshot(part),
    "open_webui_database": open_webui_database.snapshot,
    "ollama_server": ollama_server.snapshot,
    "nginx_proxy": lambda part, _copy: nginx_proxy.snapshot(part),
}
PUT_BACK = {
    "open_webui": open_webui.put_back,
    "open_webui_database": open_webui_database.put_back,
    "ollama_server": ollama_server.put_back,
    "nginx_proxy": nginx_proxy.put_back,
}
COMMANDS = {"make": make, "look": look, "restore": restore, "release": release}


def main(file, command, *arguments):
    configuration = json.loads(Path(file).read_text())
    try:
        with alone():
            result = COMMANDS[command](configuration, *arguments)
        if result is not None:
            print(json.dumps(result))
        if result and result.get("lacking"):
            print(
                f"{result['archive']} was made without {'; '.join(map(': '.join, result['lacking'].items()))}.",
                file=sys.stderr,
            )
            sys.exit(INCOMPLETE)
    except (Problem, OSError, sqlite3.Error) as error:
        sys.exit(f"{str(error).rstrip('.')}.")
