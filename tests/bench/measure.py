"""What all benchmarks do: take times in turn, and show them as a table, a chart and JSON.

A part of the benchmark is a script that makes a `Report`; its files come into tests/output/bench.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from modules import ENVIRONMENT, ROOT, start_module
from scenario import INVENTORY

OUTPUT = ROOT / "tests" / "output" / "bench"


@dataclass
class Row:
    """One comparison: the seconds of each way, with ours first, and what the ratio to the second is to be at most."""

    what: str
    ways: dict[str, list[float]]
    goal: float | None = None

    @property
    def medians(self) -> dict[str, float]:
        return {way: statistics.median(seconds) for way, seconds in self.ways.items()}

    @property
    def ratio(self) -> float:
        ours, other = list(self.medians.values())[:2]
        return ours / other


@dataclass
class Report:
    """The rows of one part, by its name."""

    part: str
    rows: list[Row] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    def add(self, what: str, ways: dict[str, list[float]], goal: float | None = None) -> None:
        """Keep a row, and show it at once."""
        row = Row(what, ways, goal)
        if not self.rows:
            print("| what | way | seconds (median) | smallest to largest | times |")
            print("| --- | --- | --- | --- | --- |")
        self.rows.append(row)
        for line in lines(row):
            print(line, flush=True)

    def note(self, what: str, value: Any) -> None:
        """Keep a figure that is no time, and show it."""
        self.notes[what] = value
        print(f"{what}: {value}", flush=True)

    def write(self) -> None:
        OUTPUT.mkdir(parents=True, exist_ok=True)
        content = {"rows": [asdict(row) | {"medians": row.medians} for row in self.rows], "notes": self.notes}
        (OUTPUT / f"{self.part}.json").write_text(json.dumps(content, indent=1))
        (OUTPUT / f"{self.part}.svg").write_text(chart(self.rows))


def lines(row: Row) -> Iterator[str]:
    """The lines of a table for one row."""
    medians = row.medians
    ours, *_others = medians.values()
    for number, (way, seconds) in enumerate(row.ways.items()):
        what = row.what if number == 0 else ""
        ratio = "" if number == 0 else f"{ours / medians[way]:.2f}"
        if number == 1 and row.goal is not None:
            ratio += f" (at most {row.goal:g})"
        spread = f"{min(seconds):.3f} to {max(seconds):.3f}"
        yield f"| {what} | {way} | {medians[way]:.3f} | {spread} | {ratio} |"


def chart(rows: list[Row]) -> str:
    """Bars for the medians, each row to its own scale."""
    height = sum(24 * (len(row.ways) + 1) + 12 for row in rows)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="{height}" font-family="sans-serif">']
    y = 0
    for row in rows:
        parts.append(f'<text x="4" y="{y + 17}" font-size="14" font-weight="bold">{escape(row.what)}</text>')
        largest = max(row.medians.values())
        for number, (way, seconds) in enumerate(row.medians.items()):
            y += 24
            width = max(1, round(500 * seconds / largest))
            color = "#2a7" if number == 0 else "#999"
            parts.append(f'<text x="8" y="{y + 16}" font-size="12">{escape(way)}</text>')
            parts.append(f'<rect x="300" y="{y + 4}" width="{width}" height="16" fill="{color}"/>')
            parts.append(f'<text x="{306 + width}" y="{y + 16}" font-size="12">{seconds:.3g} s</text>')
        y += 36
    return "\n".join([*parts, "</svg>\n"])


def timed(action: Callable[[], Any]) -> float:
    """How long something takes, in seconds."""
    begun = time.monotonic()
    action()
    return time.monotonic() - begun


def in_turn(ways: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """The seconds of each way, which come one after the other, round by round."""
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _round in range(rounds):
        for way, action in ways.items():
            seconds[way].append(timed(action))
    return seconds


def run_play(play: Path | str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What ansible-playbook prints, as people run it, which has to succeed."""
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(play), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stdout[-4000:] + done.stderr[-2000:])
    return done.stdout


def test_hosts(playbook_name: str, *names: str) -> None:
    """Make these test hosts, by hosts.yml, or remove them, by hosts_down.yml."""
    run_play(f"tests/testbed/{playbook_name}", f"--inventory={INVENTORY}", f"--limit={','.join(names)}")


def tasks_in_turn(tasks: dict[str, dict[str, Any]], rounds: int) -> dict[str, list[float]]:
    """The seconds of tasks of one play on this machine, which come one after the other, round by round.

    As Ansible itself measures them, without its start. The first round, which loads what it needs, does not count.
    """
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": [{"name": way} | task for _round in range(rounds + 1) for way, task in tasks.items()],
    }
    seconds: dict[str, list[float]] = {way: [] for way in tasks}
    with playbook([play]) as file:
        for task in tasks_of(run_play(file, "--inventory=localhost,", environment=ENVIRONMENT)):
            seconds[task.name].append(task.seconds)
    return {way: values[1:] for way, values in seconds.items()}


@dataclass(frozen=True)
class Task:
    """One task of a run, as Ansible's JSON has it."""

    name: str
    seconds: float
    goes_to_machine: bool


# Actions that end on the controller.
STAYS_HERE = ("assert", "debug", "fail", "group_by", "include_role", "include_tasks", "meta", "set_fact")


def tasks_of(printed: str) -> Iterator[Task]:
    """The tasks of a run with the callback ansible.posix.json."""
    run = json.JSONDecoder().raw_decode(printed[printed.index("{\n") :])[0]
    for play in run["plays"]:
        for task in play["tasks"]:
            duration = task["task"]["duration"]
            if "end" not in duration:  # What only Ansible itself does, such as the flush of handlers.
                continue
            begun, ended = (datetime.fromisoformat(duration[key].rstrip("Z")) for key in ("start", "end"))
            goes = any(
                not result.get("skipped") and result.get("action", "").rpartition(".")[2] not in STAYS_HERE
                for result in task["hosts"].values()
            )
            yield Task(task["task"]["name"], (ended - begun).total_seconds(), goes)


def memory_of(module: str, arguments: dict[str, Any]) -> str:
    """The memory of a module's process while it works, in words: how much at first, and at most."""
    process = start_module(module, arguments)
    sizes: list[float] = []
    while process.poll() is None:
        # One that has ended a moment ago has none.
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        sizes += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")]
        time.sleep(0.5)
    output = process.communicate()[0]
    if process.returncode != 0:
        raise SystemExit(output)
    early = sizes[: max(1, len(sizes) // 10)]
    return f"{max(early):.1f} MB in the first tenth of {len(sizes) / 2:.0f} s, {max(sizes):.1f} MB at most"


@contextmanager
def playbook(plays: list[dict[str, Any]]) -> Iterator[Path]:
    """A file with these plays."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    file = OUTPUT / f"play-{os.getpid()}.yml"
    file.write_text(json.dumps(plays))
    try:
        yield file
    finally:
        file.unlink()
