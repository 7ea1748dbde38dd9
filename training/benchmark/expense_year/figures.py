"""The figures of the simulated year: recall over what was planted, precision over what is accused, and what people have
to look at besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from extractor.policy.policy import load_policy
from extractor.truth import Split
from training.benchmark.corpus import Corpus
from training.benchmark.expense_year.honesty import World, last_day, objections
from training.benchmark.expense_year.judging import Judged, judge, kinds_of
from training.benchmark.expense_year.pictures import altered
from training.benchmark.expense_year.receipts import read
from training.benchmark.expense_year.year import CLAIMS, pools_of, simulate
from training.benchmark.predict import Reader
from training.benchmark.report import Figure

PRECISION, RECALL = 0.90, 0.85
SEEDS = {"train": 1, "dev": 2, "all": 3}

LEAST = 0.7
"""The confidence from which on an accusation counts, chosen on train. The student was fitted on the receipts of train,
so that it misreads fewer of them than of dev."""

STEPS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)


def figures(corpora: Sequence[Corpus], reader: Reader, claims: int = CLAIMS, split: Split = "dev") -> list[Figure]:
    """The year of one split. Writes what was missed and who was accused wrongly to `reader.out`/expense-year-SPLIT.tsv.

    Thresholds and rules were chosen on train (`split="train"`, another seed); dev is for telling.
    """
    receipts = read(corpora, reader, split)
    world = World(load_policy("default"), last_day(receipts))
    made = altered(
        receipts,
        replace(reader, workers=1),
        reader.out / "expense-year" / split,
        lambda held: held.day is not None and not objections(held, world),
    )
    companies = simulate(pools_of(receipts, made, world), world, SEEDS[split], claims)
    judged = list(reader.progress(judge(companies, world), sum(len(one.cases) for one in companies), "audit"))
    reader.out.mkdir(parents=True, exist_ok=True)
    (reader.out / f"expense-year-{split}.tsv").write_text("".join(f"{line}\n" for line in errors(judged)), "utf-8")
    return described(judged, split)


def described(judged: Sequence[Judged], split: str) -> list[Figure]:
    """All figures of claims that were judged: overall, by kind, over thresholds, and what is left to people."""
    name = f"expense year {split}"
    planted = [one for one in judged if one.kind]
    right, wrong = accused(judged, LEAST)
    note = f"{len(kinds_of(judged))} kinds, {len(planted)} of {len(judged)} claims"
    made = [
        Figure(f"{name}, recall", _share(len(found(planted, LEAST)), len(planted)), RECALL, n=len(planted), note=note),
        Figure(f"{name}, precision", _share(right, right + wrong), PRECISION, n=right + wrong),
    ]
    return [*made, *_by_kind(judged, name), *_over_thresholds(judged, name), *_load(judged, name)]


def found(planted: Sequence[Judged], least: float) -> list[Judged]:
    """The abusive claims that are not approved, with a finding that names the abuse."""
    return [one for one in planted if one.result.verdict != "approve" and one.fitting(least)]


def accused(judged: Sequence[Judged], least: float) -> tuple[int, int]:
    """How many abusive and how many honest claims something speaks against. The honest half of a fraud counts for
    neither where the finding leads to the other half."""
    flagged = [one for one in judged if one.accusations(least) and not one.about_the_pair]
    right = sum(one.kind is not None for one in flagged)
    return right, len(flagged) - right


def _by_kind(judged: Sequence[Judged], name: str) -> Iterator[Figure]:
    for kind in kinds_of(judged):
        own = [one for one in judged if one.kind == kind]
        hits = found(own, LEAST)
        seen = sum(one.result.verdict != "approve" for one in own)
        # Of all claims that are accused of this kind, those that are abusive in any way.
        named = [one for one in judged if replace(one, kind=kind).fitting(LEAST) and not one.about_the_pair]
        right = sum(one.kind is not None for one in named)
        note = f"{len(hits)} of {len(own)} found, {seen} not approved; precision {_told(right, len(named))}"
        yield Figure(f"{name}, recall, {kind}", _share(len(hits), len(own)), n=len(own), note=note)


def _over_thresholds(judged: Sequence[Judged], name: str) -> Iterator[Figure]:
    planted = [one for one in judged if one.kind]
    for least in STEPS:
        right, wrong = accused(judged, least)
        recall = len(found(planted, least)) / len(planted) if planted else 0
        note = f"recall {recall:.3f}; {right} abusive and {wrong} honest claims accused"
        yield Figure(
            f"{name}, precision from confidence {least:g}", _share(right, right + wrong), n=right + wrong, note=note
        )


def _load(judged: Sequence[Judged], name: str) -> Iterator[Figure]:
    honest = [one for one in judged if not one.kind]
    for verdict in ("approve", "review", "reject"):
        count = sum(one.result.verdict == verdict for one in judged)
        yield Figure(f"{name}, {verdict}", _percent(count, len(judged)), unit="%", n=len(judged))
    unsure = [one for one in judged if one.result.verdict != "approve" and not one.accusations()]
    missed = sum(one.kind is not None for one in unsure)
    note = f"not read surely enough, nobody accused; {missed} of them abusive"
    yield Figure(
        f"{name}, review for the reading alone", _percent(len(unsure), len(judged)), unit="%", n=len(judged), note=note
    )
    high = sum(any(one.severity == "high" for one in each.result.findings) for each in honest if not each.half)
    yield Figure(f"{name}, honest claims with a high finding", _percent(high, len(honest)), 3, True, "%", len(honest))
    pairs = sum(bool(one.accusations()) and one.about_the_pair for one in judged)
    yield Figure(f"{name}, honest halves of a fraud, flagged", float(pairs), n=sum(bool(one.half) for one in judged))


def errors(judged: Sequence[Judged]) -> Iterator[str]:
    """A line for each abusive claim that was missed and each honest one that was accused, tab-separated."""
    for one in judged:
        against = one.accusations(LEAST)
        if one.kind and not one.fitting(LEAST):
            what = f"missed\t{one.kind}"
        elif not one.kind and against and not one.about_the_pair:
            what = f"false alarm\t{against[0].rule}"
        else:
            continue
        names = " ".join(receipt.name for receipt in one.case.receipts)
        said = " | ".join(
            f"{each.rule} {each.severity} {each.confidence:.2f}: {each.message}" for each in one.result.findings
        )
        yield f"{what}\t{one.case.id}\t{names}\t{one.result.verdict}\t{said}"


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _told(part: int, whole: int) -> str:
    return f"{part / whole:.2f} ({part} of {whole})" if whole else "–"
