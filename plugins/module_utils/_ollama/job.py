# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""One run of the module ollama_model as data: what it found, what it does, how far it is, what it tells."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import Model, Plan, Wanted
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pulls import Transfer, from_data
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import Answer, Manifest

TO_BE_PULLED = "to be pulled"


@dataclass
class Job:
    """`before` is what the server had, `transfers` one element for each pull of `plan`."""

    before: list[Model]
    plan: Plan
    transfers: list[Transfer] = field(default_factory=list)

    @property
    def errors(self) -> list[str]:
        return [transfer.error for transfer in self.transfers if transfer.error]

    @property
    def is_paused(self) -> bool:
        return any(not transfer.ended for transfer in self.transfers)

    def to_data(self) -> dict[str, t.Any]:
        """What the next slice of the same run needs, as JSON can hold it."""
        return {
            "before": [[str(model.name), model.digest, model.size] for model in self.before],
            "delete": [str(name) for name in self.plan.delete],
            "transfers": [transfer.to_data() for transfer in self.transfers],
        }

    def to_progress(self) -> list[dict[str, t.Any]]:
        """How far each pull is, for people; figures in bytes, and zero for one that has not begun."""
        return [
            {
                "name": str(transfer.name),
                "completed": transfer.progress.completed if transfer.progress else 0,
                "total": transfer.progress.total if transfer.progress else 0,
                "fetched": transfer.fetched,
                "ended": transfer.ended,
            }
            for transfer in self.transfers
        ]


def start(before: list[Model], todo: Plan) -> Job:
    """The job that carries out a plan."""
    return Job(before, todo, [Transfer(name) for name in todo.pull])


def resume(data: t.Mapping[str, t.Any]) -> Job:
    """The reverse of `Job.to_data`."""
    transfers = [from_data(transfer) for transfer in data["transfers"]]
    return Job(
        [Model(parse(name), digest, size) for name, digest, size in data["before"]],
        Plan(tuple(transfer.name for transfer in transfers), tuple(parse(name) for name in data["delete"])),
        transfers,
    )


def foretell(job: Job, answers: t.Mapping[Name, Answer]) -> list[Model]:
    """What the server will have; an empty digest and a size of 0 where nobody knows."""
    after = {model.name.key: model for model in job.before}
    for name in job.plan.delete:
        del after[name.key]
    for name in job.plan.pull:
        answer = answers.get(name)
        if isinstance(answer, Manifest):
            after[name.key] = Model(name, answer.digest, sum(answer.blobs.values()))
        elif name not in job.plan.undecided:
            after[name.key] = Model(name, "", 0)
    return list(after.values())


def describe(
    job: Job, wanted: t.Sequence[Wanted], after: t.Sequence[Model], coming: t.Mapping[Name, int | None] | None = None
) -> list[dict[str, t.Any]]:
    """The result's entry for each model of the list, then for those that go although it does not name them.

    `coming` is given in check mode: for each pull its bytes, or None.
    """
    found = {model.name.key: model for model in job.before}
    left = {model.name.key: model for model in after}
    transfers = {transfer.name.key: transfer for transfer in job.transfers}
    named = {item.name.key for item in wanted}
    names = [item.name for item in wanted] + [name for name in job.plan.delete if name.key not in named]
    return [
        _entry(name, found.get(name.key), left.get(name.key), transfers.get(name.key))
        | _figures(name, transfers.get(name.key), job.plan, coming)
        for name in names
    ]


def _entry(name: Name, before: Model | None, after: Model | None, transfer: Transfer | None) -> dict[str, t.Any]:
    action = "none"
    if transfer is not None and transfer.error:
        action = "failed"
    elif after is None:
        action = "removed" if before else "none"
    elif before is None or after.digest != before.digest:
        action = "updated" if before else "pulled"
    return {
        "name": str((after or before or Model(name, "", 0)).name),
        "action": action,
        "digest_before": before.digest if before else None,
        "digest": (after.digest or None) if after else None,
        "size": (after.size or None) if after else None,
    }


def _figures(
    name: Name, transfer: Transfer | None, todo: Plan, coming: t.Mapping[Name, int | None] | None
) -> dict[str, t.Any]:
    if coming is None:
        fetched, seconds = (transfer.fetched, round(transfer.seconds, 1)) if transfer else (0, 0.0)
        return {"bytes": fetched, "seconds": seconds}
    figures: dict[str, t.Any] = {"bytes": coming.get(name, 0), "seconds": 0.0}
    return figures | ({"action": "unknown"} if name in todo.undecided else {})


def listing(models: t.Sequence[Model], entries: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, str]:
    """The digests of those models that the result speaks of, for the diff."""
    spoken_of = {parse(entry["name"]).key for entry in entries}
    return {str(model.name): model.digest or TO_BE_PULLED for model in models if model.name.key in spoken_of}
