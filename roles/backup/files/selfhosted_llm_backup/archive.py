"""An archive: a manifest, and after it the files that it lists, with their sizes and hashes.

A tar file compressed by gzip, so that it can be opened without this program; encrypted by GnuPG where there is a
passphrase. Nothing in it is believed that its manifest does not list.
"""

import contextlib
import errno
import gzip
import hashlib
import io
import json
import os
import stat
import subprocess
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath

from problem import Problem

FORMAT = "selfhosted.llm backup 1"
MANIFEST = "manifest.json"
PIECE = 1 << 20


def described(path):
    """What the manifest says of a file, a folder or a link."""
    state = path.lstat()
    about = {"mode": stat.S_IMODE(state.st_mode), "uid": state.st_uid, "gid": state.st_gid}
    if path.is_symlink():
        return {**about, "link": os.readlink(path)}
    if path.is_dir():
        return {**about, "folder": True}
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return {**about, "size": state.st_size, "sha256": digest.hexdigest()}


def walk(top, name):
    """`top` and all below it, as pairs of a name in the archive and a path. Sockets and the like are left out."""
    state = top.lstat().st_mode
    if stat.S_ISDIR(state) or stat.S_ISREG(state) or stat.S_ISLNK(state):
        yield name, top
    if stat.S_ISDIR(state):
        for child in sorted(top.iterdir()):
            yield from walk(child, f"{name}/{child.name}")


def write(archive, about, members, passphrase_file):
    """Write `members`, pairs of a name and a path, and a manifest that begins with `about`. Return the manifest."""
    files = {name: described(path) for name, path in members}
    manifest = {"format": FORMAT, **about, "files": files}
    text = json.dumps(manifest, indent=1).encode()
    try:
        archive.touch(mode=0o600, exist_ok=False)
        with (
            archive.open("wb") as file,
            sealed(file, passphrase_file) as sink,
            gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=1, filename="") as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            member = tarfile.TarInfo(MANIFEST)
            member.size, member.mode = len(text), 0o600
            tar.addfile(member, io.BytesIO(text))
            for name, path in members:
                tar.add(path, name, recursive=False)
        with archive.open("rb") as file:
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Problem(
                f"There was no room left in {archive.parent} before the backup was whole: make room there, or set"
                " backup_directory to a place that has it"
            ) from error
        raise
    return manifest


def sealed(file, passphrase_file):
    return gpg(["--symmetric", "--cipher-algo", "AES256"], file, passphrase_file) if passphrase_file else plain(file)


@contextlib.contextmanager
def plain(file):
    yield file


@contextlib.contextmanager
def gpg(arguments, file, passphrase_file):
    """What is written goes through GnuPG into `file`."""
    with gnupg(arguments, passphrase_file, stdin=subprocess.PIPE, stdout=file) as process:
        try:
            yield process.stdin
            process.stdin.close()
        except BrokenPipeError:
            pass  # Its own words, below, say why it ended.
        words = process.stderr.read().decode(errors="replace")
        if process.wait():
            if os.strerror(errno.ENOSPC) in words:
                raise OSError(errno.ENOSPC, words)
            raise Problem(f"GnuPG does not encrypt the backup: {words.strip()}")


@contextlib.contextmanager
def gnupg(arguments, passphrase_file, **streams):
    # In a home of its own, where nobody's settings are; the agent that it may start ends with that.
    with tempfile.TemporaryDirectory() as home:
        command = ["gpg", "--homedir", home, "--batch", "--no-tty", "--quiet", "--pinentry-mode", "loopback"]
        process = subprocess.Popen(
            [*command, "--passphrase-file", str(passphrase_file), *arguments], stderr=subprocess.PIPE, **streams
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], capture_output=True, check=False)


@contextlib.contextmanager
def opened(archive, passphrase_file):
    """The manifest, and what gives the members after it one by one."""
    damaged = Problem(f"The backup {archive} is damaged, and nothing of it was taken: use another one")
    try:
        # Not buffered, since GnuPG goes on reading where this stops.
        with archive.open("rb", buffering=0) as file:
            first = file.read(2)
            file.seek(0)
            # The first byte of what GnuPG writes has its highest bit set (RFC 9580, 4.2).
            encrypted = first >= b"\x80"
            if not encrypted and first != b"\x1f\x8b":
                raise foreign(archive)
            if encrypted and not passphrase_file:
                raise Problem(f"The backup {archive} is encrypted: give its passphrase in backup_passphrase")
            with decrypted(archive, file, passphrase_file) if encrypted else plain(file) as source:
                yield from_tar(archive, source)
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
        raise damaged from error


@contextlib.contextmanager
def decrypted(archive, file, passphrase_file):
    with gnupg(["--decrypt"], passphrase_file, stdin=file, stdout=subprocess.PIPE) as process:
        head = process.stdout.peek(1)
        if not head:
            process.wait()
            words = process.stderr.read().decode(errors="replace")
            if "Bad session key" in words or "decryption failed" in words:
                raise Problem(
                    f"The backup {archive} does not open with this passphrase: give the one that it was made with in"
                    " backup_passphrase"
                )
            raise Problem(f"GnuPG does not decrypt {archive}: {words.strip()}")
        yield process.stdout


def foreign(archive):
    return Problem(f"{archive} is no backup that selfhosted.llm has made: name one of those, or none for the newest")


def from_tar(archive, source):
    """The manifest, and a generator of pairs of a name and what it is read from. It checks what was read."""
    packed = gzip.GzipFile(fileobj=source)
    tar = tarfile.open(fileobj=packed, mode="r|")  # noqa: SIM115  It lives as long as the generator.
    first = tar.next()
    if first is None or first.name != MANIFEST:
        raise foreign(archive)
    try:
        manifest = json.load(tar.extractfile(first))
    except ValueError:
        raise foreign(archive) from None
    if manifest.get("format") != FORMAT:
        raise foreign(archive)
    return manifest, members(archive, packed, tar, manifest["files"])


def members(archive, packed, tar, files):
    missing = dict(files)
    while (member := tar.next()) is not None:
        about = missing.pop(member.name, None)
        if about is None or unsafe(member.name):
            raise Problem(f"The backup {archive} has {member.name!r}, which its manifest does not: use another one")
        source = Checked(archive, member, tar.extractfile(member), about) if "sha256" in about else None
        yield member.name, source
        if source:
            source.finish()
    while packed.read(PIECE):  # To its end, where gzip has what tells whether all came.
        pass
    if missing:
        raise Problem(f"The backup {archive} lacks {min(missing)!r} and {len(missing) - 1} more: use another one")


def unsafe(name):
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts


class Checked:
    """A file of the archive, whose size and hash are compared when it has been read."""

    def __init__(self, archive, member, file, about):
        self.archive, self.name, self.file, self.about = archive, member.name, file, about
        self.digest, self.size = hashlib.sha256(), 0

    def pieces(self):
        while piece := (self.file.read(PIECE) if self.file else b""):
            self.digest.update(piece)
            self.size += len(piece)
            yield piece

    def finish(self):
        for _piece in self.pieces():
            pass
        if (self.size, self.digest.hexdigest()) != (self.about["size"], self.about["sha256"]):
            raise Problem(
                f"The backup {self.archive} is damaged at {self.name!r}, and nothing of it was taken: use another one"
            )


def check(archive, passphrase_file):
    """Read all of it, and return its manifest."""
    with opened(archive, passphrase_file) as (manifest, contents):
        for _member in contents:
            pass
    return manifest


def settle(path):
    """Have it on the disk."""
    subprocess.run(["sync", "--file-system", path], check=True)


def read(archive, passphrase_file, wanted):
    """The bytes of one file."""
    found = b""
    with opened(archive, passphrase_file) as (_manifest, contents):
        for name, source in contents:
            if name == wanted:
                found = b"".join(source.pieces())
    return found


def unpack(archive, passphrase_file, places):
    """Unpack what is below the names of `places`, a dictionary of names and paths, and have it on the disk."""
    with opened(archive, passphrase_file) as (manifest, contents):
        for name, source in contents:
            place = placed(name, places)
            if place is not None:
                make(place, manifest["files"][name], source)
    for path in filter(Path.exists, places.values()):
        settle(path)


def placed(name, places):
    for top, path in places.items():
        if name == top or name.startswith(f"{top}/"):
            return path / name[len(top) + 1 :] if name != top else path
    return None


def make(path, about, source):
    path.parent.mkdir(parents=True, exist_ok=True)
    if "folder" in about:
        path.mkdir(exist_ok=True)
        own(path, about)
        return
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    if "link" in about:
        new.symlink_to(about["link"])
    else:
        new.touch(mode=0o600)
        with new.open("wb") as file:
            for piece in source.pieces():
                file.write(piece)
        source.finish()
    own(new, about)
    new.replace(path)


def own(path, about):
    os.chown(path, about["uid"], about["gid"], follow_symlinks=False)
    if "link" not in about:
        path.chmod(about["mode"])


def size(path):
    """Bytes of what is in it."""
    with contextlib.suppress(FileNotFoundError):  # What serves goes on, and removes what it no longer needs.
        if path.is_dir() and not path.is_symlink():
            return sum(size(child) for child in path.iterdir())
        return path.lstat().st_size
    return 0


def need_room(path, needed, what):
    """`needed` in bytes."""
    while not path.exists():
        path = path.parent
    free = os.statvfs(path).f_bavail * os.statvfs(path).f_frsize
    if free < needed:
        raise Problem(
            f"There is no room for {what}: {path} needs {human(needed)} and has {human(free)}, so make room there"
        )


def human(count):
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def folder(path):
    """Make a folder that only root reads."""
    path.mkdir(parents=True, mode=0o700, exist_ok=True)
