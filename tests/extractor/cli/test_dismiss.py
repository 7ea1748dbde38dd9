"""`tailor dismiss`: from a finding of an audit to a memory that later audits ask."""

import json

import pytest

from extractor.policy.dismissals import Dismissals
from tests.extractor.policy.reports.made_up import case, finding, receipt


@pytest.fixture
def findings(tmp_path):
    """The output of an audit."""
    found = [finding().model_dump(mode="json"), finding("weekend", None).model_dump(mode="json")]
    lines = [{"claim_id": "C-1", "verdict": "review", "findings": found}, {"claim_id": "C-2", "findings": []}]
    path = tmp_path / "findings.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def memory(tmp_path):
    return tmp_path / "dismissals.jsonl"


@pytest.fixture
def add(tailor, findings, memory):
    def call(claim="C-1", rule="over_claim", *more):
        return tailor("dismiss", "add", findings, claim, rule, "--reason", "fine", "--by", "Ann", "-f", memory, *more)

    return call


def test_what_is_dismissed_is_left_out_of_the_next_audit(add, memory):
    result = add()
    assert result.exit_code == 0
    assert result.stdout.split("\t")[1:] == ["over_claim", "of C-1", "Found by over_claim.\n"]
    held = Dismissals.read(memory)
    one = case("C-1", receipt("a.jpg"))
    assert held.of(one, finding())
    assert held.of(one, finding("weekend", None)) is None


def test_a_rule_can_be_dismissed_at_a_merchant(add, memory):
    assert add("C-1", "over_claim", "--merchant", "Café de la Lune").exit_code == 0
    assert Dismissals.read(memory).of(case("C-77", receipt("b.jpg")), finding())


def test_saying_it_twice_adds_nothing(add, memory):
    add()
    before = memory.read_text()
    result = add()
    assert result.exit_code == 0
    assert "dismissed before" in result.stderr
    assert memory.read_text() == before


def test_dismissals_are_listed_and_taken_back(tailor, add, memory):
    id = add().stdout.split("\t")[0]
    assert tailor("dismiss", "list", "-f", memory).stdout.startswith(id)
    assert json.loads(tailor("dismiss", "list", "--json", "-f", memory).stdout)["reason"] == "fine"
    result = tailor("dismiss", "withdraw", id, "--reason", "not fine", "--by", "Bo", "-f", memory)
    assert result.exit_code == 0
    assert tailor("dismiss", "list", "-f", memory).stdout == ""
    assert Dismissals.read(memory).all == ()


@pytest.mark.parametrize(
    ("claim", "rule", "said"),
    [
        ("C-1", "other", "Found were: over_claim, weekend."),
        ("C-2", "over_claim", "Nothing was found of it."),
        ("C-3", "over_claim", "holds no claim C-3"),
    ],
)
def test_what_was_not_found_cant_be_dismissed(add, memory, claim, rule, said):
    result = add(claim, rule)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not memory.exists()


def test_a_reason_must_be_said(tailor, findings, memory):
    result = tailor("dismiss", "add", findings, "C-1", "over_claim", "--reason", " ", "--by", "Ann", "-f", memory)
    assert result.exit_code == 2
    assert "--reason is empty" in result.stderr


@pytest.mark.parametrize("text", ["not json\n", "[1]\n", '{"claim_id": "C-1", "findings": [{"rule": 1}]}\n'])
def test_a_file_of_something_else_is_said(add, findings, text):
    findings.write_text(text)
    result = add()
    assert result.exit_code == 2
    assert "Line 1" in result.stderr


def test_files_that_are_missing_are_said(tailor, tmp_path, memory):
    assert tailor("dismiss", "list", "-f", memory).exit_code == 2
    missing = tmp_path / "none.jsonl"
    result = tailor("dismiss", "add", missing, "C-1", "x", "--reason", "r", "--by", "b", "-f", memory)
    assert result.exit_code == 2
    assert "can't be read" in result.stderr
