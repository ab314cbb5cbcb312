"""A process that has read the code which many programs begin with, and copies itself for each of them.

Reading Ansible's code takes most programs made of it longer than all that they do.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

MESSAGE_BYTES = 1 << 20


class Preloaded:
    """Runs Python's modules as `python -m` does in `folder`, with the modules `code` read already."""

    def __init__(self, code: Iterable[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._socket, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line = [sys.executable, __file__, str(there.fileno()), *code]
        # It ends by itself when the other end of its socket does.
        self._process = subprocess.Popen(line, cwd=folder, env=environment, pass_fds=[there.fileno()])
        there.close()

    def run(self, line: list[str], files: tuple[IO[str], IO[str], IO[str]]) -> int:
        """Run a module with arguments to its end, with these files as standard input, output and error.

        Return its exit status.
        """
        ended, end = os.pipe()
        # As it is now: what the code looked at when it was read stays as it was.
        message = json.dumps([dict(self._environment), line]).encode()
        socket.send_fds(self._socket, [message], [*(file.fileno() for file in files), end])
        os.close(end)
        with open(ended, "rb") as told:
            # Up to the end, which comes when nobody has it open any more.
            status = told.read()
        return status[0] if status else 1

    def output(self, line: list[str], told: str = "") -> tuple[int, str, str]:
        """The exit status of a module that reads `told`, and what it prints on both of its streams."""
        with (
            tempfile.TemporaryFile("w+") as stdin,
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
        ):
            stdin.write(told)
            stdin.seek(0)
            status = self.run(line, (stdin, out, err))
            for file in (out, err):
                file.seek(0)
            return status, out.read(), err.read()


def in_a_copy(connection: socket.socket) -> tuple[dict[str, str], list[str], int]:
    """In which environment to run what, and where to tell how it ended.

    Comes back in a copy of this process each time, and never in itself.
    """
    while True:
        message, files, _flags, _address = socket.recv_fds(connection, MESSAGE_BYTES, 4)
        if not message:
            sys.exit()
        if os.fork() == 0:
            connection.close()
            # A folder that the code made when it was read goes with the original.
            atexit._clear()
            for number, file in enumerate(files[:3]):
                os.dup2(file, number)
                os.close(file)
            environment, line = json.loads(message)
            return environment, line, files[3]
        for file in files:
            os.close(file)


def main() -> None:
    for module in sys.argv[2:]:
        importlib.import_module(module)
    # The copies share memory for as long as nobody counts what is in it.
    gc.freeze()
    # A copy tells itself how it ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    environment, sys.argv, end = in_a_copy(socket.socket(fileno=int(sys.argv[1])))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    status = 1
    try:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise
    finally:
        os.write(end, bytes([status]))


if __name__ == "__main__":
    # As `python -m` has it.
    sys.path[0] = os.getcwd()
    main()
