from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.policy.cases import Case, Claim, Situation
from extractor.policy.tampering import Signal, Tampering, TamperingSettings, signals
from extractor.policy.tampering.base import Trace
from extractor.policy.tampering.calibration import Calibration, Rates, SignalTable, grade, shipped
from extractor.policy.tampering.examiner import UNMEASURED
from extractor.policy.tampering.specimen import Specimen
from extractor.policy.tampering.weighing import agreeing, posterior
from tests.extractor.policy.tampering.making import evidence, page

TABLE = Calibration(
    documents=1000,
    forged=100,
    signals={
        "typeface": SignalTable(
            honest=900, scales={"height": 5.0}, quantiles=(0.4, 0.8, 1.0, 1.6), alarms=0.01, detection={"retyped": 0.4}
        ),
        "synthetic": SignalTable(
            honest=1000, scales={"grain": 1.0}, quantiles=(0.4, 0.8, 1.0, 1.0), alarms=0.05, detection={"drawn": 0.1}
        ),
        "sums": SignalTable(honest=1000, alarms=0.01, detection={"retyped": 0.5}),
    },
)
QUICK = TamperingSettings(pictures=False)


def wrong_sum(**values):
    return evidence(subtotal="10.00", tax="0.60", total="70.60", currency="EUR", **values)


def test_a_grade_is_a_half_at_the_threshold_and_rises_beyond():
    quantiles = (1.0, 2.0, 3.0, 4.0)
    assert [grade(value, quantiles) for value in (0.0, 1.0, 3.0, 4.0, 9.0)] == [0.0, 0.0, 0.5, 0.8, 1.0]


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=4, max_size=4).map(sorted), st.floats(0, 200), st.floats(0, 200))
def test_a_stronger_trace_never_has_a_lower_grade(quantiles, one, other):
    low, high = sorted((one, other))
    assert 0 <= grade(low, tuple(quantiles)) <= grade(high, tuple(quantiles)) <= 1


def test_signals_say_how_strong_they_are_and_why():
    (signal,) = Tampering(QUICK, TABLE).signals(wrong_sum())
    assert signal.name == "sums"
    assert signal.grade == 0.9
    assert signal.flagged
    assert "one digit away" in signal.sentence


def test_confidence_follows_measured_detection_and_false_alarms():
    # Of two in a hundred that are forged, half show it, and one in a hundred of the rest.
    (signal,) = Tampering(QUICK, TABLE).signals(wrong_sum())
    assert signal.confidence == pytest.approx(0.005 * 0.5 / (0.005 * 0.5 + 0.995 * 0.0105), abs=5e-4)


def test_a_signal_that_many_honest_receipts_show_stays_low():
    told = Tampering(calibration=TABLE).told([Signal("synthetic", 1.0, 0.04, "", (), ())])
    assert [severity for _, severity in told] == ["low"]


def sign(name: str, ratio: float, *fields: str) -> Signal:
    return Signal(name, 0.6, posterior(ratio, 0.005), "Odd.", (), fields, {"retyped": ratio, "copied": 1.0})


def test_signs_of_different_kinds_at_one_amount_multiply():
    letters, compressed = sign("typeface", 40.0, "total"), sign("error_levels", 30.0, "total", "tax")
    ((told, severity), (other, _)) = Tampering(calibration=TABLE).told([letters, compressed])
    assert told.confidence == other.confidence == pytest.approx(posterior(1200, 0.005), abs=1e-4)
    assert severity == "high"
    assert told.sentence == "Odd. Odd there as well: compression."


@pytest.mark.parametrize("other", [sign("ink", 30.0, "total"), sign("error_levels", 30.0, "tax")])
def test_of_one_kind_of_sign_or_at_another_amount_none_lends_weight(other):
    letters = sign("typeface", 40.0, "total")
    assert agreeing(letters, [letters, other]) == {}
    assert Tampering(calibration=TABLE).told([letters, other])[0] == (letters, "low")


def test_signs_of_different_forgeries_lend_each_other_nothing():
    letters = sign("typeface", 40.0, "total")
    other = Signal("error_levels", 0.6, 0.1, "", (), ("total",), {"screen": 900.0})
    told, _ = Tampering(calibration=TABLE).told([letters, other])
    assert told[0].confidence == pytest.approx(letters.confidence, abs=1e-4)


def test_that_all_digits_of_a_drawn_page_are_alike_is_one_sign_and_not_two():
    drawn, alike = (Signal(name, 0.9, 0.9, "", (), ("total",)) for name in ("synthetic", "copied"))
    told = Tampering(calibration=TABLE).told([drawn, alike])
    assert [signal.name for signal, _ in told] == ["synthetic"]
    assert [signal.name for signal, _ in Tampering(calibration=TABLE).told([alike])] == ["copied"]


def test_digits_that_are_all_alike_bear_out_that_a_program_drew_the_page():
    drawn = Signal("synthetic", 0.6, 0.3, "Drawn.", (), (), {"drawn": 80.0})
    alike = Signal("copied", 0.6, 0.3, "", (), ("line_items",), {"drawn": 60.0, "copied": 90.0})
    ((told, severity),) = Tampering(calibration=TABLE).told([drawn, alike])
    assert told.confidence == pytest.approx(posterior(4800, 0.005), abs=1e-4)
    assert severity == "medium"


def test_a_page_that_is_a_pdfs_own_text_has_no_letters_to_measure():
    receipt = evidence(page(), total="306.00", currency="EUR")
    (read,) = receipt.document.pages
    own = replace(receipt, document=replace(receipt.document, pages=(replace(read, engine="text-layer"),)))
    assert Specimen(receipt).sheets
    assert Specimen(own).sheets == ()


def test_a_sign_that_no_honest_receipt_shows_weighs_as_if_half_a_one_did():
    table = SignalTable(
        honest=999, kinds={"total": Rates(alarms=(0.0, 0.0), detection={"retyped": (0.4, 0.1), "copied": (0.2, 0.2)})}
    )
    assert table.ratios("total", 0.4) == {}
    assert table.ratios("total", 0.6) == pytest.approx({"retyped": 800, "copied": 400})
    assert posterior(1.0, 0.02) == pytest.approx(0.02)


def test_a_stronger_trace_never_weighs_less():
    rare = SignalTable(honest=999, kinds={"total": Rates(alarms=(0.0, 0.0), detection={"retyped": (0.4, 0.1)})})
    telling = SignalTable(honest=999, kinds={"total": Rates(alarms=(0.05, 0.0), detection={"retyped": (0.4, 0.3)})})
    assert rare.ratios("total", 0.9) == rare.ratios("total", 0.6)
    assert telling.ratios("total", 0.9)["retyped"] > 10 * telling.ratios("total", 0.6)["retyped"]


def test_each_kind_of_trace_has_rates_of_its_own():
    often, rarely = (
        Rates(alarms=(0.05, 0.05), detection={"x": (0.4, 0.4)}),
        Rates(alarms=(0, 0), detection={"x": (0.4, 0.4)}),
    )
    table = SignalTable(honest=999, alarms=0.01, detection={"x": 0.4}, kinds={"other amounts": often, "total": rarely})
    assert (
        table.ratios("other amounts", 0.9)["x"] < table.ratios("unheard of", 0.9)["x"] < table.ratios("total", 0.9)["x"]
    )


def test_findings_carry_rule_places_and_the_money_at_stake():
    claim = Claim(claim_id="7", amount=Decimal("70.60"), currency="EUR")
    ((case_id, finding),) = Tampering(QUICK, TABLE).examine([Case("7", claim, (wrong_sum(),))], Situation())
    assert case_id == "7"
    assert finding.rule == "tampering_sums"
    assert finding.rule in Tampering(QUICK, TABLE).rules
    assert (finding.at_stake, finding.currency) == ("70.60", "EUR")
    assert {place.field for place in finding.places} == {"subtotal", "tax", "total"}


def test_a_signal_can_be_ignored():
    assert Tampering(TamperingSettings(pictures=False, ignored=("sums",)), TABLE).signals(wrong_sum()) == []


def test_a_kind_of_trace_without_a_threshold_counts_nothing():
    assert TABLE.grades("typeface", True, {"unheard of": Trace(99.0, "")}) == {}
    assert TABLE.grades("unheard of", True, {"height": Trace(99.0, "")}) == {}


def test_the_shipped_table_has_every_signal_that_can_be_measured():
    known = shipped().signals
    expected = {rule.removeprefix("tampering_") for rule in Tampering().rules} - set(UNMEASURED)
    assert set(known) == expected
    assert all(len(table.quantiles) in (0, 4) for table in known.values())
    assert shipped().documents >= 200


def test_a_drawn_honest_page_gives_no_high_finding():
    receipt = evidence(page(), total="306.00", currency="EUR")
    assert signals(receipt) == Tampering().signals(receipt)
    told = list(Tampering().examine([Case("r", None, (receipt,))], Situation()))
    assert all(finding.severity != "high" for _, finding in told)


def test_a_receipt_whose_file_is_gone_gives_no_signal(tmp_path):
    assert signals(evidence(path=tmp_path / "gone.jpg", total="3.00")) == []
