"""A vision-language model of a few thousand random weights, saved as a download would lie on disk; its documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import transformers
import yaml
from PIL import Image, ImageDraw

from extractor.task import RECEIPTS, ItemsSpec, Task
from tests.byte_tokenizer import byte_tokenizer
from training.config import Run
from training.config_file import parse

TEMPLATE = (
    "{% for turn in messages %}<bos>{{ turn['role'] }}: {% for part in turn['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<eos>{% endfor %}{% if add_generation_prompt %}<bos>assistant: {% endif %}"
)
TASK = Task(name="tiny", fields=tuple(RECEIPTS.by_name[name] for name in ("date", "total")), line_items=ItemsSpec())


def save_model(folder: Path) -> Path:
    tokenizer = byte_tokenizer()
    sees = {"size": {"shortest_edge": 28}, "crop_size": {"height": 28, "width": 28}}
    processor = transformers.LlavaProcessor(
        image_processor=transformers.CLIPImageProcessorPil(**sees),
        tokenizer=tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
        num_additional_image_tokens=1,
    )
    vision = transformers.CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_attention_heads=2, num_hidden_layers=2, image_size=28, patch_size=14
    )
    text = transformers.LlamaConfig(
        hidden_size=32, intermediate_size=32, num_attention_heads=2, num_hidden_layers=1, num_key_value_heads=2,
        vocab_size=len(tokenizer), max_position_embeddings=4096, eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    config = transformers.LlavaConfig(
        vision_config=vision.to_dict(),
        text_config=text.to_dict(),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=4,
    )
    torch.manual_seed(0)
    transformers.LlavaForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def documents(folder: Path, count: int = 5) -> Path:
    """Pictures 1, 2, … with their labels; 5 is dev."""
    (folder / "pictures").mkdir(parents=True)
    lines = []
    for number in range(1, count + 1):
        image = Image.new("RGB", (60, 90), "white")
        ImageDraw.Draw(image).rectangle((5, 5, 5 + 9 * number, 60), fill="black")
        image.save(folder / "pictures" / f"{number}.png")
        total = f"{number}.50"
        day = {"date_text": f"0{number}/12/18", "date": f"2018-12-0{number}"}
        lines.append(json.dumps({"id": str(number), **day, "total": total, "line_items": [["Tea", None, None, total]]}))
    (folder / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "task.yaml").write_text(yaml.safe_dump(TASK.model_dump(mode="json")), encoding="utf-8")
    return folder


def run(folder: Path, model: Path, **generative: Any) -> Run:
    """A run of four documents; `generative` are keys of that section, `name` the run's name."""
    named = generative.pop("name", "tiny")
    minutes = generative.pop("checkpoint_minutes", 60)
    source = {"name": "made-up", "pictures": str(folder / "pictures"), "labels": str(folder / "labels.jsonl")}
    return parse(
        {
            "name": named,
            "task": str(folder / "task.yaml"),
            "data": {"sources": [source]},
            "student": {"kind": "generative"},
            "generative": {
                "model": str(model), "rank": 4, "alpha": 16, "dropout": 0.1, "rate": 2e-2, "epochs": 2, "batch": 2,
                "accumulation": 2, "longest_answer": 160, **generative,
            },
            "evaluation": {"every": 1000},
            "checkpoint_minutes": minutes,
            "output": str(folder / "runs"),
        }
    )  # fmt: skip
