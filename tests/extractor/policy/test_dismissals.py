"""False alarms stay away until something changes."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from pydantic import BaseModel

from extractor.errors import UsageError
from extractor.policy.cases import Case, Observation, Place
from extractor.policy.dismissals import Dismissals, Withdrawal, dismissal_of, finding_key, remember
from tests.extractor.policy.reports.made_up import Result, case, claim, finding, receipt


def dismissed(one, found, **more):
    return Dismissals([dismissal_of(one.id, found, "approved by the head of sales", "Ann", **{"case": one, **more})])


@pytest.fixture
def one():
    return case("C-1", receipt("a.jpg"))


def test_a_dismissed_finding_does_not_return(one):
    memory = dismissed(one, finding())
    kept, gone = memory.split(one, [finding(), finding("other")])
    assert [found.rule for found in kept] == ["other"]
    assert [(found.claim_id, found.finding.rule, found.dismissal.by) for found in gone] == [
        ("C-1", "over_claim", "Ann")
    ]


def test_new_words_confidence_or_severity_do_not_bring_it_back(one):
    again = finding(message="The claim is above its receipt.", confidence=0.4, severity="low", stake="4.11")
    assert dismissed(one, finding()).of(one, again)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(case("C-1", receipt("a.jpg"), amount="25.00"), id="the amount claimed"),
        pytest.param(case("C-1", receipt("a.jpg"), employee="Tom"), id="the person"),
        pytest.param(case("C-1", receipt("b.jpg")), id="the receipt"),
        pytest.param(case("C-1", receipt("a.jpg", total="19.00")), id="the value read"),
        pytest.param(case("C-2", receipt("a.jpg")), id="the claim"),
    ],
)
def test_it_returns_when_this_changes(one, changed):
    assert dismissed(one, finding()).of(changed, finding()) is None


def test_a_value_that_the_finding_does_not_rest_on_may_change(one):
    changed = case("C-1", receipt("a.jpg", date="2024-06-18"))
    assert dismissed(one, finding()).of(changed, finding())
    assert dismissed(one, finding(fields=["date"])).of(changed, finding(fields=["date"])) is None


def test_another_partner_makes_another_duplicate(one):
    memory = dismissed(one, finding("duplicate", related=("C-7",)))
    assert memory.of(one, finding("duplicate", related=("C-7",)))
    assert memory.of(one, finding("duplicate", related=("C-8",))) is None


def test_two_line_items_are_two_findings(one):
    def item(top):
        place = Place(receipt="a.jpg", field="line_items", page=0, box=[0.1, top, 0.4, top + 0.03])
        return finding("prohibited", fields=["line_items"], places=(place,))

    memory = dismissed(one, item(0.3))
    assert memory.of(one, item(0.301))
    assert memory.of(one, item(0.4)) is None


def test_a_rule_can_be_dismissed_at_a_merchant(one):
    memory = dismissed(one, finding(), merchant="CAFÉ DE LA LUNE")
    assert memory.of(case("C-9", receipt("z.jpg"), amount="99.00"), finding())
    assert memory.of(one, finding("other")) is None
    assert memory.of(Case("C-9", claim("C-9", merchant="Other")), finding()) is None


def test_without_the_case_what_the_output_says_is_compared():
    memory = Dismissals([dismissal_of("C-1", finding(), "fine", "Ann")])
    assert memory.of(Case("C-1"), finding(message="other words"))
    assert memory.of(Case("C-1"), finding(stake="9.00")) is None


def test_a_key_given_by_the_audit_is_taken(one):
    keyed = finding().model_copy(update={"key": finding_key(one, finding())})
    memory = Dismissals([dismissal_of("C-1", keyed, "fine", "Ann")])
    assert memory.of(one, finding())
    assert memory.of(Case("C-1"), keyed)


class Model(BaseModel):
    claim_id: str
    verdict: str
    overpayment: Decimal | None
    findings: tuple[Observation, ...]


@pytest.mark.parametrize("kind", [Result, Model])
def test_results_are_filtered(one, kind):
    both = kind(claim_id="C-1", verdict="reject", overpayment=Decimal("4.10"), findings=(finding(), finding("other")))
    only = kind(claim_id="C-1", verdict="reject", overpayment=Decimal("4.10"), findings=(finding(),))
    kept, gone = dismissed(one, finding()).filter([both, only], [one])
    assert [(result.verdict, len(result.findings)) for result in kept] == [("reject", 1), ("approve", 0)]
    assert kept[1].overpayment is None
    assert len(gone) == 2


def test_the_audit_can_decide_anew(one):
    result = Result("C-1", "reject", None, (finding(), finding("other")))
    kept, _ = dismissed(one, finding()).filter([result], [one], lambda each: replace(each, verdict="review"))
    assert (kept[0].verdict, len(kept[0].findings)) == ("review", 1)


def test_results_of_which_nothing_was_dismissed_stay_the_same_objects(one):
    result = Result("C-1", "review", None, (finding("other"),))
    assert dismissed(one, finding()).filter([result], [one])[0][0] is result


def test_the_file_is_only_ever_added_to(tmp_path, one):
    path = tmp_path / "new" / "dismissals.jsonl"
    assert Dismissals.read(path).all == ()
    first = dismissal_of("C-1", finding(), "fine", "Ann", case=one)
    remember(path, first)
    before = path.read_bytes()
    second = dismissal_of("C-2", finding(), "fine, too", "Bo")
    remember(path, second)
    remember(path, Withdrawal(withdrawn=first.id, reason="not so fine", by="Bo"))
    assert path.read_bytes().startswith(before)
    assert Dismissals.read(path).all == (second,)
    assert [json.loads(line)["by"] for line in path.read_text().splitlines()] == ["Ann", "Bo", "Bo"]


def test_a_line_that_was_cut_off_is_reported_and_does_not_spoil_the_next(tmp_path):
    path = tmp_path / "d.jsonl"
    path.write_text('{"rule": "x"')
    remember(path, dismissal_of("C-2", finding(), "fine", "Bo"))
    assert len(path.read_text().splitlines()) == 2
    with pytest.raises(UsageError, match="Line 1") as caught:
        Dismissals.read(path)
    assert caught.value.code == "broken_dismissals"


def test_a_merchant_without_a_letter_is_refused(one):
    with pytest.raises(UsageError, match="names no merchant"):
        dismissal_of("C-1", finding(), "fine", "Ann", merchant=" ** ")
