"""Choosing documents: budgets are kept, kinds are covered, doubt and weakness draw labels, and nothing is random."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.errors import UsageError
from extractor.student.encoder import tokenize
from labeling.choice import STRATEGIES, Pool, Strategy, choose, clarity, embed, outline
from labeling.choice.clusters import kmeans
from labeling.choice.strategies import cover, similarities
from tests.labeling.critic.documents import receipt

KINDS = 6
SIZES = (40, 12, 8, 6, 5, 4)


def pool(seed: int = 0, **known: object) -> Pool:
    """Documents of six kinds, one of them far more frequent than the others."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(KINDS, 16)) * 3
    rows, names = [], []
    for kind, size in enumerate(SIZES):
        rows.append(centres[kind] + draw.normal(size=(size, 16)) * 0.1)
        names += [f"{kind}-{number}" for number in range(size)]
    return Pool(names, np.concatenate(rows), **known)  # type: ignore[arg-type]


def kinds_of(names: list[str]) -> set[str]:
    return {name.split("-")[0] for name in names}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_budget_is_kept_and_nothing_is_chosen_twice(strategy: Strategy) -> None:
    known = pool()
    some = {name: 0.5 + number / 1000 for number, name in enumerate(known.ids)}
    whole = pool(confidence=some, labelled=["0-1", "2-3"], scores={"0-1": 0.9, "2-3": 0.2})
    chosen = choose(whole, 20, strategy, seed=3)
    assert len(chosen) == len(set(chosen)) == 20
    assert not set(chosen) & {"0-1", "2-3"}
    assert set(chosen) <= set(whole.ids)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_call_gives_the_same_answer(strategy: Strategy) -> None:
    assert choose(pool(), 15, strategy, seed=1) == choose(pool(), 15, strategy, seed=1)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_budget_beyond_the_pool_takes_all_that_is_left(strategy: Strategy) -> None:
    known = pool(labelled=["1-0"])
    assert sorted(choose(known, 10_000, strategy)) == sorted(set(known.ids) - {"1-0"})


def test_other_seeds_draw_other_documents_at_random() -> None:
    assert choose(pool(), 10, "random", seed=1) != choose(pool(), 10, "random", seed=2)


def test_diverse_covers_every_kind_before_it_repeats_one() -> None:
    assert len(kinds_of(choose(pool(), KINDS, "diverse"))) == KINDS


def test_diverse_takes_what_has_a_label_into_account() -> None:
    labelled = [f"0-{number}" for number in range(5)]
    assert "0" not in kinds_of(choose(pool(labelled=labelled), KINDS - 1, "diverse"))


def test_uncertain_takes_the_least_sure_first() -> None:
    sure = dict.fromkeys(pool().ids, 0.9) | {"3-1": 0.1, "5-2": 0.2}
    assert choose(pool(confidence=sure), 2, "uncertain") == ["3-1", "5-2"]


def test_robust_prefers_a_doubtful_kind_but_not_its_outlier() -> None:
    doubt = {name: 0.2 if name.startswith("2") else 0.95 for name in pool().ids}
    whole = pool(confidence=doubt)
    outlier = Pool(
        [*whole.ids, "far"], np.vstack([whole.vectors, np.full((1, 16), 60.0)]), {**whole.confidence, "far": 0.0}
    )
    assert choose(outlier, 1, "robust")[0].startswith("2")
    assert choose(outlier, 1, "uncertain") == ["far"]


def test_of_two_alike_the_more_legible_is_chosen() -> None:
    legible = {name: 1.0 if name.endswith("-3") else 0.1 for name in pool().ids}
    chosen = choose(pool(clarity=legible), KINDS, "diverse")
    assert all(name.endswith("-3") for name in chosen)
    assert len(kinds_of(chosen)) == KINDS


def test_a_page_that_was_read_surely_and_shows_its_values_is_legible() -> None:
    from labeling.critic.sheet import Sheet
    from tests.labeling.critic.documents import page

    clear, faint, bare = Sheet(receipt()), Sheet([page(["BLUE DOOR", "Total 9.00"], 0.5)]), Sheet([page([])])
    assert clarity(clear) > clarity(faint) > clarity(bare) == 0.0


def test_performance_spends_more_on_the_kind_that_is_read_badly() -> None:
    whole = pool()
    scores = {
        name: 0.2 if name.startswith("1") else 0.95 for name in whole.ids if name.endswith(("-0", "-1", "-2", "-3"))
    }
    chosen = choose(pool(labelled=list(scores), scores=scores), 8, "performance")
    even = choose(pool(labelled=list(scores)), 8, "diverse")
    count = sum(name.startswith("1") for name in chosen)
    assert count > sum(name.startswith("1") for name in even)


@pytest.mark.parametrize(("k", "strategy"), [(-1, "random"), (3, "clever")])
def test_what_makes_no_sense_is_refused(k: int, strategy: str) -> None:
    with pytest.raises(UsageError):
        choose(pool(), k, strategy)  # type: ignore[arg-type]


def test_an_empty_pool_gives_nothing() -> None:
    assert choose(Pool([], np.zeros((0, 4))), 5, "diverse") == []


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 12), st.integers(1, 5), st.integers(0, 99))
def test_the_quick_cover_is_the_greedy_one(size: int, k: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    alike, worth = similarities(draw.normal(size=(size, 3))), draw.uniform(0.1, 1.0, size)
    reached, left = np.zeros(size), list(range(size))
    slow: list[int] = []
    while left and len(slow) < k:
        gains = [float(np.maximum(alike[at] - reached, 0.0) @ worth) for at in left]
        slow.append(left.pop(int(np.argmax(gains))))
        reached = np.maximum(reached, alike[slow[-1]])
    assert cover(alike, worth, [], range(size), k) == slow


def test_clusters_find_separate_kinds() -> None:
    whole = pool()
    found = kmeans(whole.vectors, KINDS, seed=0)
    by_kind = {kind: {int(found[at]) for at, name in enumerate(whole.ids) if name[0] == kind} for kind in "012345"}
    assert len(set().union(*by_kind.values())) >= KINDS - 1
    assert all(len(each) == 1 for kind, each in by_kind.items() if kind != "0")


def test_receipts_of_one_shop_lie_closer_than_those_of_two() -> None:
    cafe = tokenize(receipt())
    again = tokenize(receipt(body=["Invoice No: INV-30011", "Date: 02/01/2019", "Fried rice 9.00", "Total 9.00"]))
    other = tokenize(receipt(head=["GREEN HARDWARE", "LOT 5 JALAN BATU", "50480 KUALA LUMPUR", "Fax: 07-222 1111"]))
    vectors = embed([outline(each) for each in (cafe, again, other)])
    assert np.linalg.norm(vectors[0] - vectors[1]) < np.linalg.norm(vectors[0] - vectors[2])
    assert np.array_equal(vectors, embed([outline(each) for each in (cafe, again, other)]))


def test_a_document_without_words_has_an_outline() -> None:
    assert np.isfinite(embed([outline(()), outline(tokenize(receipt()))])).all()
