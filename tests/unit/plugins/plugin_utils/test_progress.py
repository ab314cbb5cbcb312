"""The line that tells how far pulls are."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.plugin_utils._progress import Meter, duration

GB = 1_000_000_000


def pull(name: str, completed: int, total: int = 4 * GB, *, ended: bool = False) -> dict[str, Any]:
    return {"name": name, "completed": completed, "total": total, "ended": ended}


def meter(*times: float) -> Meter:
    moments = iter(times)
    return Meter(lambda: next(moments))


def test_one_model() -> None:
    lines = meter(0, 10, 40)
    assert lines.read([pull("llama3:latest", GB)]) == "llama3:latest 25 % (1.00 of 4.00 GB)"
    later = lines.read([pull("llama3:latest", 2 * GB)])
    assert later == "llama3:latest 50 % (2.00 of 4.00 GB), 33.3 MB/s, 60 s left"


def test_several_models() -> None:
    lines = meter(0, 10, 20)
    lines.read([pull("a", 0, 0, ended=True), pull("b", GB), pull("c", 0, 0)])
    line = lines.read([pull("a", 0, 0, ended=True), pull("b", 2 * GB), pull("c", GB)])
    assert line == "1 of 3 models, b 50 % (2.00 of 4.00 GB), c 25 % (1.00 of 4.00 GB), 100.0 MB/s, 50 s left"


def test_nothing_has_come_yet() -> None:
    assert meter(0, 10).read([pull("a", 0, 0)]) == "waiting for the registry"


def test_all_models_have_come() -> None:
    assert meter(0, 10).read([pull("a", 1, 1, ended=True), pull("b", 1, 1, ended=True)]) == "2 of 2 models"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (5399, "90 min"), (5400, "1.5 h")]
)
def test_a_time_for_people(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
