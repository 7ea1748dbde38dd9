"""Tiny layout encoders with random weights and a tokenizer of their own, saved as their makers would save them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from tests.extractor.student.documents import ROWS

TEXTS = [*ROWS, "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,:/-"] * 3
SIZES = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
ROBERTA_MARKS = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}


def byte_level() -> Any:
    """A tokenizer of RoBERTa's kind: 0 begins, 1 pads, 2 ends, 3 is unknown."""
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    marks = ["<s>", "<pad>", "</s>", "<unk>"]
    letters = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=290, special_tokens=marks, initial_alphabet=letters))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, cls_token="<s>", sep_token="</s>", **ROBERTA_MARKS
    )


def word_pieces() -> Any:
    """A tokenizer of BERT's kind."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made.train_from_iterator(TEXTS, trainers.WordPieceTrainer(vocab_size=120, special_tokens=marks))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


def backbone(kind: str, folder: Path, *, longest: int = 64) -> Path:
    """A saved encoder of this kind that takes `longest` sub-words."""
    torch.manual_seed(3)
    tokenizer = byte_level() if kind in ("lilt", "layoutlmv3") else word_pieces()
    common: dict[str, Any] = {**SIZES, **DROPOUT, "vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    positions = {"max_position_embeddings": longest + (2 if kind in ("lilt", "layoutlmv3") else 0)}
    if kind == "lilt":
        config: Any = transformers.LiltConfig(**common, **positions, channel_shrink_ratio=2)
    elif kind == "layoutlm":
        config = transformers.LayoutLMConfig(**common, **positions)
    elif kind == "bros":
        config = transformers.BrosConfig(**common | {"hidden_size": 64}, **positions)
    else:
        sides = {"coordinate_size": 4, "shape_size": 4, "input_size": 32, "patch_size": 16}
        config = transformers.LayoutLMv3Config(**common, **positions, **sides)
        config.max_2d_position_embeddings = 1024
    transformers.AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
