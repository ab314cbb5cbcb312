# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The settings that Open WebUI stores."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI

EXPORT = "/api/v1/configs/export"
EMBEDDING = "/api/v1/retrieval/embedding"
# Settings that the server reads when it starts, or when they come by the way of their own page.
EMBEDDING_SETTINGS = (
    "rag.embedding_engine",
    "rag.embedding_model",
    "rag.embedding_batch_size",
    "rag.enable_async_embedding",
    "rag.embedding_concurrent_requests",
    "rag.openai.api_base_url",
    "rag.openai.api_key",
    "rag.ollama.base_url",
    "rag.ollama.api_key",
    "rag.azure_openai.base_url",
    "rag.azure_openai.api_key",
    "rag.azure_openai.api_version",
)
RERANKING_SETTINGS = {
    "rag.enable_hybrid_search": "ENABLE_RAG_HYBRID_SEARCH",
    "rag.reranking_engine": "RAG_RERANKING_ENGINE",
    "rag.reranking_model": "RAG_RERANKING_MODEL",
    "rag.external_reranker_url": "RAG_EXTERNAL_RERANKER_URL",
    "rag.external_reranker_api_key": "RAG_EXTERNAL_RERANKER_API_KEY",
}


def read(server: OpenWebUI) -> dict[str, t.Any]:
    """All stored settings by their stored names, secrets included."""
    reply = server.get(EXPORT)
    with server.understood(EXPORT):
        return dict(reply)


def store(server: OpenWebUI, settings: t.Mapping[str, t.Any]) -> None:
    """Store these settings, leave the others as they are, and see to it that the server goes by them."""
    reply = server.post("/api/v1/configs/import", {"config": dict(settings)})
    if settings.keys() & set(EMBEDDING_SETTINGS):
        # What it answers here is what it stores now, under the names of its page, all of which it wants back.
        server.post(f"{EMBEDDING}/update", server.get(EMBEDDING))
    reranking = {name: reply[key] for key, name in RERANKING_SETTINGS.items() if key in reply}
    if settings.keys() & RERANKING_SETTINGS.keys():
        server.post("/api/v1/retrieval/config/update", reranking)
