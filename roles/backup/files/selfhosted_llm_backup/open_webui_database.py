"""What several Open WebUI share, in PostgreSQL: a dump that fits together while they serve, and the way back."""

import contextlib
import os
import shutil
import subprocess
import tempfile

from archive import need_room, opened
from open_webui import facts
from problem import Problem

# The first whose pg_dump leaves an extension out.
OLDEST = 170000
MEMBER = "open_webui_database/database.dump"
SIZE = "SELECT pg_database_size(current_database())"
VERSION = "SHOW server_version_num"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
# Servers that still hold on to it are sent away, and nobody else is waited for without end. The extension goes where
# the user has made it, and is in no dump.
BEGIN = """BEGIN;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = '{user}';
SET LOCAL lock_timeout = '1min';
SET ROLE "{user}";
DROP OWNED BY CURRENT_USER;
RESET ROLE;
CREATE EXTENSION IF NOT EXISTS vector;
SET ROLE "{user}";
"""
# One transaction, so that whatever ends it before its last word leaves what was there.
REPLACE = r"""
{ printf %s "$0"; pg_restore --no-owner --no-privileges --file=- && printf '\nCOMMIT;\n'; } | "$@" >/dev/null
"""


def as_postgres(part, program, *arguments):
    """The account that comes in without a password."""
    return ["runuser", "--user=postgres", "--", program, f"--port={part['port']}", *arguments]


def psql(part, *arguments):
    options = ["--quiet", "--no-psqlrc", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
    return as_postgres(part, "psql", *options, f"--dbname={part['database']}", *arguments)


def run(arguments, pieces=(), sink=None):
    """What a program prints, which goes into `sink` if there is one. It is given `pieces`."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    pipe = subprocess.PIPE
    with tempfile.TemporaryFile() as words:
        with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=words, cwd="/", env=environment) as process:
            # One that ends early says why.
            with contextlib.suppress(BrokenPipeError):
                for piece in pieces:
                    process.stdin.write(piece)
                process.stdin.close()
            printed = shutil.copyfileobj(process.stdout, sink) if sink else process.stdout.read()
        if process.returncode:
            words.seek(0)
            raise Problem(" ".join(words.read().decode(errors="replace").split()) or f"{arguments[0]} does not say why")
    return printed


def rows(part, query):
    return run(psql(part, f"--command={query}")).decode().splitlines()


@contextlib.contextmanager
def asked(part):
    """What is wrong with its answers, in a sentence."""
    try:
        yield
    except Problem as problem:
        raise Problem(
            f"PostgreSQL at port {part['port']} does not give the database {part['database']} ({problem}): see that it"
            " runs (systemctl status postgresql)"
        ) from problem


def snapshot(part, copy):
    """Return what the manifest says, and the members. `copy` is a folder for the dump."""
    path = copy / "database.dump"
    path.touch(mode=0o600)
    # The extension is made by the role, and nobody's but the machine's.
    how = ["--format=custom", "--exclude-extension=vector", f"--role={part['user']}", f"--dbname={part['database']}"]
    with asked(part):
        size, version = int(rows(part, SIZE)[0]), int(rows(part, VERSION)[0])
    if version < OLDEST:
        raise Problem(
            f"PostgreSQL at port {part['port']} is version {version // 10000}, and a dump of it wants 17 or newer"
        )
    need_room(copy, size, "a dump of the database")
    with asked(part):
        # By a pipe: into a file pg_dump writes its list once more, after the end.
        with path.open("wb") as file:
            run(as_postgres(part, "pg_dump", *how), sink=file)
        # All of it can be read.
        run(["pg_restore", "--file=/dev/null", str(path)])
        about = facts(rows(part, TABLES), lambda query: rows(part, query))
    return about, [(MEMBER, path)]


def put_back(part, archive, passphrase_file, _manifest):
    """Put what a checked archive has in the place of all that the user owns in the database, or leave that as it is."""
    with opened(archive, passphrase_file) as (_its_manifest, contents):
        for name, source in contents:
            if name != MEMBER:
                continue
            try:
                run(["bash", "-o", "pipefail", "-c", REPLACE, BEGIN.format(**part), *psql(part)], source.pieces())
            except Problem as problem:
                raise Problem(
                    f"PostgreSQL does not take the database {part['database']} from {archive} ({problem}), and has what"
                    " it had before"
                ) from problem
