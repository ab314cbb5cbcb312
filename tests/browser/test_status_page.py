"""The page of status.yml, as it opens on a notebook and on a phone that have no network."""

from __future__ import annotations

from typing import Any

import pytest
from browser import Complaints
from playwright.sync_api import Browser
from scenario import ROOT

PICTURES = ROOT / "tests" / "output" / "browser"


@pytest.mark.parametrize(("width", "scheme"), [(1000, "light"), (375, "dark")])
def test_it_opens_without_network(browser: Browser, status_page: str, width: int, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": width, "height": 700}, color_scheme=scheme, offline=True)
    page = context.new_page()
    complaints = Complaints(page)
    page.set_content(status_page)
    page.screenshot(path=PICTURES / f"status-{scheme}.png", full_page=True)
    assert complaints.seen == []
    assert page.evaluate("document.documentElement.scrollWidth") == width, "nothing sticks out"
    [red, _green, _blue] = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)")
    assert (int(red) > 128) == (scheme == "light")
    # What is drawn has its place in the picture.
    [picture, *words] = [each.bounding_box() for each in page.locator("svg, svg text").all()]
    assert picture
    assert len(words) > 10
    assert all(word and word["x"] >= picture["x"] for word in words)
    assert all(word and word["y"] + word["height"] <= picture["y"] + picture["height"] for word in words)
    context.close()
