"""Policies as YAML: what is valid, and how what is not is told."""

import pickle
from decimal import Decimal

import pytest

from extractor.errors import BadPolicy
from extractor.policy.policy import load_policy
from extractor.policy.policy_file import default_text, parse_policy
from extractor.policy.rules import RULES
from tests.extractor.policy.expenses import HEAD, policy


def problems(text: str) -> str:
    with pytest.raises(BadPolicy) as raised:
        parse_policy(text, "ours.yaml")
    return str(raised.value)


def test_the_policy_that_ships_is_valid_and_has_a_version():
    shipped = load_policy("default")
    assert (shipped.schema_version, shipped.name, shipped.currency) == (1, "default", "EUR")


def test_the_policy_that_ships_leaves_out_only_what_depends_on_the_company():
    used = {rule.rule for rule in load_policy("default").rules}
    assert set(RULES) - used == {"prohibited_categories"}


def test_a_policy_travels_to_workers():
    shipped = load_policy("default")
    assert shipped.examiner().rules
    assert pickle.loads(pickle.dumps(shipped)) == shipped


def test_unknown_keys_and_names_are_told_with_their_line_and_the_nearest_known():
    text = HEAD + "  - rule: cap\n    amout: 5\n  - {rule: tips}\n  - {rule: prohibited_items, lists: [alcool]}\n"
    told = problems(text.replace("currency:", "curency: EUR\ncurrency:"))
    assert "line 4: curency: this key is not known (did you mean currency?)" in told
    assert "line 9: rules.0.amout: this key is not known (did you mean amount?)" in told
    assert "line 8: rules.0.amount: this key is needed" in told
    assert "line 10: rules.1.rule: there is no rule tips (did you mean tip?)" in told
    assert "line 11: rules.2.lists.0: alcool is not a word list (did you mean alcohol?)" in told


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("rule: cap, amount: 5, categories: [meal]", "there is no category meal (did you mean meals?)"),
        ("rule: low_confidence, fields: {totl: 0.5}", "there is no field totl (did you mean total?)"),
        ("rule: cap, amount: -5", "greater than or equal to 0"),
        ("rule: cap, amount: much", "valid decimal"),
        ("rule: cap, amount: .inf", "decimal"),
        ("rule: tip, share: 20", "less than or equal to 1"),
        ("rule: cap, amount: 5, countries: [Germany]", "pattern"),
        ("rule: cap, amount: 5, severity: severe", "'low', 'medium' or 'high'"),
        ("amount: 5", "needs the key `rule`"),
    ],
)
def test_what_a_rule_may_not_say(rule, said):
    assert said in problems(HEAD + f"  - {{{rule}}}\n")


def test_a_category_of_ones_own_is_declared_first():
    head = HEAD.replace("rules:", "category_names: {client gifts: gifts}\nrules:")
    assert policy("rule: cap, amount: 5, categories: [gifts]", head=head)


def test_two_rules_may_not_be_called_alike():
    two = HEAD + "  - {rule: cap, amount: 5}\n  - {rule: cap, amount: 6, categories: [meals]}\n"
    assert "two rules are called cap" in problems(two)


def test_a_key_that_stands_twice_is_refused():
    assert "line 2: the key name stands there twice" in problems("name: a\nname: b\n")


@pytest.mark.parametrize("needs", ["{total: 0.1}", "{date: 0}", "{currency: 1.2}"])
def test_no_policy_can_trust_what_was_hardly_read(needs):
    assert "between 0.3 and 1" in problems(HEAD.replace("rules:", f"verdict: {{needs: {needs}}}\nrules:") + "  []\n")


def test_the_fields_that_an_approval_rests_on_can_be_set_but_not_left_out():
    head = HEAD.replace("rules:", "verdict: {needs: {total: 0.95}}\nrules:")
    needs = policy(head=head).verdict.needs
    assert needs["total"] == 0.95
    assert set(needs) == {"total", "date", "merchant_name", "currency"}


def test_amounts_are_exact_as_written_and_a_version_stays_text():
    text = HEAD.replace("version: 1\n", "version: 1.10\n") + "  - {rule: cap, amount: 75.10}\n"
    read = parse_policy(text)
    assert read.version == "1.10"
    assert str(read.rules[0].amount) == "75.10"
    assert read.rates["MYR"] == Decimal("4.80")


@pytest.mark.parametrize("text", ["", "[1, 2]", "a: [1\nb: 2", "just words", "\t- x"])
def test_what_is_no_policy_at_all(text):
    assert "ours.yaml" in problems(text)


def test_files_that_cannot_be_read_are_told(tmp_path):
    with pytest.raises(BadPolicy, match="can't be read"):
        load_policy(tmp_path / "none.yaml")
    odd = tmp_path / "odd.yaml"
    odd.write_bytes(b"name: \xff\xfe")
    with pytest.raises(BadPolicy, match="UTF-8"):
        load_policy(odd)


def test_yaml_holds_data_and_never_code(tmp_path):
    assert "not valid YAML" in problems("name: !!python/object/apply:os.getcwd []\n")


def test_every_rule_and_every_key_is_documented(examples):
    told = (examples.parent / "docs" / "policy.md").read_text(encoding="utf-8")
    for kind, rule in RULES.items():
        assert f"rule: {kind}" in told, kind
        for key in rule.settings_type.model_fields:
            assert f"`{key}`" in told, f"{kind}.{key}"


def test_the_policy_that_ships_says_what_its_comments_promise():
    assert default_text().startswith("# The policy that ships")
