"""Inputs and readers of model folders: config, tokenizer and weights."""

import tempfile
from pathlib import Path

import numpy as np

from fuzz.targets import Target
from mosecrot_core.learning.checkpoints import last_whole_checkpoint
from mosecrot_core.mapping.encoder import SourceEncoder


def targets() -> list[Target]:
    """Return the readers of checkpoints."""
    import torch
    from tiny_encoders import bert_tokenizer
    from transformers import BertConfig, BertModel

    tokenizer = bert_tokenizer()
    torch.manual_seed(0)
    body = {"hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 4}
    with tempfile.TemporaryDirectory() as folder:
        BertModel(BertConfig(vocab_size=len(tokenizer), **body, max_position_embeddings=8)).save_pretrained(
            folder
        )
        tokenizer.save_pretrained(folder)
        files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    state = b'{"best_model_checkpoint": "work/checkpoint-1", "global_step": 1}'
    trainer = [{"checkpoint-1/trainer_state.json": state}]
    return [
        Target("checkpoints", "encoder", [files], _read),
        Target("checkpoints", "trainer", trainer, _read_state),
    ]


def _read(folder: Path) -> None:
    encoder = SourceEncoder.load(folder)
    assert encoder.rows.ndim == 2
    encoder.anchor_ids(["dog", "houseboat", "", "a b"], case_variants=True)
    assert np.isfinite(encoder.rows).all()


def _read_state(folder: Path) -> None:
    last_whole_checkpoint(folder)
