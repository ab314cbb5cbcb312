"""Settings: documented names outside, stored names inside, only differences written."""

from __future__ import annotations

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.settings import documented, plan, to_stored


def test_only_what_differs_is_written_under_its_stored_name() -> None:
    current = documented({"ui.enable_signup": True, "something.else": 1})
    assert current == {"ENABLE_SIGNUP": True}
    assert to_stored(plan(current, {"ENABLE_SIGNUP": False})) == {"ui.enable_signup": False}
    assert plan(current, {"ENABLE_SIGNUP": True}) == {}


def test_a_setting_that_was_never_stored_differs() -> None:
    assert plan(documented({}), {"ENABLE_SIGNUP": False}) == {"ENABLE_SIGNUP": False}


def test_a_setting_without_a_value_is_left_alone() -> None:
    assert plan(documented({}), {"ENABLE_SIGNUP": None}) == {}
