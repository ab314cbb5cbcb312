"""200 answers of a minute each through the door, with a reload every ten seconds: none may be cut or mixed up.

Usage: door.py [--streams N] [--seconds N]. Fails when one was.
"""

from __future__ import annotations

import argparse
import asyncio

import door_host as host
from streams import Place, Reading, read

EVERY = 0.5
RELOAD_EVERY = 10


async def reload_until(done: asyncio.Event) -> int:
    """Reload nginx again and again; the number of times."""
    reloads = 0
    while not done.is_set():
        await asyncio.to_thread(host.on_host, "systemctl", "reload", "nginx")
        reloads += 1
        try:
            await asyncio.wait_for(done.wait(), RELOAD_EVERY)
        except TimeoutError:
            continue
    return reloads


async def soak(streams: int, seconds: int) -> tuple[list[Reading], int]:
    place = Place(host.address(), 443, host.SITE, host.trust())
    done = asyncio.Event()
    reloading = asyncio.create_task(reload_until(done))
    readings = await asyncio.gather(
        *(read(place, f"stream-{number}", int(seconds / EVERY), EVERY) for number in range(streams))
    )
    done.set()
    return readings, await reloading


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    host.make()
    with host.paced_server():
        host.converge()
        readings, reloads = asyncio.run(soak(arguments.streams, arguments.seconds))
    faults = [reading.fault for reading in readings if reading.fault]
    whole = [reading for reading in readings if not reading.fault]
    print(f"{len(readings)} streams of {arguments.seconds} s, {reloads} reloads: {len(whole)} whole, {len(faults)} not")
    if whole:
        print(f"largest gap between lines that were sent every {EVERY} s: {max(r.largest_gap for r in whole):.2f} s")
    if faults:
        raise SystemExit("\n".join(faults[:10]))


if __name__ == "__main__":
    main()
