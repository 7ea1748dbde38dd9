import numpy as np
import pytest
from PIL import Image

from extractor.evaluation import load_predictions
from tests.training.benchmark.records import corpus_folders, record
from training.benchmark import rotation
from training.benchmark.corpus import corpora
from training.benchmark.predict import Reader


def test_a_picture_turns_counter_clockwise_without_loss(tmp_path):
    source, folder = tmp_path / "000.png", tmp_path / "turned"
    folder.mkdir()
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    Image.fromarray(pixels).save(source)
    with Image.open(rotation.turn_picture(source, 90, folder)) as turned:
        assert turned.size == (4, 6)
        assert np.array_equal(np.asarray(turned), np.rot90(pixels))


def test_the_loss_is_told_in_points_by_turn_and_as_a_mean(tmp_path):
    truths = corpora(*corpus_folders(tmp_path, ["000"], ["w0000"]))["sroie"].ground(["000"])
    rest = {"date": "25/12/2018", "merchant_name": "SHOP SDN BHD", "merchant_address": "1 HIGH STREET"}
    right, worse = record("000", total="9.00", **rest), record("000", **rest)
    turned = {90: {"000": right}, 180: {"000": worse}, 270: {"000": right}}
    mean, *each = rotation.describe("sroie", {"000": right}, turned, truths)
    assert [figure.measured for figure in each] == pytest.approx([0, 25, 0])
    assert mean.measured == pytest.approx(25 / 3)
    assert [figure.verdict for figure in (mean, *each)] == ["below", "pass", "below", "pass"]
    assert mean.n == 3


def test_turned_copies_are_read_like_any_file_and_their_records_name_the_original(pipeline, tmp_path):
    known = corpora(*corpus_folders(tmp_path, ["000", "005"], ["w0000"]))
    out = tmp_path / "out"
    made = rotation.figures(known["wild"], Reader(out=out), 5)
    assert made[0].measured == 0
    assert "upright 1.0000" in made[0].note
    assert made[0].n == 3
    (kept,) = load_predictions(out / "rotation-wild-180.jsonl")
    assert kept.file == str(known["wild"].pictures()[0])


def test_turned_documents_that_fail_cost_their_points(pipeline, tmp_path, monkeypatch):
    known = corpora(*corpus_folders(tmp_path, ["000"], ["w0000"]))
    reader = Reader(out=tmp_path / "out")
    read_turned = rotation._read_turned
    monkeypatch.setattr(
        rotation, "_read_turned", lambda p, turn, r, n: {} if turn == 180 else read_turned(p, turn, r, n)
    )
    lost = {figure.name: figure.measured for figure in rotation.figures(known["wild"], reader, 5)}
    assert lost["wild dev turned by 180°, ANLS lost"] == 100
    assert lost["wild dev turned by 90°, ANLS lost"] == 0
