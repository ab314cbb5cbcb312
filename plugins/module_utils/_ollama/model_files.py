# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Models as files: what a source offers, what a store lacks of it, and what is told about that, without any I/O."""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import Manifest, parse_manifest
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.storage import missing_blobs

DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Offer:
    """A model of a source: the bytes of its manifest, and what they say."""

    name: Name
    body: bytes
    manifest: Manifest


@dataclass(frozen=True)
class Step:
    """What has to be done about one model.

    `before` is the digest of the manifest that the store has, or None; `missing` are the blobs to copy, with sizes.
    """

    offer: Offer
    before: str | None
    missing: t.Mapping[str, int]

    @property
    def action(self) -> str:
        if self.before is None:
            return "copied"
        if self.before != self.offer.manifest.digest:
            return "updated"
        return "mended" if self.missing else "none"


def parts(name: Name) -> tuple[str, str, str, str, str]:
    """Where the manifest of a model is, below the folder of models."""
    return ("manifests", name.host, name.namespace, name.model, name.tag)


def blob(digest: str) -> str:
    """Where a blob is, below the folder of models; `digest` is 64 hexadecimal digits."""
    return f"blobs/sha256-{digest}"


def understand(name: Name, body: bytes, source: str) -> Offer:
    """What a manifest offers; raises InvalidInput when `source` has something else there."""
    manifest = parse_manifest(body)
    # The digests become names of files.
    if manifest is None or not all(DIGEST.fullmatch(digest) for digest in manifest.blobs):
        raise InvalidInput(
            f"{source}/{'/'.join(parts(name))} is no manifest of a model: look where it comes from, and make it anew."
        )
    return Offer(name, body, manifest)


def plan(
    offers: t.Sequence[Offer], there: t.Mapping[Name, bytes], has_blob: t.Callable[[str, int], bool]
) -> list[Step]:
    """What makes a store with the manifests of `there` have what is offered.

    `has_blob` tells whether it has a blob of this digest and size. A blob that models share is copied for the first.
    """
    sizes = {digest: size for offer in offers for digest, size in offer.manifest.blobs.items()}
    missing = missing_blobs(
        [offer.name for offer in offers],
        {offer.name: offer.manifest for offer in offers},
        lambda digest: has_blob(digest, sizes[digest]),
    )
    return [
        Step(
            offer,
            hashlib.sha256(there[offer.name]).hexdigest() if offer.name in there else None,
            missing[offer.name] or {},
        )
        for offer in offers
    ]


def describe(steps: t.Sequence[Step]) -> list[dict[str, t.Any]]:
    """The result's entry for each model."""
    return [
        {
            "name": str(step.offer.name),
            "action": step.action,
            "digest_before": step.before,
            "digest": step.offer.manifest.digest,
            "size": sum(step.offer.manifest.blobs.values()),
            "bytes": sum(step.missing.values()),
        }
        for step in steps
    ]


def listing(entries: t.Sequence[t.Mapping[str, t.Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """The digests before and after, for the diff."""
    before = {
        entry["name"]: entry["digest_before"] + (", incomplete" if entry["action"] == "mended" else "")
        for entry in entries
        if entry["digest_before"]
    }
    return before, {entry["name"]: entry["digest"] for entry in entries}
