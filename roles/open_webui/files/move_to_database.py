"""Copies what an Open WebUI keeps in SQLite and Chroma to an empty PostgreSQL, and its uploads to a bucket.

Usage: move_to_database.py DATA, in an image of Open WebUI with the environment of the server to come. DATA is the
volume of a stopped server, and is only read. Tables and vectors are one transaction, so that all of them come or none.
Prints JSON, or ends with one sentence that says why not.
"""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

# Of the schema itself, of what vectors become, and of older versions.
NOT_COPIED = {"alembic_version", "document_chunk", "config_old"}
PAGE = 200
NOTE = "moved from SQLite: "


class Problem(Exception):
    """Ends the program with its text."""


class Told:
    """What is said in the end."""

    def __init__(self):
        self.rows, self.vectors, self.uploads, self.cleaned = {}, {}, 0, 0
        self.left_out, self.orphans, self.missing_uploads = {}, {}, []


def clean(text, in_json):
    """Text without NUL, for which PostgreSQL has no word, and without halves of characters."""
    kept = text.replace("\0", "").encode("utf-8", "replace").decode()
    return re.sub(r"(?<!\\)((?:\\\\)*)\\u0000", r"\1", kept) if in_json else kept


def converted(value, kind, told):
    """A value of SQLite, whose columns take any, as one for a column of PostgreSQL, whose type in Python is `kind`."""
    if value is None or kind is bytes or (kind in (int, float) and isinstance(value, (int, float))):
        return value
    if kind is bool:
        return str(value).lower() not in ("0", "false", "")
    if kind is dict and not isinstance(value, (str, bytes)):
        return json.dumps(value)  # SQLite makes numbers of what looks like one.
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    if kind is int:
        return int(float(text)) if text.strip() else None
    kept = clean(text, in_json=kind is dict)
    told.cleaned += kept != text
    return kept


def first_line(error):
    """What an error says, without the rows that it says it of."""
    return (str(getattr(error, "orig", error)).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def quoted(names):
    return ", ".join(f'"{name}"' for name in names)


def fingerprint(data):
    """Another one when a server has written to it since."""
    states = [path.stat() for path in (data / "webui.db", data / "webui.db-wal") if path.exists()]
    return NOTE + "-".join(f"{state.st_size}.{state.st_mtime_ns}" for state in states)


@contextlib.contextmanager
def copied(data):
    """A copy to read: SQLite and Chroma write where they are opened."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("webui.db", "webui.db-wal"):
            if (data / name).exists():
                shutil.copy(data / name, folder)
        if (data / "vector_db").exists():
            shutil.copytree(data / "vector_db", Path(folder) / "vector_db")
        yield Path(folder)


def move(data):
    """What was moved; what an earlier run told of it, where nobody could take note."""
    from open_webui import config  # Makes the schema.
    from open_webui.internal.db import engine
    from sqlalchemy import MetaData, text

    told = Told()
    vectors = client_of_vectors(config)
    with (
        copied(data) as copy,
        contextlib.closing(sqlite3.connect(copy / "webui.db")) as source,
        engine.begin() as target,
    ):
        note = target.execute(text("SELECT obj_description('alembic_version'::regclass)")).scalar()
        if note == fingerprint(data):
            return {"already": True}
        accounts = target.execute(text('SELECT count(*) FROM "user"')).scalar()
        if accounts:
            raise Problem(f"the database has {accounts} accounts already, which nothing may be mixed with")
        schema = "SELECT version_num FROM alembic_version"
        old, new = source.execute(schema).fetchone()[0], target.execute(text(schema)).scalar()
        if old != new:
            raise Problem(
                "its database is one of another version of Open WebUI: run the declared version with it first"
            )
        (metadata := MetaData()).reflect(target)
        copy_tables(source, target, {table.name: table for table in metadata.sorted_tables}, told)
        copy_uploads(data / "uploads", config, target, told)
        copy_vectors(copy / "vector_db", vectors, target, told)
        target.execute(text(f"COMMENT ON TABLE alembic_version IS '{fingerprint(data)}'"))
    return vars(told)


def copy_tables(source, target, tables, told):
    from sqlalchemy import inspect, text

    tables = {name: table for name, table in tables.items() if name not in NOT_COPIED}
    # Rows may come before those that they name, or name none: SQLite does not look.
    definition = text(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name AND conrelid = to_regclass(:table)"
    )
    keys = [
        (name, key, target.execute(definition, {"name": key["name"], "table": f'"{name}"'}).scalar())
        for name in tables
        for key in inspect(target).get_foreign_keys(name)
    ]
    for name, key, _definition in keys:
        target.execute(text(f'ALTER TABLE "{name}" DROP CONSTRAINT "{key["name"]}"'))
    for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if name in tables:
            try:
                copy_table(source, target, tables[name], told)
            except Exception as error:
                raise Problem(f"its table {name} cannot be copied: {first_line(error)}") from error
        elif name not in NOT_COPIED:
            rows = source.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            told.left_out |= {name: rows} if rows else {}
    for name, key, again in keys:
        gone = 0
        # Who has gone may be what others of the same table belong to.
        while found := target.execute(text(orphans(name, key))).rowcount:
            gone += 0 if frees(key) else found
        told.orphans |= {f"{name}.{'.'.join(key['constrained_columns'])}": gone} if gone else {}
        target.execute(text(f'ALTER TABLE "{name}" ADD CONSTRAINT "{key["name"]}" {again}'))


def copy_table(source, target, table, told):
    from sqlalchemy import text

    there = [row[1] for row in source.execute(f'PRAGMA table_info("{table.name}")')]
    columns = [column for column in table.columns if column.name in there]
    rows = source.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0]
    gone = [name for name in there if name not in table.columns]
    told.left_out |= {f"{table.name}.{name}": rows for name in gone if rows}
    kinds = [column.type.python_type for column in columns]
    names = quoted(column.name for column in columns)
    # The migrations have put something into some of them.
    target.execute(text(f'DELETE FROM "{table.name}"'))
    insert = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join(["%s"] * len(columns))})'
    cursor = source.execute(f'SELECT {names} FROM "{table.name}"')
    while page := cursor.fetchmany(PAGE):
        values = [[converted(value, kind, told) for value, kind in zip(row, kinds, strict=True)] for row in page]
        target.connection.cursor().executemany(insert, values)
    written = target.execute(text(f'SELECT count(*) FROM "{table.name}"')).scalar()
    if rows != written:
        raise Problem(f"of {rows} rows of {table.name} {written} came")
    told.rows |= {table.name: rows} if rows else {}


def frees(key):
    """Whether what names something that is gone stays, and names nothing from then on."""
    return key["options"].get("ondelete") == "SET NULL"


def orphans(name, key):
    """Does what PostgreSQL would have done when the thing went that a row names, and SQLite has not."""
    pairs = list(zip(key["constrained_columns"], key["referred_columns"], strict=True))
    named = " AND ".join(f'c."{column}" IS NOT NULL' for column, _other in pairs)
    found = " AND ".join(f'p."{other}" = c."{column}"' for column, other in pairs)
    gone = f'NOT EXISTS (SELECT FROM "{key["referred_table"]}" p WHERE {found})'
    if frees(key):
        nothing = ", ".join(f'"{column}" = NULL' for column, _other in pairs)
        return f'UPDATE "{name}" c SET {nothing} WHERE {named} AND {gone}'
    return f'DELETE FROM "{name}" c WHERE {named} AND {gone}'


def copy_uploads(folder, config, target, told):
    """Files get the names that the server to come would have given them."""
    from sqlalchemy import text

    if config.STORAGE_PROVIDER == "local":
        return
    from open_webui.storage.provider import Storage

    for identity, path in target.execute(text("SELECT id, path FROM file WHERE path NOT LIKE '%://%'")).all():
        name = Path(path).name
        if not (folder / name).is_file() or not (folder / name).stat().st_size:
            told.missing_uploads.append(name)
            continue
        with (folder / name).open("rb") as file:
            _content, place = Storage.upload_file(file, name, {})
        (Path(config.UPLOAD_DIR) / name).unlink()  # Where the server keeps another one, for a while.
        target.execute(text("UPDATE file SET path = :path WHERE id = :id"), {"path": place, "id": identity})
        told.uploads += 1


def client_of_vectors(config):
    """It makes their table, by itself."""
    if config.VECTOR_DB != "pgvector":
        return None
    from open_webui.retrieval.vector.dbs.pgvector import PgvectorClient

    return PgvectorClient()


def copy_vectors(folder, client, target, told):
    if client is None or not folder.exists():
        return
    import chromadb
    from sqlalchemy.orm import Session

    # What it commits is of this transaction still.
    client.session = Session(bind=target, join_transaction_mode="create_savepoint")
    for collection in chromadb.PersistentClient(str(folder)).list_collections():
        for start in range(0, collection.count(), PAGE):
            page = collection.get(include=["embeddings", "documents", "metadatas"], limit=PAGE, offset=start)
            client.insert(collection.name, items(page))
        found = client.get(collection.name)
        count = len(found.ids[0]) if found else 0
        if count != collection.count():
            raise Problem(f"of {collection.count()} vectors of {collection.name} {count} came")
        told.vectors |= {collection.name: count} if count else {}


def items(page):
    return [
        {
            "id": name,
            "vector": [float(number) for number in vector],
            "text": clean(text or "", in_json=False),
            "metadata": dict(about or {}),
        }
        for name, vector, text, about in zip(
            page["ids"], page["embeddings"], page["documents"], page["metadatas"], strict=True
        )
    ]


def main(folder):
    data = Path(folder)
    # Without it the code does not load; it is the key of the server to come as well.
    os.environ.setdefault("WEBUI_SECRET_KEY", (data / ".webui_secret_key").read_text().strip())
    try:
        print("\n" + json.dumps(move(data)))
    except Exception as error:  # Whatever it is, a transaction has ended by it.
        sys.exit(first_line(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
