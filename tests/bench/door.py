"""How an answer comes through: directly, as a blog post sets nginx up, and through the door, over HTTP and TLS.

Usage: door.py [--rounds N]. Prints a table of medians.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics

import door_host as host
from streams import Place, Reading, read, requests_per_second

LINES, EVERY = 100, 0.05
NAIVE_PORT = 8081
# The directives of the blog post that people start from.
NAIVE = (
    f"server {{ listen {NAIVE_PORT}; location / {{ proxy_pass http://127.0.0.1:{host.PACED_PORT};"
    " proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;"
    " proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
    " proxy_set_header X-Forwarded-Proto $scheme; } }"
)


async def measure(place: Place, rounds: int) -> tuple[list[Reading], float]:
    readings = [await read(place, f"round-{number}", LINES, EVERY) for number in range(rounds)]
    return readings, await requests_per_second(place, connections=8, seconds=3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    host.make()
    with host.paced_server():
        address = host.address()
        extra = {"nginx_proxy_extra_directives": {"http": NAIVE}}
        host.converge(**extra)
        places = {
            "directly": Place(address, host.PACED_PORT, host.SITE),
            "naive": Place(address, NAIVE_PORT, host.SITE),
            "door, TLS": Place(address, 443, host.SITE, host.trust()),
        }
        results = {name: asyncio.run(measure(place, rounds)) for name, place in places.items()}
        host.converge(**extra, nginx_proxy_tls="none")
        results["door, HTTP"] = asyncio.run(measure(Place(address, 80, host.SITE), rounds))
    print(f"{LINES} lines, one every {EVERY * 1000:.0f} ms; {rounds} rounds")
    print("| way | first line, ms | largest gap, ms | small requests per second |")
    print("| --- | --- | --- | --- |")
    for name, (readings, rate) in results.items():
        first = statistics.median(reading.first for reading in readings) * 1000
        gap = statistics.median(reading.largest_gap for reading in readings) * 1000
        print(f"| {name} | {first:.1f} | {gap:.0f} | {rate:.0f} |")


if __name__ == "__main__":
    main()
