"""How many honest receipts an audit accuses: every receipt of a split, claimed as it is, before all examiners."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator, Sequence

from extractor.policy.audit import Result, audit
from extractor.policy.cases import Case, Claim
from extractor.policy.duplicates import Index
from extractor.policy.policy import load_policy
from extractor.truth import Split, Truth
from training.benchmark.corpus import Corpus
from training.benchmark.expense_year.honesty import World, Writer, last_day
from training.benchmark.expense_year.judging import Memory, examiners
from training.benchmark.expense_year.receipts import Held, looked_at
from training.benchmark.predict import Reader
from training.benchmark.report import Figure

MOST_HIGH = 3.0
"""Per cent of honest receipts that may get a finding of high severity, of all examiners together."""

PEOPLE, LAG = 12, 7


def figures(corpora: Sequence[Corpus], reader: Reader, split: Split = "dev") -> list[Figure]:
    """The share of receipts with a finding of high severity, and which rules those are of.

    All receipts of the split are taken, those included that the policy objects to rightly (alcohol, say), that stand in
    the data twice, or about which the truths differ.
    """
    pictures = [path for corpus in corpora for path in corpus.pictures(split)]
    truths = {key: one for corpus in corpora for key, one in corpus.truths(path.stem for path in pictures).items()}
    held = [Held(one, truths.get(path.stem, Truth(path.stem))) for path, one in looked_at(pictures, reader, "honest")]
    return described(judged(held), split)


def judged(held: Sequence[Held]) -> list[Result]:
    """What an audit of all these receipts says, each claimed by somebody who asks for its true total."""
    world = World(load_policy("default"), last_day(held))
    chance = random.Random(3)
    writer = Writer(world, chance, tuple(one.day for one in held if one.day) or (world.today,))
    cases = [
        Case(one.id, _claim(one, writer, f"Person {number % PEOPLE}"), (one.evidence,))
        for number, one in enumerate(held)
    ]
    with Index.open() as index:
        return audit(cases, examiners(world, index, Memory()), world.policy, world.situation)


def described(results: Sequence[Result], split: str) -> list[Figure]:
    """The share of results with a high finding, all rules together and each by itself."""
    name = f"honest receipts {split}"
    high = [{one.rule for one in result.findings if one.severity == "high"} for result in results]
    whole = len(results)
    share = 100 * sum(map(bool, high)) / whole if whole else None
    made = [Figure(f"{name}, with a high finding", share, MOST_HIGH, True, "%", whole)]
    return [*made, *_by_rule(high, name)]


def _by_rule(high: Sequence[set[str]], name: str) -> Iterator[Figure]:
    for rule, count in Counter(rule for rules in high for rule in rules).most_common():
        yield Figure(f"{name}, high {rule}", 100 * count / len(high), unit="%", n=len(high))


def _claim(held: Held, writer: Writer, employee: str) -> Claim:
    """An honest claim; where the truth tells no total, one that asks for none."""
    if held.total > 0:
        return writer.honest(held.id, employee, held)
    day = held.day or writer.chance.choice(writer.days)
    return Claim(claim_id=held.id, employee=employee, date=day, submitted=day + dt.timedelta(days=LAG))
