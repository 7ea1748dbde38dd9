"""Prompts are made from the schema of the task."""

from __future__ import annotations

import json

from extractor.task import RECEIPTS, FieldSpec, ItemsSpec, Task
from labeling.prompt import PICTURES, answer_schema, build_prompt, caption, word_list
from tests.labeling.documents import label, page

TICKETS = Task(
    name="tickets",
    documents="parking tickets",
    introduction="They come from machines.",
    rules=("The plate is written without spaces.",),
    fields=(
        FieldSpec(name="plate", kind="span", meaning="The number plate.", examples=("AB12CDE",)),
        FieldSpec(name="issued", kind="span", type="date", meaning="The day of the ticket."),
        FieldSpec(name="zone", kind="inferred", type="choice", meaning="The tariff zone.", choices=("inner", "outer")),
    ),
)


def test_every_field_is_explained_with_meaning_form_examples_and_choices() -> None:
    system = build_prompt(RECEIPTS).system
    for field in RECEIPTS.fields:
        assert f"- {field.name}: {field.meaning}" in system
        for text in (*field.examples, *field.choices):
            assert text in system
    assert "24-hour HH:MM" in system
    assert "At most the first 40" in system


def test_the_rules_say_what_a_teacher_must_not_do() -> None:
    system = build_prompt(RECEIPTS).system
    assert "is null" in system
    assert "Handwriting" in system
    assert '"1234.50"' in system
    assert "`document_type`, `country`, `currency`, `language`, `payment_method`, `expense_category` may be" in system


def test_another_task_gets_a_prompt_of_its_own() -> None:
    prompt = build_prompt(TICKETS)
    assert "parking tickets" in prompt.system
    assert "The plate is written without spaces." in prompt.system
    assert "They come from machines." in prompt.system
    assert "line_items" not in prompt.system
    assert "two decimals" not in prompt.system, "no field of it is an amount"
    assert list(prompt.schema["properties"]) == ["plate", "issued_text", "issued", "zone", PICTURES]
    assert prompt.version != build_prompt(RECEIPTS).version


def test_the_schema_has_the_keys_of_label_files_in_their_order() -> None:
    schema = answer_schema(RECEIPTS)
    keys = [key for key in schema["properties"] if key != PICTURES]
    assert set(keys) == set(label())
    assert keys[keys.index("date") - 1] == "date_text"
    assert schema["required"] == list(schema["properties"])
    assert schema["additionalProperties"] is False
    assert schema["properties"]["document_type"]["anyOf"][0]["enum"] == ["receipt", "invoice", "card_slip", "other"]


def test_a_schema_stays_within_what_strict_structured_output_takes() -> None:
    text = json.dumps(answer_schema(RECEIPTS))
    assert not [word for word in ("minItems", "maxItems", "prefixItems", "pattern", "default") if f'"{word}"' in text]


def test_the_version_changes_with_every_text_and_not_with_the_document() -> None:
    version = build_prompt(RECEIPTS).version
    assert version == build_prompt(RECEIPTS).version
    assert build_prompt(RECEIPTS.model_copy(update={"version": 2})).version != version
    assert build_prompt(RECEIPTS.model_copy(update={"rules": ("Be quick.",)})).version != version
    assert build_prompt(RECEIPTS.model_copy(update={"line_items": ItemsSpec(most=5)})).version != version
    with_words = build_prompt(RECEIPTS, words=[page()])
    assert with_words.version != version
    assert with_words.version == build_prompt(RECEIPTS, words=[]).version


def test_the_constant_part_holds_nothing_of_the_document() -> None:
    one, other = build_prompt(RECEIPTS, words=[page()]), build_prompt(RECEIPTS, words=[page(), page(index=1)])
    assert (one.system, one.schema) == (other.system, other.schema)
    assert one.user != other.user


def test_words_are_listed_with_their_places_in_thousandths() -> None:
    assert word_list([page()]).splitlines() == ["Words of page 1:", "100 800 TOTAL", "700 800 12.50"]


def test_captions_number_pictures_pages_and_parts() -> None:
    assert caption(0, 1, 0, 1, 0, 1) == "Picture 1 of 1: the page"
    assert caption(2, 4, 1, 2, 0, 2) == "Picture 3 of 4: page 2 of 2, part 1 of 2 from the top"
