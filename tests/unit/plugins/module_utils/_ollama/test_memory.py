"""Which models are too large for a machine's memory, and what is said of them."""

from __future__ import annotations

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.memory import Memory, too_large
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import Model, Wanted
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import Answer, Manifest, Unknown

GB = 1_000_000_000
THERE, MISSING, SILENT, GONE = (parse(name) for name in ("there", "missing", "silent", "gone"))
CURRENT = [Model(THERE, "1", 20 * GB), Model(GONE, "2", 20 * GB)]
ANSWERS: dict[Name, Answer] = {
    MISSING: Manifest("3", {"weights": 12 * GB, "licence": 20 * GB}, 12 * GB),
    SILENT: Unknown("silent"),
}
WANTED = [Wanted(THERE, "present"), Wanted(MISSING, "latest"), Wanted(SILENT, "present"), Wanted(GONE, "absent")]


def named(memory: Memory) -> list[str]:
    """Each model that a sentence is about, and the fate that it tells."""
    fates = {"will refuse to load": "refused", "run on the CPU": "slow"}
    sentences = too_large(WANTED, CURRENT, ANSWERS, memory)
    return [
        f"{sentence.split(chr(39))[1]} {fate}"
        for sentence in sentences
        for text, fate in fates.items()
        if text in sentence
    ]


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        (Memory(20 * GB, 0), []),
        (Memory(12 * GB, 0), ["there:latest refused"]),
        (Memory(12 * GB - 1, 0), ["there:latest refused", "missing:latest refused"]),
        (Memory(8 * GB, 12 * GB), ["there:latest slow"]),
        (Memory(8 * GB, 12 * GB - 1), ["there:latest refused", "missing:latest slow"]),
        (Memory(4 * GB, 4 * GB), ["there:latest refused", "missing:latest refused"]),
        (Memory(1, 20 * GB), []),
        (Memory(None, 12 * GB), ["there:latest slow"]),
    ],
)
def test_weights_are_held_against_all_memory_and_that_of_the_gpus(memory: Memory, expected: list[str]) -> None:
    assert named(memory) == expected


def test_what_the_registry_offers_counts_not_what_is_there() -> None:
    answers: dict[Name, Answer] = {THERE: Manifest("4", {}, 5 * GB)}
    assert too_large([Wanted(THERE, "latest")], CURRENT, answers, Memory(8 * GB, 0)) == []


def test_each_sentence_names_sizes_and_remedy() -> None:
    def sentence(memory: Memory) -> str:
        [only] = too_large([Wanted(MISSING, "present")], [], ANSWERS, memory)
        return only

    assert sentence(Memory(8 * GB, 2 * GB)) == (
        "Model 'missing:latest' needs at least 12.0 GB for its weights, and the server's machine has 8.0 GB of memory"
        " and 2.0 GB of GPU memory: unless it has swap, Ollama will refuse to load the model"
        ' ("requires more system memory"), so choose a smaller tag, such as another quantisation, or set its state to'
        " absent."
    )
    assert sentence(Memory(32 * GB, 8 * GB)) == (
        "Model 'missing:latest' needs at least 12.0 GB for its weights, and the server's machine has 8.0 GB of GPU"
        " memory: part of the model will run on the CPU, which is slow, so choose a smaller tag, such as another"
        " quantisation, if speed matters."
    )
