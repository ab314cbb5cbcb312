"""How an answer comes through: by the door, directly, and as a blog post sets nginx up, 1, 50 and 200 at a time.

Usage: door.py [--rounds N].
"""

from __future__ import annotations

import argparse
import asyncio

import door_host as host
from measure import Report
from streams import Place, Reading, read, requests_per_second

LINES, EVERY = 100, 0.05
STREAMS = (1, 50, 200)
NAIVE_PORT = 8081
# The directives of the blog post that people start from.
NAIVE = (
    f"server {{ listen {NAIVE_PORT}; location / {{ proxy_pass http://127.0.0.1:{host.PACED_PORT};"
    " proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;"
    " proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
    " proxy_set_header X-Forwarded-Proto $scheme; } }"
)


async def at_once(place: Place, streams: int, number: int) -> list[Reading]:
    readings = await asyncio.gather(*(read(place, f"{number}-{stream}", LINES, EVERY) for stream in range(streams)))
    if faults := [reading.fault for reading in readings if reading.fault]:
        raise SystemExit("\n".join(faults[:10]))
    return readings


def measure(report: Report, places: dict[str, Place], rounds: int) -> None:
    """Rows for each number of streams, of answers that are asked for in turn."""
    for streams in STREAMS:
        readings: dict[str, list[Reading]] = {way: [] for way in places}
        for number in range(rounds):
            for way, place in places.items():
                readings[way] += asyncio.run(at_once(place, streams, number))
        firsts = {way: [reading.first for reading in of_way] for way, of_way in readings.items()}
        gaps = {way: [reading.largest_gap for reading in of_way] for way, of_way in readings.items()}
        report.add(f"{streams} at a time, first line", firsts)
        report.add(f"{streams} at a time, largest gap between lines sent every {EVERY} s", gaps)
    for way, place in places.items():
        rates = [asyncio.run(requests_per_second(place, connections=8, seconds=3)) for _round in range(rounds)]
        report.note(f"small requests per second, {way}", [round(rate) for rate in rates])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    report = Report("door")
    host.make()
    with host.paced_server():
        address = host.address()
        extra = {"nginx_proxy_extra_directives": {"http": NAIVE}}
        host.converge(**extra)
        directly = Place(address, host.PACED_PORT, host.SITE)
        door = Place(address, 443, host.SITE, host.trust())
        measure(
            report,
            {
                "door, TLS": door,
                "directly": directly,
                "nginx as most instructions have it": Place(address, NAIVE_PORT, host.SITE),
            },
            rounds,
        )
        host.converge(**extra, nginx_proxy_tls="none")
        measure(report, {"door, HTTP": Place(address, 80, host.SITE), "directly": directly}, rounds)
    report.write()


if __name__ == "__main__":
    main()
