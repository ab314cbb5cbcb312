"""Bars in SVG."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.selfhosted.llm.plugins.filter import bar_chart as module
from ansible_collections.selfhosted.llm.plugins.filter.bar_chart import COLOUR, bar_chart

SVG = "{http://www.w3.org/2000/svg}"
SPEEDS = {"llama3:latest": 38.74, "mistral:latest": 77.48}


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def widths(svg: str) -> list[float]:
    """How long the bars are."""
    paths = [path for path in ElementTree.fromstring(svg).iter(f"{SVG}path") if COLOUR in path.get("style", "")]
    xs = [[float(word) for word in path.get("d", "").split() if word[0].isdigit()][::2] for path in paths]
    return [max(x) - min(x) for x in xs]


def test_a_bar_is_as_long_as_its_number_is_great() -> None:
    svg = bar_chart(SPEEDS, "Tokens per second")
    assert sorted(texts(svg)) == ["38.7", "77.5", "llama3:latest", "mistral:latest"]
    llama, mistral = widths(svg)
    assert mistral == pytest.approx(2 * llama, rel=0.01)


def test_who_does_not_see_it_is_told_what_it_shows() -> None:
    picture = ElementTree.fromstring(bar_chart(SPEEDS, "Tokens & <seconds>"))
    assert (picture.get("role"), picture[0].tag, picture[0].text) == ("img", f"{SVG}title", "Tokens & <seconds>")


def test_the_same_numbers_make_the_same_picture() -> None:
    assert bar_chart(SPEEDS, "Speed") == bar_chart(SPEEDS, "Speed")
    assert "<metadata>" not in bar_chart(SPEEDS, "Speed")


def test_a_name_is_no_markup_and_no_formula() -> None:
    assert "<script>$x^2$" in texts(bar_chart({"<script>$x^2$": 1}, "Speed"))


@pytest.mark.parametrize("numbers", [{}, {"llama3": 0, "mistral": 0.0}])
def test_no_bar_is_a_picture_too(numbers: dict[str, float]) -> None:
    assert len(texts(bar_chart(numbers, "Speed"))) == 2 * len(numbers)


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HAS_MATPLOTLIB", False)
    with pytest.raises(AnsibleFilterError, match="pip install matplotlib"):
        bar_chart(SPEEDS, "Speed")
