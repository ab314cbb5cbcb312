# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Which models a machine has not the memory for, as far as the size of their weights tells.

The context comes on top of the weights, and depends on settings, so that nothing here says that a model fits.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import Model, Wanted
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import Answer, Manifest
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.storage import amount

REMEDY = "so choose a smaller tag, such as another quantisation"


@dataclass(frozen=True)
class Memory:
    """The memory of a server's machine in bytes: `system` is RAM, None where nobody told, `gpu` what GPUs have."""

    system: int | None
    gpu: int


def too_large(
    wanted: t.Iterable[Wanted], current: t.Sequence[Model], answers: t.Mapping[Name, Answer], memory: Memory
) -> list[str]:
    """A sentence for each model that should be there and that the machine cannot load, or not on its GPUs alone."""
    there = {model.name.key: model.size for model in current}
    sentences = [
        _sentence(item.name, _weights(answers.get(item.name), there.get(item.name.key, 0)), memory)
        for item in wanted
        if item.state != "absent"
    ]
    return [sentence for sentence in sentences if sentence]


def _weights(answer: Answer | None, listed: int) -> int:
    """What the registry tells, else what the server lists: with licence and template, which are small."""
    return answer.weights if isinstance(answer, Manifest) else listed


def _sentence(name: Name, weights: int, memory: Memory) -> str:
    needs = f"Model '{name}' needs at least {amount(weights)} for its weights, and the server's machine has"
    if memory.system is not None and weights > memory.system + memory.gpu:
        gpu = f" and {amount(memory.gpu)} of GPU memory" if memory.gpu else ""
        # Swap counts for Ollama, too.
        return (
            f"{needs} {amount(memory.system)} of memory{gpu}: unless it has swap, Ollama will refuse to load the model"
            f' ("requires more system memory"), {REMEDY}, or set its state to absent.'
        )
    if 0 < memory.gpu < weights:
        return (
            f"{needs} {amount(memory.gpu)} of GPU memory: part of the model will run on the CPU, which is slow,"
            f" {REMEDY}, if speed matters."
        )
    return ""
