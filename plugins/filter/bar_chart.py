# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: bar_chart
short_description: Draw numbers as bars, in SVG
version_added: 0.1.0
description:
  - Draws one bar for each of several named numbers, as an SVG element to put into an HTML page.
  - The same numbers make the same picture, byte by byte. Text has the colour of the page around it, light or dark.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
requirements:
  - matplotlib, on the controller
positional: title
options:
  _input:
    description: The numbers by their names, none below zero. Bars stand in this order.
    type: dict
    required: true
  title:
    description: What the picture shows, for those who do not see it.
    type: str
    required: true
  form:
    description: How a number is written at the end of its bar, as Python's C(str.format) takes it.
    type: str
    default: "{:.1f}"
"""

EXAMPLES = r"""
- name: A page with a chart
  ansible.builtin.copy:
    content: "{{ speeds | selfhosted.llm.bar_chart('Tokens per second') }}"
    dest: /tmp/speeds.html
    mode: "0644"
  vars:
    speeds:
      llama3: 38.7
      mistral: 41.2
"""

RETURN = r"""
_value:
  description: The SVG element.
  type: str
"""

import html
import io
import typing as t

from ansible.errors import AnsibleFilterError

try:
    from matplotlib import rc_context
    from matplotlib.figure import Figure
except ImportError:
    HAS_MATPLOTLIB = False
else:
    HAS_MATPLOTLIB = True

# Inches.
WIDTH = 4
BAR_HEIGHT = 0.5
# To be seen on white and on black.
COLOUR = "#3b82c4"
SETTINGS: dict[t.Any, t.Any] = {
    # Ids come of it and of what they name; by chance otherwise.
    "svg.hashsalt": "selfhosted.llm",
    "svg.fonttype": "none",  # Text stays text.
    "text.parse_math": False,  # A dollar is one.
}


def bar_chart(numbers: t.Mapping[str, float], title: str, form: str = "{:.1f}") -> str:
    """An SVG element with a bar for each of `numbers`."""
    if not HAS_MATPLOTLIB:
        raise AnsibleFilterError(
            "Charts need matplotlib where ansible-playbook runs: install it there with"
            " 'python3 -m pip install matplotlib', with the Python that ansible-playbook --version names."
        )
    rows = max(1, len(numbers))
    with rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, BAR_HEIGHT * rows))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_ylim(rows - 0.5, -0.5)
        for row, (name, number) in enumerate(numbers.items()):
            bars = axes.barh(row + 0.2, float(number), height=0.4, color=COLOUR)
            axes.bar_label(bars, labels=[form.format(float(number))], padding=4)
            axes.text(0, row - 0.1, str(name), verticalalignment="bottom")
        axes.set_xlim(0, 1.2 * max([float(number) for number in numbers.values()], default=0) or 1)
        drawn = io.StringIO()
        figure.savefig(
            drawn,
            format="svg",
            transparent=True,
            bbox_inches="tight",
            pad_inches=0,
            # What would differ from one day, or one version, to the next.
            metadata={"Creator": None, "Date": None, "Format": None, "Type": None},
        )
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg ") :].replace("<svg ", '<svg role="img" fill="currentColor" ', 1)
    return svg.replace(">", f">\n <title>{html.escape(title)}</title>", 1)


class FilterModule:
    """The filters of this file, as Ansible asks for them."""

    def filters(self) -> dict[str, t.Callable[..., str]]:
        return {"bar_chart": bar_chart}
