# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Models of one's own: what they are made of, what the server shows of them, and what tells the two apart.

A model made from a base inherits what it does not set itself, so what it should be follows from the base as the server
shows it. Where the server does not show what a model was made from (files, and weights that it quantised), a line in
the model's license says so; nothing reads it but people and this file.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama import parameters as model_parameters
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.weights import File

ORIGIN = "Made by selfhosted.llm from sha256:"
BLOB = re.compile(r"sha256-([0-9a-f]{64})")


@dataclass(frozen=True)
class Recipe:
    """What a model of the task's list is made of. Of `base` and `files` one is set, unless it is to be absent."""

    name: Name
    present: bool
    base: Name | None = None
    files: tuple[File, ...] = ()
    adapters: tuple[File, ...] = ()
    system: str | None = None
    template: str | None = None
    parameters: t.Mapping[str, t.Any] = field(default_factory=dict)
    messages: tuple[tuple[str, str], ...] = ()
    license: tuple[str, ...] = ()
    quantize: str | None = None

    @property
    def all_files(self) -> tuple[File, ...]:
        return (*self.files, *self.adapters)

    @property
    def needs_origin(self) -> bool:
        return bool(self.files or self.quantize)


@dataclass(frozen=True)
class Shown:
    """A model as POST /api/show tells of it. `weights` and `adapters` are digests of 64 hexadecimal digits.

    The fields of a model that is foretold are those that can be known.
    """

    weights: str | None
    adapters: tuple[str, ...]
    system: str
    template: str | None
    parameters: t.Mapping[str, t.Any]
    messages: tuple[tuple[str, str], ...]
    license: str

    def as_diff(self) -> dict[str, t.Any]:
        """It as plain data, for people."""
        return {
            "weights": self.weights,
            "adapters": list(self.adapters),
            "system": self.system,
            "template": self.template,
            "parameters": {name: self.parameters[name] for name in sorted(self.parameters)},
            "messages": [{"role": role, "content": content} for role, content in self.messages],
            "license": self.license,
        }


def from_params(params: t.Mapping[str, t.Any], files: t.Sequence[File], adapters: t.Sequence[File]) -> Recipe:
    """A recipe from an element of the task's list, and the files that it names.

    Raises InvalidInput for what the server would store although it cannot work.
    """
    name = parse(params["name"])
    base = parse(params["from"]) if params["from"] else None
    if base and base.key == name.key:
        raise InvalidInput(f"Model '{name}' is made from itself, and would grow with each run: name its base.")
    if params["state"] == "present" and (base is None) == (not params["path"]):
        raise InvalidInput(f"Model '{name}' needs one of from and path.")
    return Recipe(
        name=name,
        present=params["state"] == "present",
        base=base,
        files=tuple(files),
        adapters=tuple(adapters),
        system=params["system"],
        template=params["template"],
        parameters=model_parameters.check(str(name), params["parameters"] or {}),
        messages=tuple((message["role"], message["content"]) for message in params["messages"] or []),
        license=tuple(params["license"] or []),
        quantize=params["quantize"],
    )


def refuse_twice(recipes: t.Sequence[Recipe]) -> None:
    """Raise InvalidInput when a model stands in the list twice."""
    seen = set()
    for recipe in recipes:
        if recipe.name.key in seen:
            raise InvalidInput(f"The list names '{recipe.name}' twice: leave one of them out.")
        seen.add(recipe.name.key)


def from_reply(reply: t.Mapping[str, t.Any]) -> Shown:
    """What POST /api/show answered."""
    lines = reply.get("modelfile", "").splitlines()
    weights = [digest for line in lines if line.startswith("FROM ") for digest in BLOB.findall(line)[:1]]
    return Shown(
        weights=weights[0] if weights else None,
        adapters=tuple(digest for line in lines if line.startswith("ADAPTER ") for digest in BLOB.findall(line)[:1]),
        system=reply.get("system") or "",
        template=reply.get("template") or "",
        parameters=model_parameters.parse_shown(reply.get("parameters") or ""),
        messages=tuple((message["role"], message["content"]) for message in reply.get("messages") or []),
        license=reply.get("license") or "",
    )


def expected(recipe: Recipe, base: Shown | None) -> Shown:
    """What the server should show of the model; `base` is what it shows of its base.

    Of a model from files the server makes up a template and parameters where none are given: what is not given is
    None, or missing, and not compared.
    """
    own = model_parameters.normalise(recipe.parameters)
    inherited = base.parameters if base else {}
    if base is None:
        base = Shown(None, (), "", None, {}, (), "")
    if recipe.system == "" and base.system:
        raise InvalidInput(
            f"Model '{recipe.name}': Ollama cannot take a system prompt away that comes from '{recipe.base}':"
            " give another one, or another base."
        )
    origin = [ORIGIN + origin_of(recipe, base)] if recipe.needs_origin else []
    return Shown(
        weights=None if recipe.needs_origin else base.weights,
        adapters=tuple(file.digest for file in recipe.adapters) or base.adapters,
        system=recipe.system or base.system,
        template=recipe.template or base.template,
        # One that is given as an empty list is taken away.
        parameters={**{key: inherited[key] for key in inherited if key not in recipe.parameters}, **own},
        messages=recipe.messages or base.messages,
        license="\n".join([text for text in (base.license, *recipe.license) if text] + origin),
    )


def origin_of(recipe: Recipe, base: Shown) -> str:
    """The digest of what the server does not show: files, base and quantisation."""
    sources = {
        "base": base.weights,
        "files": sorted((file.name, file.digest) for file in recipe.files),
        "quantize": recipe.quantize,
    }
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()


def drift(recipe: Recipe, wanted: Shown, current: Shown) -> list[str]:
    """The names of the fields in which a model is not as it should be."""
    different = []
    for name, value in vars(wanted).items():
        found = getattr(current, name)
        if name == "parameters" and recipe.files:
            found = {key: found[key] for key in value if key in found}
        if value is not None and value != found:
            different.append(name)
    return different


def request(recipe: Recipe, wanted: Shown) -> dict[str, t.Any]:
    """The body of POST /api/create."""
    license_texts = list(recipe.license)
    if recipe.needs_origin:
        license_texts.append(wanted.license.splitlines()[-1])
    body = {
        "model": str(recipe.name),
        "from": str(recipe.base) if recipe.base else None,
        "files": {file.name: f"sha256:{file.digest}" for file in recipe.files},
        "adapters": {file.name: f"sha256:{file.digest}" for file in recipe.adapters},
        "system": recipe.system,
        "template": recipe.template,
        "parameters": dict(recipe.parameters),
        "messages": [{"role": role, "content": content} for role, content in recipe.messages],
        "license": license_texts,
        "quantize": recipe.quantize,
    }
    return {key: value for key, value in body.items() if value}
