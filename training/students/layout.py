"""A student on a layout encoder of transformers: LayoutLM (Xu et al. 2020), LiLT (Wang et al. 2022), LayoutLMv3 (Huang
et al. 2022), BROS (Hong et al. 2022), by a local path or a hub name.

The encoder reads sub-words with boxes (and, for LayoutLMv3, the page picture) in windows of one page; what it says of
them is pooled back to the words, and from there on everything is as in the compact student: the same heads, losses,
looks at dev, decoding and export. See extractor/student/layout_inputs.py for windows and boxes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig

from extractor.errors import UsageError
from extractor.student.layout_inputs import TOKENIZER_FILE, LayoutReader, LayoutSettings, load_reader
from training.augment import Sample
from training.students.heads import PointingStudent
from training.students.licences import terms_of

READABLE = ("lilt", "layoutlm", "layoutlmv3", "bros")
"""Architectures whose inputs are made here."""

WEIGHTS_FILE = "model.safetensors"


class LayoutConfig(PretrainedConfig):  # type: ignore[no-untyped-call]
    """What the student answers (see CompactConfig), the encoder's own configuration with its `model_type` (`body`), how
    its inputs are made (`reading`, the keys of LayoutSettings), and how pictures are normalised (`mean`, `deviation`
    of grey values between 0 and 1)."""

    model_type = "tailor_layout"

    def __init__(
        self,
        body: dict[str, Any] | None = None,
        reading: dict[str, Any] | None = None,
        pointer: int = 16,
        dropout: float = 0.1,
        spans: list[str] | None = None,
        longest: list[int] | None = None,
        inferred: dict[str, list[str]] | None = None,
        parts: list[str] | None = None,
        mean: float = 0.5,
        deviation: float = 0.5,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        self.body, self.reading = body or {}, reading or {}
        self.pointer, self.dropout = pointer, dropout
        self.spans = spans or []
        self.longest = longest or [12] * len(self.spans)
        self.inferred = inferred or {}
        self.parts = parts or []
        self.mean, self.deviation = mean, deviation


class LayoutStudent(PointingStudent):
    """See the module. Inputs are what `LayoutReader.collate` makes, as tensors; its tokenizer is saved beside the
    weights. `body` is the encoder."""

    config_class = LayoutConfig
    base_model_prefix = "student"

    def __init__(self, config: LayoutConfig, reader: LayoutReader | None = None) -> None:
        super().__init__(config)
        self.layout = config
        self.settings = LayoutSettings.model_validate(config.reading)
        self.reader = reader
        self.body = body_of(config.body)
        hidden = int(self.body.config.hidden_size)
        self.finished = nn.LayerNorm(hidden)
        self.add_heads(hidden)
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    @property
    def inputs(self) -> tuple[str, ...]:
        made = ("input_ids", "bbox", "attention_mask", "pieces", "mask")
        return (*made, "page_pictures") if self.settings.picture else made

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return {
            **dict.fromkeys(("input_ids", "bbox", "attention_mask"), ("windows", "subwords")),
            **dict.fromkeys(("pieces", "mask"), ("batch", "words")),
            "page_pictures": ("windows",),
        }

    def collate(self, samples: Sequence[Sample]) -> dict[str, Tensor]:
        assert self.reader is not None, "a student that reads has its tokenizer"
        arrays = self.reader.collate([sample.encoded for sample in samples])
        return {name: torch.from_numpy(np.ascontiguousarray(arrays[name])) for name in self.inputs}

    def forward(
        self,
        input_ids: Tensor,
        bbox: Tensor,
        attention_mask: Tensor,
        pieces: Tensor,
        mask: Tensor,
        page_pictures: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """See `PointingStudent.answers`."""
        seen = {"pixel_values": self._pixels(page_pictures)} if page_pictures is not None else {}
        rows, size = input_ids.shape
        given = self.body(input_ids=input_ids, bbox=bbox, attention_mask=attention_mask, **seen).last_hidden_state
        # LayoutLMv3 appends its picture patches: the sub-words come first.
        flat = given[:, :size].reshape(rows * size, -1)
        known = (pieces >= 0).unsqueeze(-1).to(flat.dtype)
        picked = flat[pieces.clamp(min=0)] * known
        words = picked.sum(dim=2) / known.sum(dim=2).clamp(min=1.0)
        return self.answers(self.finished(words), mask)

    def _pixels(self, pictures: Tensor) -> Tensor:
        """Grey pages (w × 1 × side × side, 0–255) as the encoder wants colour ones."""
        grey = pictures.to(self.finished.weight.dtype) / 255.0
        return ((grey - self.layout.mean) / self.layout.deviation).expand(-1, 3, -1, -1)

    @property
    def terms(self) -> tuple[str, ...]:
        return (terms_of(str(self.layout.body.get("model_type"))),)

    def publish(self, folder: Path) -> dict[str, Any]:
        assert self.reader is not None
        self.reader.tokenizer.save(str(folder / TOKENIZER_FILE))
        return {"kind": "layout", "layout": self.settings}

    def save_pretrained(self, save_directory: Any, *given: Any, **options: Any) -> None:
        super().save_pretrained(save_directory, *given, **options)
        if self.reader is not None:
            self.reader.tokenizer.save(str(Path(save_directory) / TOKENIZER_FILE))

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, *_: Any, **__: Any) -> Self:
        """Built whole, then filled: transformers' own way leaves the encoder's unsaved buffers (the places of picture
        patches) without their values."""
        from safetensors.torch import load_file

        path = Path(pretrained_model_name_or_path)
        config = LayoutConfig.from_pretrained(path)
        student = cls(config)
        student.load_state_dict(load_file(path / WEIGHTS_FILE))
        student.reader = load_reader(path, student.settings)
        return student.eval()  # type: ignore[no-any-return, no-untyped-call]


def body_of(declared: Mapping[str, Any]) -> Any:
    """An encoder of transformers without weights, as configured, and without the pooler that nothing here asks."""
    rest = dict(declared)
    body: Any = AutoModel.from_config(  # type: ignore[no-untyped-call]
        AutoConfig.for_model(rest.pop("model_type"), **rest),
        # Relative positions are a bias on the scores: other attention refuses them, or can't be exported.
        attn_implementation="eager",
    )
    return without_pooler(body)


def without_pooler(body: Any) -> Any:
    if body.config.model_type in ("lilt", "bros"):
        body.pooler = None
    return body


def settings_for(config: Any, tokenizer: Any, *, picture: bool, pooling: str) -> LayoutSettings:
    """How the inputs of an encoder are made, out of its configuration and its tokenizer (both of transformers).

    Raises UsageError for an architecture whose inputs are not made here.
    """
    kind = str(config.model_type)
    if kind not in READABLE:
        raise UsageError(
            f"A backbone of the kind {kind} can't be a layout student.",
            hint=f"Choose one of {', '.join(READABLE)}; encoders of text alone serve student.kind: compact.",
        )
    pad = int(tokenizer.pad_token_id)
    # RoBERTa's descendants count positions from behind the padding's number.
    room = int(config.max_position_embeddings) - (pad + 1 if kind in ("lilt", "layoutlmv3") else 0)
    window = min(room, 512)
    sees = picture and kind == "layoutlmv3" and bool(config.visual_embed)
    return LayoutSettings(
        begin=_first(tokenizer.cls_token_id, tokenizer.bos_token_id),
        end=_first(tokenizer.sep_token_id, tokenizer.eos_token_id),
        pad=pad,
        unknown=_first(tokenizer.unk_token_id, pad),
        window=window,
        overlap=window // 4,
        boxes="unit" if kind == "bros" else "thousandths",
        end_corner=1000 if kind == "layoutlm" else 0,
        picture=int(config.input_size) if sees else 0,
        pooling="mean" if pooling == "mean" else "first",
    )


def tokenizer_of(tokenizer: Any) -> Any:
    """The `tokenizers.Tokenizer` inside one of transformers, made to read word by word: a byte-level one must take each
    word as one that stands behind a space."""
    from tokenizers import Tokenizer

    inside = json.loads(tokenizer.backend_tokenizer.to_str())
    _spaced(inside.get("pre_tokenizer"))
    inside["truncation"] = inside["padding"] = None
    return Tokenizer.from_str(json.dumps(inside))


def _spaced(part: Any) -> None:
    if isinstance(part, dict):
        if part.get("type") == "ByteLevel":
            part["add_prefix_space"] = True
        for each in part.get("pretokenizers", ()):
            _spaced(each)


def _first(*ids: int | None) -> int:
    found = next((each for each in ids if each is not None), None)
    if found is None:
        raise UsageError(
            "The tokenizer of the backbone has no mark for the beginning or the end of a text.",
            hint="Give the folder of a layout encoder with its own tokenizer.",
        )
    return int(found)
