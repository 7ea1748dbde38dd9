"""The compact student: words, their places and the page picture in one transformer, every answer in one pass.

The layout enters twice: as summed embeddings of each word's box (LayoutLM, Xu et al. 2020) and as rotary positions (Su
et al. 2021) over visual row, horizontal place and reading order, so that attention can tell "same row" and "row below".
The picture is read by a few convolutions whose features are taken at each word (as in PICK and LayoutLMv2's region
features). A field is a span, chosen by one softmax over all spans and "not on the document"; line items are word tags
with a mark where an item begins; inferred fields are classes of the whole document.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, PretrainedConfig

from extractor.student import features
from extractor.student.encoder import CELLS
from training.students.heads import NEVER, PointingStudent
from training.students.licences import terms_of


class CompactConfig(PretrainedConfig):  # type: ignore[no-untyped-call]
    """Sizes of the student and what it answers.

    `spans` names the fields found as spans, `longest` the most tokens each may take, `inferred` the classes of each
    inferred field ("" stands for none), `parts` the tags of line items after "none". `body` is the configuration of a
    transformers encoder (with its `model_type`) that takes the place of the student's own layers; None for these.
    `picture` and `layout` false hide the page picture, and the places of words, from the student.
    """

    model_type = "tailor_compact"

    def __init__(
        self,
        hidden: int = 256,
        layers: int = 6,
        heads: int = 8,
        spelling: int = 128,
        pointer: int = 16,
        dropout: float = 0.1,
        spans: list[str] | None = None,
        longest: list[int] | None = None,
        inferred: dict[str, list[str]] | None = None,
        parts: list[str] | None = None,
        body: dict[str, Any] | None = None,
        picture: bool = True,
        layout: bool = True,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        self.hidden, self.layers, self.heads = hidden, layers, heads
        self.spelling, self.pointer, self.dropout = spelling, pointer, dropout
        self.spans = spans or []
        self.longest = longest or [12] * len(self.spans)
        self.inferred = inferred or {}
        self.parts = parts or []
        self.body = body
        self.picture, self.layout = picture, layout


class PageReader(nn.Module):
    """A grey page (q × 1 × height × width, 0–255) to a feature map an eighth its size: (q · cells) × channels."""

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(32, channels, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.GELU(),
        )
        self.norm = nn.LayerNorm(channels)

    def forward(self, pictures: Tensor) -> Tensor:
        seen = self.convolutions(pictures.to(self.norm.weight.dtype) / 128.0 - 1.0)
        flat = seen.permute(0, 2, 3, 1).reshape(-1, seen.shape[1])
        answer: Tensor = self.norm(flat)
        return answer


class Rotation(nn.Module):
    """Angles of the rotary positions: rows, horizontal place and order share out the pairs of a head's channels.

    The rates are plain numbers, not buffers: `from_pretrained` leaves buffers that are not saved uninitialised.
    """

    def __init__(self, pairs: int) -> None:
        super().__init__()
        for_row, for_place = (3 * pairs) // 8, (3 * pairs) // 8
        for_order = pairs - for_row - for_place
        self.row = [1.6 * 60.0 ** (-at / for_row) for at in range(for_row)]
        self.place = [40.0 * 40.0 ** (-at / for_place) for at in range(for_place)]
        self.order = [300.0 ** (-at / for_order) for at in range(for_order)]

    def forward(self, places: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Cosine and sine, each b × 1 × n × pairs."""
        row, place, order = (
            torch.tensor(rates, dtype=boxes.dtype, device=boxes.device) for rates in (self.row, self.place, self.order)
        )
        middle = (boxes[..., 0:1] + boxes[..., 2:3]) / 2
        angles = torch.cat([places[..., 0:1] * row, middle * place, places[..., 1:2] * order], dim=-1).unsqueeze(1)
        return angles.cos(), angles.sin()


def rotate(vectors: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turns each pair of channels (first half, second half) of b × heads × n × d by its angle."""
    first, second = vectors.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)


def attention(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    """What each word sees, b × heads × n × d; `bias` (b × 1 × 1 × n) hides padding."""
    return functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)


def attention_by_products(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    """The same as `attention` by plain matrix products. Documents are short: on a CPU, forward and backward together
    take a third to two thirds of the time of the fused kernel, whose backward is slow in bfloat16."""
    batch, heads, count, size = query.shape
    queries, keys, values = (each.reshape(batch * heads, count, size) for each in (query, key, value))
    hidden = bias.expand(batch, heads, 1, count).reshape(batch * heads, 1, count)
    scores = torch.baddbmm(hidden, queries, keys.transpose(1, 2), alpha=size**-0.5)
    return torch.bmm(scores.softmax(-1).to(values.dtype), values).view(batch, heads, count, size)


class Block(nn.Module):
    """One pre-norm transformer layer with rotary positions."""

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.before_attention = nn.LayerNorm(config.hidden)
        self.mix = nn.Linear(config.hidden, 3 * config.hidden)
        self.out = nn.Linear(config.hidden, config.hidden)
        self.before_feed = nn.LayerNorm(config.hidden)
        self.up = nn.Linear(config.hidden, 4 * config.hidden)
        self.down = nn.Linear(4 * config.hidden, config.hidden)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, words: Tensor, cosine: Tensor, sine: Tensor, bias: Tensor) -> Tensor:
        batch, count, hidden = words.shape
        mixed = self.mix(self.before_attention(words)).view(batch, count, 3, self.heads, hidden // self.heads)
        query, key, value = mixed.permute(2, 0, 3, 1, 4).unbind(0)
        cosine, sine = cosine.to(query.dtype), sine.to(query.dtype)
        attend = attention_by_products if self.training and words.device.type == "cpu" else attention
        seen = attend(rotate(query, cosine, sine), rotate(key, cosine, sine), value, bias.to(query.dtype))
        words = words + self.dropout(self.out(seen.transpose(1, 2).reshape(batch, count, hidden)))
        answer: Tensor = words + self.dropout(self.down(functional.gelu(self.up(self.before_feed(words)))))
        return answer


class CompactStudent(PointingStudent):
    """See the module. Inputs are what `extractor.student.encoder.collate` makes, as tensors."""

    config_class = CompactConfig
    base_model_prefix = "student"
    embedding, placed = "embedded", ("boxes", "places")

    def __init__(self, config: CompactConfig) -> None:
        super().__init__(config)
        self.compact = config
        hidden = config.hidden
        self.spelling = nn.EmbeddingBag(features.BUCKETS, config.spelling, mode="mean", padding_idx=0)
        self.read_spelling = nn.Linear(config.spelling, hidden)
        self.read_numbers = nn.Linear(features.NUMBERS, hidden)
        self.read_boxes = nn.Sequential(nn.Linear(6 * 8, hidden), nn.GELU(), nn.Linear(hidden, hidden))
        self.page_reader = PageReader()
        self.read_picture = nn.Linear(CELLS * 64, hidden)
        self.embedded = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.rotation = Rotation(hidden // config.heads // 2)
        self.blocks = nn.ModuleList(Block(config) for _ in range(0 if config.body else config.layers))
        self.body = _body(config.body) if config.body else None
        self.finished = nn.LayerNorm(hidden)
        self.add_heads(hidden)
        self.post_init()  # type: ignore[no-untyped-call]

    @property
    def terms(self) -> tuple[str, ...]:
        return (terms_of(str(self.compact.body.get("model_type"))),) if self.compact.body else ()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.EmbeddingBag):
            nn.init.normal_(module.weight, std=0.3)

    def forward(
        self,
        pieces: Tensor,
        numbers: Tensor,
        boxes: Tensor,
        places: Tensor,
        cells: Tensor,
        mask: Tensor,
        pictures: Tensor,
    ) -> dict[str, Tensor]:
        """See `PointingStudent.answers`."""
        words = self.encode(pieces, numbers, boxes, places, cells, mask, pictures)
        return self.answers(words, mask)

    def encode(
        self,
        pieces: Tensor,
        numbers: Tensor,
        boxes: Tensor,
        places: Tensor,
        cells: Tensor,
        mask: Tensor,
        pictures: Tensor,
    ) -> Tensor:
        """The words in context: b × n × hidden."""
        batch, count, kept = pieces.shape
        spelled = self.spelling(pieces.reshape(batch * count, kept)).view(batch, count, -1)
        words = self.read_spelling(spelled) + self.read_numbers(numbers)
        if self.compact.layout:
            words = words + self.read_boxes(_waves(boxes))
        else:
            boxes, places = torch.zeros_like(boxes), places * torch.tensor([0.0, 1.0, 0.0])
        if self.compact.picture:
            words = words + self.read_picture(self.page_reader(pictures)[cells].flatten(-2))
        words = self.dropout(self.embedded(words))
        bias = torch.where(mask, 0.0, NEVER)[:, None, None, :]
        if self.body is not None:
            # Order is the body's own business; rows and places it knows by the summed embeddings. The mask is given in
            # its final form: what transformers makes of a plain one can't be exported.
            full = bias.to(words.dtype).expand(batch, 1, count, count)
            seen_by_body: Tensor = self.body(inputs_embeds=words, attention_mask=full).last_hidden_state
            return self.finished(seen_by_body)  # type: ignore[no-any-return]
        cosine, sine = self.rotation(places, boxes)
        for block in self.blocks:
            words = block(words, cosine, sine, bias)
        answer: Tensor = self.finished(words)
        return answer


def _body(declared: dict[str, Any]) -> nn.Module:
    """An encoder of transformers without weights, as configured."""
    rest = dict(declared)
    body: nn.Module = AutoModel.from_config(  # type: ignore[no-untyped-call]
        AutoConfig.for_model(rest.pop("model_type"), **rest)
    )
    return body


def _waves(boxes: Tensor) -> Tensor:
    """Corners and sizes (b × n × 6 numbers in 0–1) as sines and cosines of four wavelengths: b × n × 48."""
    sized = torch.cat([boxes, boxes[..., 2:] - boxes[..., :2]], dim=-1)
    rates = math.pi * torch.tensor([1.0, 2.0, 4.0, 8.0], dtype=boxes.dtype, device=boxes.device)
    angles = sized.unsqueeze(-1) * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1).flatten(-2)
