"""Whether a Docker answers at a socket: its exit status says so. Usage: ping.py SOCKET."""

import socket
import sys

with socket.socket(socket.AF_UNIX) as docker:
    docker.settimeout(30)
    try:
        docker.connect(sys.argv[1])
        docker.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        answers = docker.recv(64).split()[1:2] == [b"200"]
    except OSError:
        answers = False
sys.exit(0 if answers else 1)
