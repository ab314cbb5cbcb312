"""The line that tells how far pulls are."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.plugin_utils._progress import Meter, duration

MB = 1_000_000
GB = 1000 * MB


def pull(
    name: str, completed: int, total: int = 4 * GB, *, fetched: int | None = None, ended: bool = False
) -> dict[str, Any]:
    """By default one of which nothing was there before."""
    fetched = completed if fetched is None else fetched
    return {"name": name, "completed": completed, "total": total, "fetched": fetched, "ended": ended}


def meter(*times: float) -> Meter:
    moments = iter(times)
    return Meter(lambda: next(moments))


def test_one_model() -> None:
    lines = meter(0, 10, 40)
    first = lines.read([pull("llama3:latest", GB)])
    assert first == "llama3:latest 25 % (1.00 of 4.00 GB), 100.0 MB/s, 30 s left"
    later = lines.read([pull("llama3:latest", 2 * GB)])
    assert later == "llama3:latest 50 % (2.00 of 4.00 GB), 33.3 MB/s, 60 s left"


def test_several_models() -> None:
    lines = meter(0, 10, 20)
    lines.read([pull("a", 0, 0, ended=True), pull("b", GB), pull("c", 0, 0), pull("d", 0, 0)])
    line = lines.read([pull("a", 0, 0, ended=True), pull("b", 2 * GB), pull("c", 100 * MB, 500 * MB), pull("d", 0, 0)])
    assert line == (
        "1 of 4 models done, b 50 % (2.00 of 4.00 GB), c 20 % (100 of 500 MB), 110.0 MB/s, 22 s left, 1 more to come"
    )


def test_what_was_there_before_does_not_count_as_fast() -> None:
    line = meter(0, 10).read([pull("a", 3 * GB, fetched=10 * MB)])
    assert line == "a 75 % (3.00 of 4.00 GB), 1.0 MB/s, 17 min left"


def test_a_standstill_is_told() -> None:
    lines = meter(0, 10, 40)
    lines.read([pull("a", GB)])
    assert lines.read([pull("a", GB)]) == "a 25 % (1.00 of 4.00 GB), nothing came for 30 s"


def test_nothing_has_come_yet() -> None:
    assert meter(0, 10).read([pull("a", 0, 0)]) == "waiting for the registry"


def test_all_models_have_come() -> None:
    assert meter(0, 10).read([pull("a", 1, 1, ended=True), pull("b", 1, 1, ended=True)]) == "2 of 2 models done"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (5399, "90 min"), (5400, "1.5 h")]
)
def test_a_time_for_people(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
