"""Files of weights that Ollama takes: a model so small that it says nothing, and an adapter for it."""

from __future__ import annotations

import json
import string
import struct
from pathlib import Path
from typing import Any

import gguf
import numpy as np

WIDTH = 256
WORD = "\u2581word"
TOKENS = ["<unk>", "<s>", "</s>", *(f"<0x{value:02X}>" for value in range(256)), WORD]
TYPES = [gguf.TokenType.UNKNOWN, *[gguf.TokenType.CONTROL] * 2, *[gguf.TokenType.BYTE] * 256, gguf.TokenType.NORMAL]


def write_model(path: Path, name: str, word: str = WORD) -> None:
    """A llama with one layer, of 16-bit weights, so that it can be quantised; `word` is the last of its vocabulary."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(4)
    writer.add_head_count_kv(4)
    writer.add_rope_dimension_count(WIDTH // 4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(TOKENS))
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([*TOKENS[:-1], word])
    writer.add_token_scores([-float(index) for index in range(len(TOKENS))])
    writer.add_token_types([int(kind) for kind in TYPES])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)

    embeddings = np.random.default_rng(seed=1).standard_normal((len(TOKENS), WIDTH)).astype(np.float16)
    writer.add_tensor("token_embd.weight", embeddings)
    writer.add_tensor("output.weight", embeddings)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for part in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        writer.add_tensor(f"blk.0.{part}.weight", np.zeros((WIDTH, WIDTH), np.float16))
    for part in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{part}.weight", np.ones(WIDTH, np.float32))
    _finish(writer)


def write_adapter(path: Path) -> None:
    """A LoRA adapter that changes nothing."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 1.0)
    writer.add_tensor("blk.0.attn_q.weight.lora_a", np.zeros((4, WIDTH), np.float32))
    writer.add_tensor("blk.0.attn_q.weight.lora_b", np.zeros((WIDTH, 4), np.float32))
    _finish(writer)


def _finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


LETTERS = ["<s>", "</s>", *string.ascii_lowercase, "\u0120", "ab"]
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "vocab_size": len(LETTERS),
    "num_hidden_layers": 1,
    "max_position_embeddings": 512,
    "hidden_size": WIDTH,
    "intermediate_size": WIDTH,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "rms_norm_eps": 1e-5,
}
TOKENIZER = {
    "added_tokens": [{"id": number, "content": LETTERS[number], "special": True} for number in range(2)],
    "model": {"type": "BPE", "vocab": {token: number for number, token in enumerate(LETTERS)}, "merges": ["a b"]},
}


def write_folder(folder: Path, seed: int) -> None:
    """Such a model as its makers give it out: safetensors, with configuration and tokenizer beside them."""
    embeddings = np.random.default_rng(seed).standard_normal((len(LETTERS), WIDTH)).astype(np.float16)
    tensors = {"model.embed_tokens.weight": embeddings, "lm_head.weight": embeddings}
    for part in ("self_attn.q", "self_attn.k", "self_attn.v", "self_attn.o", "mlp.gate", "mlp.up", "mlp.down"):
        tensors[f"model.layers.0.{part}_proj.weight"] = np.zeros((WIDTH, WIDTH), np.float16)
    for norm in ("norm", "layers.0.input_layernorm", "layers.0.post_attention_layernorm"):
        tensors[f"model.{norm}.weight"] = np.ones(WIDTH, np.float16)
    _write_safetensors(folder / "model.safetensors", tensors)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    (folder / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>"}))


def _write_safetensors(path: Path, tensors: dict[str, Any]) -> None:
    header, content = {}, b""
    for name, tensor in tensors.items():
        begin = len(content)
        content += tensor.tobytes()
        header[name] = {"dtype": "F16", "shape": tensor.shape, "data_offsets": [begin, len(content)]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content)
