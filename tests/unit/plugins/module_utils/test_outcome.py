"""However a module ends, it says one sentence, and what was done before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import (
    MissingLibrary,
    PartlyDone,
    ServerRefused,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish


class Ended(Exception):
    """A module ends by leaving Python, whatever comes after."""

    def __init__(self, failed: bool, values: dict[str, Any]) -> None:
        super().__init__()
        self.failed = failed
        self.values = values


class Module:
    """What is used of AnsibleModule here."""

    def __init__(self, diff: bool = False) -> None:
        self._diff = diff

    def exit_json(self, **values: Any) -> None:
        raise Ended(False, values)

    def fail_json(self, **values: Any) -> None:
        raise Ended(True, values)


def ended(work: Callable[[Any], None], *, diff: bool = False) -> Ended:
    with pytest.raises(Ended) as caught:
        carry_out(Module(diff), work)
    return caught.value


def raising(error: Exception) -> Callable[[Any], None]:
    def work(_module: Any) -> None:
        raise error

    return work


def test_a_module_that_ends_well_says_whether_something_changed() -> None:
    end = ended(lambda module: finish(module, Difference("it", 1, 2), things=[1]))
    assert (end.failed, end.values) == (False, {"changed": True, "things": [1]})


def test_a_diff_comes_when_it_was_asked_for() -> None:
    difference = Difference("it", 1, 1)
    end = ended(lambda module: finish(module, difference), diff=True)
    assert end.values == {"changed": False, "diff": difference.as_diff()}


def test_a_refusal_is_one_sentence_and_no_traceback() -> None:
    end = ended(raising(ServerRefused("The server said no.", 403, "no")))
    assert (end.failed, end.values) == (True, {"msg": "The server said no."})


def test_what_was_done_before_a_failure_is_told() -> None:
    end = ended(raising(PartlyDone("The second failed.", {"changed": True, "things": ["first"]})))
    assert (end.failed, end.values) == (True, {"msg": "The second failed.", "changed": True, "things": ["first"]})


def test_a_missing_library_is_named_with_the_python_that_lacks_it() -> None:
    end = ended(raising(MissingLibrary("requests", "Traceback ...")))
    assert "(requests)" in end.values["msg"]
    assert end.values["exception"] == "Traceback ..."


def test_a_mistake_of_ours_is_not_made_a_sentence() -> None:
    with pytest.raises(KeyError):
        carry_out(Module(), raising(KeyError("name")))
