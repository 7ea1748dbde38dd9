"""What the pretended provider charges: counted from the request it received, by formulas of its own.

Nothing of `labeling` is used here, so that an estimate is compared with something independent of it.
"""

from __future__ import annotations

import base64
import io
import json
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from PIL import Image

CHARACTERS = 3.6
TOOL_OVERHEAD = 313
"""Tokens of the hidden instructions that a forced tool adds (Anthropic's documentation)."""
CACHE_FROM = 1024


@dataclass(frozen=True)
class Tariff:
    """US dollars for a million tokens."""

    input: Decimal = Decimal(3)
    output: Decimal = Decimal(15)
    cached: Decimal = Decimal("0.30")
    written: Decimal = Decimal("3.75")
    batch: Decimal = Decimal("0.5")

    def bill(self, usage: Usage, *, batch: bool = False) -> Decimal:
        total = (
            usage.fresh * self.input
            + usage.read * self.cached
            + usage.written * self.written
            + usage.output * self.output
        )
        return total / 1_000_000 * (self.batch if batch else 1)


@dataclass(frozen=True)
class Usage:
    """Tokens of one call: input that is neither read from nor written into the cache, the latter two, and output."""

    fresh: int = 0
    read: int = 0
    written: int = 0
    output: int = 0


def text_tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS)


def picture_size(encoded: str) -> tuple[int, int]:
    """Decodes a picture whole, as a model would: a broken one fails here."""
    picture = Image.open(io.BytesIO(base64.b64decode(encoded, validate=True)))
    picture.load()
    return picture.size


def claude_picture(width: int, height: int) -> int:
    return math.ceil(width / 28) * math.ceil(height / 28)


def tiles_picture(width: int, height: int) -> int:
    shrink = min(1.0, 2048 / max(width, height))
    width, height = int(width * shrink), int(height * shrink)
    shrink = min(1.0, 768 / min(width, height))
    return 85 + 170 * math.ceil(width * shrink / 512) * math.ceil(height * shrink / 512)


def anthropic_parts(body: dict[str, Any]) -> tuple[str, int]:
    """The beginning that may be kept (tools and system text), and the tokens of the messages."""
    system = body.get("system") or []
    blocks = [{"text": system}] if isinstance(system, str) else system
    tools = json.dumps(body.get("tools") or [], ensure_ascii=False)
    prefix = tools + "".join(block["text"] for block in blocks)
    count = 0
    for message in body["messages"]:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if block["type"] == "text":
                count += text_tokens(block["text"])
            elif block["type"] == "image":
                count += claude_picture(*picture_size(block["source"]["data"]))
    return prefix, count


def openai_parts(body: dict[str, Any]) -> tuple[str, int]:
    """The same of a chat completion: system text and schema; tokens of the user's messages."""
    prefix = json.dumps(body.get("response_format") or {}, ensure_ascii=False)
    count = 0
    for message in body["messages"]:
        content = message["content"]
        if message["role"] == "system":
            prefix += content
            continue
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if block["type"] == "text":
                count += text_tokens(block["text"])
            else:
                count += tiles_picture(*picture_size(block["image_url"]["url"].partition("base64,")[2]))
    return prefix, count
