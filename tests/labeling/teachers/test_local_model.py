"""A vision-language model on this machine as a teacher: a tiny one that has learnt nothing, made here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.task import RECEIPTS
from labeling.base import TeacherDown
from labeling.teachers import build_teacher
from labeling.teachers.local_model import TransformersTeacher
from tests.byte_tokenizer import byte_tokenizer
from tests.labeling.documents import document, label, page

torch = pytest.importorskip("torch", reason="needs the extra training")
transformers = pytest.importorskip("transformers", reason="needs the extra training")

TEMPLATE = (
    "{% for turn in messages %}<bos>{{ turn['role'] }}: {% for part in turn['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<eos>{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LLaVA of a few thousand weights, saved as a download would lie on disk."""
    path = tmp_path_factory.mktemp("models") / "tiny-llava"
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
    small = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    vision = transformers.CLIPVisionConfig(**small, num_hidden_layers=2, image_size=28, patch_size=14)
    text = transformers.LlamaConfig(
        **small, num_hidden_layers=1, num_key_value_heads=2, vocab_size=len(tokenizer), max_position_embeddings=40_000
    )
    config = transformers.LlavaConfig(
        vision_config=vision.to_dict(),
        text_config=text.to_dict(),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=4,
    )
    torch.manual_seed(0)
    transformers.LlavaForConditionalGeneration(config).save_pretrained(path)
    processor.save_pretrained(path)
    return path


@pytest.fixture
def teacher(folder: Path) -> TransformersTeacher:
    made = build_teacher(f"transformers:{folder}")
    assert isinstance(made, TransformersTeacher)
    made.settings = replace(made.settings, answer_tokens=8)
    return made


def test_a_model_that_has_learnt_nothing_is_asked_twice_and_recorded_as_failed(teacher: TransformersTeacher) -> None:
    answer = teacher.label(document(), RECEIPTS)
    assert (answer.label, answer.failure, answer.calls) == (None, "malformed", 2)
    assert answer.tokens.output <= 16
    assert answer.cost == 0
    assert answer.teacher == "transformers:tiny-llava"


def test_what_the_model_generates_becomes_the_label(
    teacher: TransformersTeacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor, model = teacher._loaded
    seen: list[str] = []

    def generate(**inputs: Any) -> Any:
        asked = inputs["input_ids"]
        seen.append(processor.decode(asked[0]))
        said = processor.tokenizer(f"```json\n{json.dumps(label())}\n```", return_tensors="pt").input_ids
        assert not inputs["do_sample"], "greedy unless a temperature is set"
        return torch.cat([asked, said], dim=1)

    monkeypatch.setattr(model, "generate", generate)
    answer = teacher.label(document(pages=(page(700, 6000),)), RECEIPTS)
    assert (answer.label, answer.failure, answer.calls) == (label(), None, 1)
    assert seen[0].startswith("<bos>system: You label expense receipts.")
    assert "Picture 2 of 5: the page, part 2 of 5 from the top<image>" in seen[0]
    assert seen[0].endswith("assistant: ")


def test_a_model_that_runs_out_of_memory_is_down(teacher: TransformersTeacher, monkeypatch: pytest.MonkeyPatch) -> None:
    def generate(**_: Any) -> Any:
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(teacher._loaded[1], "generate", generate)
    with pytest.raises(TeacherDown, match="no room"):
        teacher.label(document(), RECEIPTS)


def test_the_version_knows_the_model_and_not_only_its_folder(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / folder.name
    other.mkdir()
    (other / "config.json").write_text('{"model_type": "another"}', encoding="utf-8")
    one, two = build_teacher(f"transformers:{folder}"), build_teacher(f"transformers:{other}")
    assert one.name == two.name
    assert one.prompt_version != two.prompt_version


def test_a_folder_that_holds_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"config\.json"):
        build_teacher(f"transformers:{tmp_path}")
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    with pytest.raises(UsageError, match="can't be loaded") as caught:
        build_teacher(f"transformers:{tmp_path}").label(document(), RECEIPTS)
    assert caught.value.code == "bad_model"
