"""Whether something changed follows from what was there and what is there."""

from __future__ import annotations

from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference


def test_the_same_is_no_change() -> None:
    assert not Difference("models", {"a": [1]}, {"a": [1]}).changed
    assert Difference("models", {"a": [1]}, {"a": [1, 2]}).changed


def test_a_diff_names_what_it_is_of_on_both_sides() -> None:
    assert Difference("models of here", [], ["a"]).as_diff() == {
        "before_header": "models of here",
        "after_header": "models of here",
        "before": [],
        "after": ["a"],
    }
