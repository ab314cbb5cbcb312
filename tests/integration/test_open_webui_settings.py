"""open_webui_settings on a real Open WebUI."""

from __future__ import annotations

import pytest
from modules import Result, run_module
from servers import call


def settings(admin: dict[str, str], value: object, *, check: bool = False) -> Result:
    return run_module("open_webui_settings", {**admin, "settings": {"ENABLE_SIGNUP": value}}, check=check)


def may_sign_up(admin: dict[str, str]) -> bool:
    return bool(call(admin, "GET", "/api/config")["features"]["enable_signup"])


@pytest.mark.parametrize("wanted", [True, False])
def test_a_setting_follows_in_check_mode_not_then_for_real_then_no_more(admin: dict[str, str], wanted: bool) -> None:
    settings(admin, not wanted)
    promised = settings(admin, wanted, check=True)
    assert promised.changed
    assert may_sign_up(admin) is not wanted
    done = settings(admin, wanted)
    assert done.changed
    assert may_sign_up(admin) is wanted
    assert promised.diff["after"] == done.diff["after"] == {"ENABLE_SIGNUP": wanted}
    assert not settings(admin, wanted).changed


def test_other_settings_stay_as_they_are(admin: dict[str, str]) -> None:
    before = call(admin, "GET", "/api/v1/configs/export")
    settings(admin, not may_sign_up(admin))
    after = call(admin, "GET", "/api/v1/configs/export")
    assert {key for key in before | after if before.get(key) != after.get(key)} == {"ui.enable_signup"}


def test_a_setting_that_is_not_known_is_refused(admin: dict[str, str]) -> None:
    result = run_module("open_webui_settings", {**admin, "settings": {"ENABLE_SINGUP": True}})
    assert result.failed
    assert "ENABLE_SINGUP" in result.message
