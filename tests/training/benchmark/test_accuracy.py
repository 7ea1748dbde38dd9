from pathlib import Path

import pytest

from tests.training.benchmark.records import corpus_folders, record
from training.benchmark import accuracy
from training.benchmark.corpus import Corpus, corpora
from training.benchmark.report import Figure

SHARED = Path(__file__).resolve().parents[4] / "shared"


@pytest.fixture
def known(tmp_path) -> dict[str, Corpus]:
    return corpora(*corpus_folders(tmp_path, ["000", "005"], ["w0000", "w0005"]))


def figure(figures: list[Figure], name: str) -> Figure:
    (found,) = [figure for figure in figures if figure.name == name]
    return found


RIGHT = {"merchant_name": "Shop  Sdn Bhd", "merchant_address": "1 high street", "date": "25/12/2018", "total": "9.0"}


def test_sroie_is_scored_on_four_fields_against_ground_truth(known):
    records = {"000": record("000", **RIGHT), "005": record("005", **{**RIGHT, "total": "4.17"})}
    made = accuracy.sroie(records, known["sroie"])
    overall = figure(made, "SROIE dev, four fields, ANLS")
    assert overall.measured == pytest.approx(7 / 8)
    assert overall.n == 8
    assert overall.verdict == "below"
    assert figure(made, "SROIE dev, total, exact").measured == 0.5
    assert figure(made, "SROIE dev, date, exact").verdict == "pass"


def test_what_ground_truth_does_not_tell_is_scored_against_the_teacher(known):
    items = [{"description": "TEA", "quantity": "1", "amount": "9.00"}]
    made = accuracy.sroie({"000": record("000", items=items, country="MY")}, known["sroie"])
    assert figure(made, "SROIE dev (teacher), country, accuracy").measured == 1.0
    assert figure(made, "SROIE dev (teacher), line items, ANLS*").measured == 1.0


def test_a_limited_run_is_scored_on_the_documents_that_it_took(known):
    made = accuracy.sroie({"000": record("000", **RIGHT)}, known["sroie"])
    assert figure(made, "SROIE dev, four fields, ANLS").measured == 1.0


def test_wild_asks_for_three_fields_and_tells_of_false_readings(known):
    records = {
        "w0000": record("w0000", merchant_name="SHOP", date="25/12/2018", total="9.00", tax="0.50"),
        "w0005": record("w0005", merchant_name="SHIP", date="25/12/2018", total="9.00"),
    }
    made = accuracy.wild(records, known["wild"])
    assert [(f.name, f.asked) for f in made if f.asked is not None] == [
        ("wild dev, total, ANLS", 0.85),
        ("wild dev, date, ANLS", 0.85),
        ("wild dev, merchant_name, ANLS", 0.65),
    ]
    assert figure(made, "wild dev, merchant_name, ANLS").measured == pytest.approx((1 + 0.75) / 2)
    assert figure(made, "wild dev, merchant_address, ANLS").measured == 0.0
    false = figure(made, "wild dev, false readings, all fields")
    assert (false.measured, false.n) == (0.5, 2)


def test_the_teacher_is_scored_like_a_reader(known):
    made = accuracy.teacher(known["sroie"], ["000", "005"])
    assert figure(made, "teacher on SROIE dev, total, ANLS").measured == 1.0
    assert figure(made, "teacher on SROIE dev, merchant_name, ANLS").measured == 0.0  # "SHOP" of "SHOP SDN BHD"
    assert all(f.asked is None for f in made)


def test_claims_tell_right_from_wrong_and_count_false_readings_as_wrong(known):
    read = record("000", 0.8, total="9.00", date="26/12/2018", tax="0.50", time="20:13")
    found = {claim.field: claim for claim in accuracy.claims({"000": read}, known["sroie"].truths(["000"]))}
    assert {name: claim.correct for name, claim in found.items() if name != "date_iso"} == {
        "total": True,
        "date": False,
        "tax": False,
    }
    assert found["total"].confidence == 0.8


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not beside the repository")
def test_the_teacher_on_real_ground_truth_scores_what_its_makers_measured():
    sroie = corpora(SHARED / "data", SHARED / "teacher")["sroie"]
    made = accuracy.teacher(sroie, [path.stem for path in sroie.pictures()])
    overall = figure(made, "teacher on SROIE dev, four fields, ANLS")
    assert overall.measured == pytest.approx(0.9676, abs=5e-4)
    assert overall.n == 504
    assert figure(made, "teacher on SROIE dev, total, exact").measured == pytest.approx(0.9921, abs=5e-5)
