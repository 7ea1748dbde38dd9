"""The stream of synthetic documents: deterministic by seed and number, of the kinds and locales asked for."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from extractor.errors import UsageError
from extractor.student.encoder import Token
from extractor.student.values import Reader
from extractor.types import AMOUNT_FIELDS, Box
from training.synthetic.generate import generate, stream
from training.synthetic.layouts import TEMPLATES
from training.synthetic.locales import HELD_OUT_LANGUAGES, LOCALES
from training.synthetic.purchase import KINDS


def test_a_document_depends_on_seed_and_number_alone() -> None:
    once, again = list(stream(7, 6)), list(stream(7, 3))
    assert once[:3] == again
    assert generate("7-5") == once[5]
    assert once[0].words != next(stream(8, 1)).words


def test_ordinary_streams_hold_all_kinds_but_no_template_kept_from_training() -> None:
    documents = list(stream(1, 250))
    counts = Counter(document.facts["kind"] for document in documents)
    assert set(counts) == set(KINDS)
    assert 0.55 < counts["receipt"] / 250 < 0.75
    assert not any(TEMPLATES[document.facts["template"]].held_out for document in documents)
    assert not {document.label["language"] for document in documents} & HELD_OUT_LANGUAGES


def test_every_locale_can_be_printed_on_layouts_kept_from_training() -> None:
    for name in LOCALES:
        for document in stream(3, 2, [name], held_out=True):
            assert TEMPLATES[document.facts["template"]].held_out
            assert document.label["total"]
            assert document.facts["locale"] == name


def test_kinds_and_locales_are_those_asked_for() -> None:
    for document in stream(5, 20, ["de_DE"], ["fuel", "parking"]):
        assert document.facts["kind"] in ("fuel", "parking")
        assert document.label["country"] == "DE"


def test_labels_have_the_keys_of_the_teachers() -> None:
    keys = list(generate(1).label)
    assert keys[:3] == ["id", "document_type", "merchant_name"]
    assert keys[-2:] == ["expense_category", "line_items"]
    assert {"date_text", "date", "card_last4", "country"} < set(keys)
    assert len(keys) == 23


def test_extraction_reads_from_the_words_of_an_amount_or_a_time_what_the_label_says() -> None:
    read = 0
    for document in stream(4, 80):
        spelt: dict[str, list[str]] = {}
        for word in document.words:
            spelt.setdefault(word.role or "", []).append(word.text)
        reader = Reader(document.label["country"], LOCALES[document.facts["locale"]].decimal)
        for field in (*AMOUNT_FIELDS, "time"):
            if field in spelt:
                tokens = [Token(text, Box(0, 0, 1, 1), 0, 0, 1.0) for text in spelt[field]]
                found = reader.value(field, tokens)
                assert found is not None, (field, spelt[field])
                assert found.value == document.label[field]
                read += 1
    assert read > 150


def test_most_documents_fit_into_what_the_student_reads() -> None:
    lengths = [len(document.words) for document in islice(stream(2, 100), 100)]
    assert sum(length <= 512 for length in lengths) >= 98


def test_unknown_kinds_and_locales_and_templates_that_are_not_there_are_refused() -> None:
    with pytest.raises(UsageError, match="kind"):
        generate(1, kinds=["banknote"])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="xx_XX"):
        generate(1, ["xx_XX"])
    with pytest.raises(UsageError, match="template"):
        generate(1, kinds=["taxi"], held_out=True)
