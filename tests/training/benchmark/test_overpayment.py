import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from extractor.policy.cases import ReceiptEvidence
from extractor.types import Box, Document, Extraction, Field, Page, Receipt, Word
from training.benchmark import overpayment
from training.benchmark.overpayment import Subject, judge, judged_figures


def subject(total: str, read: str, *, sure: float = 0.99) -> Subject:
    """A receipt over `total` of which the student read `read`."""
    words = ("Rex", "TOTAL", total, "CASH", "100.00")
    page = Page(
        0, 10, 10, tuple(Word(text, Box(0.1, 0.1, 0.2, 0.2), 1.0, (row + 1) // 2) for row, text in enumerate(words))
    )
    field = Field(value=read, text=read, confidence=sure, page=0, box=[0.1, 0.1, 0.2, 0.2])
    record = Extraction(file="a.jpg", sha256="a", status="ok", pages=1, receipt=Receipt(fields={"total": field}))
    evidence = ReceiptEvidence(record, Path("a.jpg"), Document("a.jpg", "a", (page,)))
    return Subject(evidence, Decimal(total), dt.date(2018, 3, 14), "Rex")


@pytest.fixture
def well_read() -> list[Subject]:
    return [subject(f"{amount}.00", f"{amount}.00") for amount in (20, 30, 50)]


def told(subjects: list[Subject]) -> dict[str, float | None]:
    judged = [*overpayment._honest(subjects, 1000), *overpayment._planted(subjects, 1000)]
    figures = judged_figures(judged, overpayment._tendered(subjects), "dev")
    return {figure.name.removeprefix("overpayment dev, "): figure.measured for figure in figures}


def test_receipts_that_were_read_well_prevent_all_and_alarm_nobody(well_read):
    figures = told(well_read)
    assert figures["money prevented"] == pytest.approx(100)
    assert figures["claims reviewed"] == 6
    assert figures["false alarms"] == figures["honest claims reviewed"] == 0
    assert figures["sum right to the cent"] == 100


def test_a_total_read_too_high_lets_money_through_and_one_too_low_is_looked_at(well_read):
    too_high = told([*well_read, subject("40.00", "90.00")])
    assert too_high["money prevented"] < 90
    too_low = told([*well_read, subject("40.00", "10.00")])
    assert too_low["honest claims reviewed"] > 20
    # The true total stands on the page, so that nobody is said to ask too much.
    assert too_low["false alarms"] == 0


def test_no_more_is_reviewed_than_there_is_time_for():
    unread = [subject("40.00", "10.00", sure=0.5), subject("30.00", "30.00")]
    assert told(unread)["claims reviewed"] == 10


def test_a_claim_of_the_cash_handed_over_is_found(well_read):
    assert told(well_read)["prevented of cash claims"] == pytest.approx(100)


def test_a_planted_claim_is_dearer_by_whole_cents(well_read):
    judged = list(overpayment._planted(well_read, 500))
    assert len(judged) == 30
    assert all(0 < each.percent <= 50.1 for each in judged)
    assert all(each.excess == round(each.excess, 2) > 0 for each in judged)
    assert [each.excess for each in judged] == [each.excess for each in overpayment._planted(well_read, 500)]


def test_an_honest_claim_has_no_excess(well_read):
    assert judge(well_read[0], Decimal("20.00")).excess == 0
