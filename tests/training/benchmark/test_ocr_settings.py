import pytest

from extractor.ocr.rapid import RapidSettings
from extractor.truth import Truth
from tests.training.benchmark.records import corpus_folders, record
from training.benchmark import ocr_settings
from training.benchmark.corpus import corpora
from training.benchmark.predict import Reader


def test_each_variant_changes_one_setting_and_none_is_the_defaults_again():
    made = ocr_settings.variants(RapidSettings(detect_side=960))
    assert made.pop("defaults") == RapidSettings(detect_side=960)
    assert made["detect_side=736"] == RapidSettings(detect_side=736)
    assert made["upright=False"] == RapidSettings(detect_side=960, upright=False)
    assert "detect_side=960" not in made
    assert len({*made.values(), RapidSettings(detect_side=960)}) == len(made) + 1


def test_variants_are_told_by_the_anls_of_the_four_fields():
    truths = {"000": Truth("000", {"total": "9.00", "date": "25/12/2018", "tax": "1.00"})}
    figure = ocr_settings.describe("x", {"000": record("000", total="9.00", tax="1.00")}, truths)
    assert figure.measured == pytest.approx(0.5)
    assert figure.n == 2
    assert "total 1.000" in figure.note


def test_every_variant_reads_the_same_documents_of_each_corpus(tmp_path, monkeypatch):
    asked: list[tuple[RapidSettings, list[str]]] = []

    def records(settings, pictures, reader):
        asked.append((settings, [path.stem for path in pictures]))
        return iter([record(path.stem, total="9.00") for path in pictures])

    monkeypatch.setattr(ocr_settings, "_records", records)
    known = corpora(*corpus_folders(tmp_path, ["000", "005"], ["w0000"]))
    made = ocr_settings.figures(list(known.values()), Reader(out=tmp_path / "out"), 2)
    settings = list(ocr_settings.variants().values())
    assert asked == [(s, ["000", "005"]) for s in settings] + [(s, ["w0000"]) for s in settings]
    assert len(made) == 2 * len(settings)
    assert (tmp_path / "out" / "ocr-settings-sroie-upright-False.jsonl").is_file()
