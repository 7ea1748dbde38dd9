from pathlib import Path

from extractor.evaluation import load_predictions
from tests.training.benchmark.records import corpus_folders
from training.benchmark.corpus import corpora
from training.benchmark.predict import Reader


def test_records_come_in_the_order_of_the_pictures_and_are_kept(pipeline, tmp_path):
    pictures = corpora(*corpus_folders(tmp_path, ["000", "005", "010"], ["w0000"]))["sroie"].pictures()
    reader = Reader(model="m", cache=tmp_path / "cache", workers=3, out=tmp_path / "out")
    records = reader.read(pictures, "sroie")
    assert list(records) == ["000", "005", "010"]
    kept = load_predictions(tmp_path / "out" / "sroie.jsonl")
    assert kept == list(records.values())
    assert Path(kept[1].file) == pictures[1]


def test_the_reader_asks_for_its_student_its_cache_and_one_thread_a_process(pipeline, tmp_path):
    picture = tmp_path / "000.jpg"
    Reader(model="m", cache=tmp_path, out=tmp_path / "out").read([picture], "x")
    (options,) = pipeline.made
    assert options["model"] == "m"
    assert options["cache"] == tmp_path
    assert options["threads"] == 1
