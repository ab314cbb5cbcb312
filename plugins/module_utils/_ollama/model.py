# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Models that are there and models that should be: plain data, and what to do about the difference."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput, stopped
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Key, Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import Answer, Manifest, Unknown

DIGEST = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")


@dataclass(frozen=True)
class Model:
    """A model as the server lists it: `digest` is 64 hexadecimal digits, `size` is in bytes."""

    name: Name
    digest: str
    size: int


@dataclass(frozen=True)
class Wanted:
    """A model of the task's list. `state` is present, latest or absent, `digest` a pin or None."""

    name: Name
    state: str
    digest: str | None = None


@dataclass(frozen=True)
class Plan:
    """What to pull and what to delete, in the order of the task's list.

    `undecided` are those of `pull` of which only the pull can tell whether it changes them;
    `kept` those that stay as they are because their registry could not be asked, with the reason.
    """

    pull: tuple[Name, ...]
    delete: tuple[Name, ...]
    undecided: tuple[Name, ...] = ()
    kept: tuple[tuple[Name, str], ...] = ()


def from_reply(reply: t.Mapping[str, t.Any]) -> Model:
    """A model from an element of GET /api/tags."""
    return Model(parse(reply["name"]), reply["digest"], reply["size"])


def from_params(models: t.Sequence[t.Mapping[str, t.Any]]) -> list[Wanted]:
    """The task's list, each element with C(name), C(state) and, perhaps, C(digest).

    Raises InvalidInput when a name or digest is wrong or a model stands in the list twice.
    """
    wanted = [Wanted(parse(model["name"]), model["state"], _pin(model)) for model in models]
    seen: dict[Key, str] = {}
    for model, given in zip(wanted, models, strict=True):
        if model.name.key in seen:
            first, second = seen[model.name.key], given["name"]
            raise InvalidInput(
                f"The list names one model twice, as '{first}' and as '{second}': leave one of them out."
            )
        seen[model.name.key] = given["name"]
    return wanted


def _pin(model: t.Mapping[str, t.Any]) -> str | None:
    if not model.get("digest"):
        return None
    if model["state"] != "present":
        raise InvalidInput(
            f"Model '{model['name']}' has a digest and the state {model['state']}: a digest goes with present."
        )
    match = DIGEST.fullmatch(model["digest"])
    if not match:
        raise InvalidInput(
            f"Model '{model['name']}' has the digest '{model['digest']}': it must be 64 hexadecimal digits,"
            " with or without sha256: before them."
        )
    return match.group(1).lower()


def to_ask(current: t.Sequence[Model], wanted: t.Sequence[Wanted]) -> list[Name]:
    """The models of which only the registry knows whether they need a pull."""
    there = {model.name.key: model for model in current}
    latest = [item.name for item in wanted if item.state == "latest" and item.name.key in there]
    digests = {key: model.digest for key, model in there.items()}
    return latest + [item.name for item in wanted if item.digest and digests.get(item.name.key) != item.digest]


def plan(
    current: t.Sequence[Model],
    wanted: t.Sequence[Wanted],
    answers: t.Mapping[Name, Answer] | None = None,
    *,
    exclusive: bool = False,
    keep: t.Collection[Name] = (),
    keep_unknown: bool = False,
) -> Plan:
    """What turns `current` into what is `wanted`.

    `answers` holds what the registries said of the names of `to_ask`. `exclusive` deletes what is not named,
    but for `keep`. `keep_unknown` leaves a model as it is whose registry does not tell what is latest.

    Raises InvalidInput where a registry offers something else than a pin asks for, or does not tell.
    """
    answers = answers or {}
    there = {model.name.key: model for model in current}
    pull: list[Name] = []
    undecided: list[Name] = []
    kept: list[tuple[Name, str]] = []
    delete: list[Name] = []
    for item in wanted:
        model, answer = there.get(item.name.key), answers.get(item.name)
        if item.state == "absent":
            delete += [model.name] if model else []
        elif item.digest and not (model and model.digest == item.digest):
            _check_pin(item, item.digest, model, answer)
            pull.append(item.name)
        elif model is None or (isinstance(answer, Manifest) and answer.digest != model.digest):
            pull.append(item.name)
        elif isinstance(answer, Unknown) and answer.private:
            pull.append(item.name)
            undecided.append(item.name)
        elif isinstance(answer, Unknown):
            kept.append((model.name, answer.reason))
    if kept and not keep_unknown:
        raise InvalidInput(
            f"Whether '{kept[0][0]}' is the latest cannot be told: {stopped(kept[0][1])}"
            " To keep such models as they are, set on_registry_error to keep."
        )
    if exclusive:
        named = {item.name.key for item in wanted} | {name.key for name in keep}
        delete += [model.name for model in current if model.name.key not in named]
    return Plan(tuple(pull), tuple(delete), tuple(undecided), tuple(kept))


def _check_pin(item: Wanted, pin: str, model: Model | None, answer: Answer | None) -> None:
    has = f"the server has sha256:{model.digest}" if model else "the server does not have it"
    if isinstance(answer, Manifest):
        if answer.digest == pin:
            return
        offer = f"the registry {item.name.host} offers sha256:{answer.digest}"
    else:
        offer = answer.reason if answer else "its registry was not asked"
    raise InvalidInput(
        f"Model '{item.name}' is pinned to sha256:{pin}, {has}, and {offer}: nothing was pulled."
        " Look what changed, and pin the digest that you want."
    )


def missed_pins(wanted: t.Sequence[Wanted], after: t.Sequence[Model]) -> list[str]:
    """A sentence for each pinned model that came with another digest than its registry announced."""
    digests = {model.name.key: model.digest for model in after}
    return [
        f"Model '{item.name}' is pinned to sha256:{item.digest}, and came as sha256:{digests.get(item.name.key)}:"
        " Ollama before 0.19.0 writes manifests of its own, so that digests never match there."
        for item in wanted
        if item.digest and digests.get(item.name.key) != item.digest
    ]
