"""Several pulls side by side: which are tried again, when they are left, what is carried on from slice to slice.

The server is scripted here: which of two threads comes first cannot be had from a real one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama import pulls
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull import Progress, PullPaused
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull_errors import PullFailed
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pulls import (
    Effort,
    Transfer,
    from_data,
    pull_all,
)

Step = Callable[[Progress, Callable[[], bool]], None]


def fails(*, transient: bool, spoilt: bool = False, kept: bool = True) -> Step:
    def step(_progress: Progress, _pause: Callable[[], bool]) -> None:
        raise PullFailed("it failed", transient=transient, spoilt=spoilt, kept=kept)

    return step


def fetches(completed: int, then: Step) -> Step:
    def step(progress: Progress, pause: Callable[[], bool]) -> None:
        progress.see({"status": "pulling a", "digest": "a", "total": 100})
        progress.see({"status": "pulling a", "digest": "a", "total": 100, "completed": completed})
        then(progress, pause)

    return step


def succeeds(_progress: Progress, _pause: Callable[[], bool]) -> None:
    pass


def waits_for_the_end(_progress: Progress, pause: Callable[[], bool]) -> None:
    while not pause():
        threading.Event().wait(0.01)
    raise PullPaused


def hangs(_progress: Progress, _pause: Callable[[], bool]) -> None:
    threading.Event().wait()


class Server:
    """Takes one step of its script with each pull."""

    def __init__(self, *script: Step) -> None:
        self._script = list(script)
        self.asked: list[str] = []

    def pull(self, name: Name, progress: Progress, _stall_timeout: float, pause: Callable[[], bool]) -> None:
        self.asked.append(f"pull {name}")
        self._script.pop(0)(progress, pause)

    def delete(self, name: Name) -> None:
        self.asked.append(f"delete {name}")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulls, "FIRST_WAIT", 0)


def run(
    server: Server, *names: str, retries: int = 2, seconds: float | None = None, at_a_time: int = 1
) -> list[Transfer]:
    transfers = [Transfer(parse(name)) for name in names]
    pull_all(lambda: server, transfers, Effort(at_a_time, stall_timeout=300, retries=retries, seconds=seconds))
    return transfers


def test_each_is_pulled_once() -> None:
    server = Server(succeeds, succeeds)
    assert [transfer.done for transfer in run(server, "a", "b")] == [True, True]
    assert server.asked == ["pull a:latest", "pull b:latest"]


def test_no_pulls_at_all() -> None:
    assert run(Server()) == []


def test_what_may_pass_is_tried_again_until_it_is_too_often() -> None:
    server = Server(*[fails(transient=True)] * 3)
    [transfer] = run(server, "a")
    assert (transfer.error, len(server.asked)) == ("it failed", 3)


def test_who_gets_further_may_try_more_often() -> None:
    server = Server(*[fetches(10, fails(transient=True))] * 5, succeeds)
    [transfer] = run(server, "a", retries=1)
    assert (transfer.done, transfer.fetched) == (True, 50)


@pytest.mark.parametrize("how", [{"spoilt": True}, {"kept": False}])
def test_who_fetches_for_nothing_may_not(how: dict[str, bool]) -> None:
    server = Server(*[fetches(10, fails(transient=True, **how))] * 3)
    [transfer] = run(server, "a")
    assert (transfer.error, len(server.asked)) == ("it failed", 3)


def test_an_error_of_any_other_kind_ends_one_pull_and_is_told() -> None:
    def breaks(_progress: Progress, _pause: Callable[[], bool]) -> None:
        raise RuntimeError("a bug")

    first, second = run(Server(breaks, succeeds), "a", "b")
    assert ("a bug" in first.error, second.done) == (True, True)


def test_what_does_not_pass_is_not_tried_again_and_others_are_pulled() -> None:
    server = Server(fails(transient=False), succeeds)
    first, second = run(server, "a", "b")
    assert (first.error, second.done) == ("it failed", True)


def test_any_other_error_ends_one_pull_and_not_the_others() -> None:
    def refused(_progress: Progress, _pause: Callable[[], bool]) -> None:
        raise ApiError("refused")

    first, second = run(Server(refused, succeeds), "a", "b")
    assert (first.error, second.done) == ("refused", True)


def test_after_a_damaged_download_the_whole_model_is_fetched_again() -> None:
    server = Server(fails(transient=True, spoilt=True), succeeds, succeeds)
    [transfer] = run(server, "a")
    assert transfer.done
    assert server.asked == ["pull a:latest", "pull a:latest", "delete a:latest", "pull a:latest"]


def test_when_the_time_is_over_pulls_are_left_and_carried_on() -> None:
    server = Server(fetches(10, waits_for_the_end), fetches(20, succeeds), succeeds)
    [first, second] = run(server, "a", "b", seconds=0.5)
    assert not first.ended
    assert not second.ended
    assert first.progress is not None
    assert (first.progress.completed, first.progress.total) == (10, 100)
    carried = [from_data(transfer.to_data()) for transfer in (first, second)]
    pull_all(lambda: server, carried, Effort(1, 300, 2))
    assert [(transfer.done, transfer.fetched) for transfer in carried] == [(True, 30), (True, 0)]
    assert server.asked == ["pull a:latest", "pull a:latest", "pull b:latest"]


def test_who_waits_for_a_byte_is_left_behind() -> None:
    [transfer] = run(Server(fetches(10, hangs)), "a", seconds=0.5)
    assert not transfer.ended
    assert transfer.to_data()["fetched"] == 10


@pytest.mark.parametrize(
    "transfer", [Transfer(parse("a"), 1, 2.0, 3.0, 4, True, {"x": 5}, False, "x"), Transfer(parse("a"))]
)
def test_a_transfer_survives_as_data(transfer: Transfer) -> None:
    assert from_data(transfer.to_data()).to_data() == transfer.to_data()
