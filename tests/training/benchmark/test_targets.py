from training.benchmark.report import Figure
from training.benchmark.targets import ASKED, LATENCY, NOISE, SIZE, judged


def test_every_bound_of_the_table_is_there_in_order_measured_or_not():
    made = judged([Figure("wild dev, total, ANLS", 0.93, 0.85, n=7), Figure("something else", 1.0, 0.5)])
    assert [figure.name for figure in made] == list(ASKED)
    total = next(figure for figure in made if figure.name == "wild dev, total, ANLS")
    assert (total.bound, total.verdict, total.n) == ("≥ 0.9200", "pass", 7)
    assert all(figure.verdict == "below" for figure in made if figure is not total), "nothing unmeasured passes"


def test_upper_bounds_are_upper_bounds():
    made = {figure.name: figure for figure in judged([Figure(SIZE, 41.0), Figure(LATENCY, 60.0), Figure(NOISE, 2.5)])}
    assert [made[name].verdict for name in (SIZE, LATENCY, NOISE)] == ["below", "pass", "below"]
    assert made[SIZE].bound == "≤ 40 MB"
