"""Documents in languages that the real receipts lack, drawn once and read from their pictures."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from extractor.types import Field, Receipt
from tests.training.benchmark.records import corpus_folders, record
from training.benchmark import errors, languages
from training.benchmark.corpus import corpora
from training.benchmark.languages import Group, documents, figures, groups, picture_of
from training.benchmark.predict import Reader
from training.synthetic.layouts import TEMPLATES
from training.synthetic.locales import HELD_OUT_LANGUAGES


@pytest.fixture
def known(tmp_path):
    return corpora(*corpus_folders(tmp_path, ["000"], ["w0000"]))


def test_a_language_of_a_real_receipt_is_not_taken_for_unseen(known):
    labels = known["wild"].labels
    labels.write_text('{"id": "w0000", "language": "pl"}\n{"id": "w0005", "language": "sv"}\n', encoding="utf-8")
    taught, held_out = groups(known.values())
    assert "pl" not in taught.languages
    assert {"cs", "ja"} <= set(taught.languages)
    assert not set(taught.languages) & HELD_OUT_LANGUAGES
    assert not {"ar", "hi", "th"} & set(taught.languages), "the OCR can't read them"
    assert set(held_out.languages) == HELD_OUT_LANGUAGES
    assert (held_out.languages["sv"], held_out.languages["fi"]) == (1, 0)


def test_the_documents_are_the_same_each_time_on_templates_kept_from_training():
    group = Group("taught", {"cs": 0, "ja": 0})
    made = documents(group, 5)
    assert [language for language, _ in made] == ["cs", "ja", "cs", "ja", "cs"]
    assert made == documents(group, 5)
    assert made[:3] == documents(group, 3), "a longer list begins like a shorter one"
    held_out = {template.name for template in TEMPLATES.values() if template.held_out}
    assert {document.facts["template"] for _, document in made} <= held_out
    assert [document.facts["locale"] for _, document in made[:2]] == ["cs_CZ", "ja_JP"]


def test_a_picture_is_drawn_once(tmp_path, monkeypatch):
    ((_, document),) = documents(Group("held out", {"fi": 0}), 1)
    path = picture_of(document, tmp_path)
    with Image.open(path) as picture:
        assert picture.n_frames == len(document.sheets)
    before = path.read_bytes()
    monkeypatch.setattr(languages, "rendered", lambda *_: pytest.fail("drawn again"))
    assert picture_of(document, tmp_path) == path
    assert path.read_bytes() == before


def test_total_and_date_are_told_for_each_group_and_language(known, tmp_path, monkeypatch):
    monkeypatch.setattr(errors, "ocr_text", lambda record, cache: "nothing")
    labels = {}

    def drawn(document, folder):
        labels[document.id] = document.label
        return tmp_path / f"{document.id}.tiff"

    class Right(Reader):
        def read(self, pictures, name):
            """Reads every total right, and no date."""
            found = {}
            for path in pictures:
                total = labels[path.stem]["total"]
                receipt = Receipt(fields={"total": Field(value=total, text=total, confidence=0.9)})
                found[path.stem] = record(path.stem).model_copy(update={"receipt": receipt})
            return found

    monkeypatch.setattr(languages, "picture_of", drawn)
    made = {figure.name: figure for figure in figures(known.values(), Right(out=tmp_path), 12)}
    total = made["unseen languages, held out, total, ANLS"]
    assert (total.measured, total.n, total.note) == (1.0, 12, "exact 1.000; no faults")
    date = made["unseen languages, held out, date, ANLS"]
    assert date.measured == 0.0
    assert date.note == f"exact 0.000; {date.n} faults: {date.n} the OCR's"
    assert made["unseen languages, held out, fi, total, ANLS"].n == 2
    assert made["unseen languages, taught, country, accuracy"].measured == 0.0
    assert made["unseen languages, taught, line items, ANLS*"].n > 0


def test_labels_without_a_language_count_for_none(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in ({"id": "1"}, {"id": "2", "language": "ms"})) + "\n\n")
    assert languages.languages_of(path) == ["ms"]
