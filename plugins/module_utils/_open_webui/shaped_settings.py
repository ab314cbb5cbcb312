# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Settings that have a form of their own in a task, turned into the form in which Open WebUI stores them."""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields


def from_params(params: Fields) -> dict[str, t.Any]:
    """What a task gives in forms of their own, by documented name."""
    shaped: dict[str, t.Any] = {}
    if params["default_models"] is not None:
        shaped["DEFAULT_MODELS"] = ",".join(params["default_models"])
    if params["model_order"] is not None:
        shaped["MODEL_ORDER_LIST"] = params["model_order"]
    if params["banners"] is not None:
        shaped["WEBUI_BANNERS"] = [_banner(banner) for banner in params["banners"]]
    if params["prompt_suggestions"] is not None:
        shaped["DEFAULT_PROMPT_SUGGESTIONS"] = [_suggestion(item) for item in params["prompt_suggestions"]]
    if params["arena_models"] is not None:
        shaped["EVALUATION_ARENA_MODELS"] = [_arena_model(model) for model in params["arena_models"]]
    return shaped


def _banner(banner: Fields) -> dict[str, t.Any]:
    # Who dismissed a banner does not see it again until it says something else.
    told = f"{banner['type']} {banner['title']} {banner['content']}"
    return {
        "id": hashlib.sha256(told.encode()).hexdigest()[:16],
        "type": banner["type"],
        "title": banner["title"],
        "content": banner["content"],
        "dismissible": banner["dismissible"],
        # When it was made would make each run another.
        "timestamp": 0,
    }


def _suggestion(suggestion: Fields) -> dict[str, t.Any]:
    return {"title": [suggestion["title"], suggestion["subtitle"]], "content": suggestion["content"]}


def _arena_model(model: Fields) -> dict[str, t.Any]:
    if len(model["models"]) == 1:
        raise InvalidInput(f"The arena model '{model['id']}' has one model, and needs two or more to compare.")
    return {
        "id": model["id"],
        "name": model["name"] or model["id"],
        "meta": {
            "profile_image_url": "/favicon.png",
            "description": model["description"],
            # Without a list it chooses among all models.
            "model_ids": model["models"] or None,
            "filter_mode": "include",
        },
    }
