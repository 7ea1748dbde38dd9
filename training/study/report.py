"""The report of a study as Markdown: tables, pictures, and sentences that are computed from the figures beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training.study.ablation import ablation
from training.study.markdown import apart, line, lost, points, spread, verdict

Results = Mapping[str, Any]


def report(results: Results) -> str:
    """The whole report; parts that were not asked for are left out."""
    lines = ["# What a student learns from a teacher's labels", "", *_how(results)]
    for part, told in (
        ("baselines", _baselines),
        ("noise", _noise),
        ("labels", _labels),
        ("ablation", ablation),
        ("cost", _cost),
    ):
        if part in results["parts"]:
            lines += ["", *told(results["parts"][part], results)]
    return "\n".join(lines) + "\n"


def _how(results: Results) -> Iterator[str]:
    student, optimiser = results["student"], results["optimiser"]
    yield f"Repeat: `{results['command']}`"
    yield ""
    yield (
        f"Every arm is the same student (width {student['hidden']}, {student['layers']} layers, "
        f"{student['heads']} heads), trained alike ({_length(optimiser)}, {optimiser['batch']} documents a step) but "
        "for what its row says, on train documents alone, and read on dev without a look in between. ANLS as in "
        f"DocVQA, over the values that the truth has, of {', '.join(results['fields'])}; {_truths(results)}. "
        f"{_documents(results)}. {_seeds(results['seeds'])}"
    )


def _length(optimiser: Mapping[str, Any]) -> str:
    return f"{optimiser['steps']} steps" if optimiser.get("steps") else f"{optimiser['epochs']:g} epochs"


def _truths(results: Results) -> str:
    return ", ".join(
        f"{name} against {'ground truth' if name in results['ground_truth'] else 'the labels of the teacher'}"
        for name in results["documents"]
    )


def _documents(results: Results) -> str:
    told = (f"{name} {each['train']} train and {each['dev']} dev" for name, each in results["documents"].items())
    return "Documents: " + ", ".join(told)


def _seeds(seeds: Sequence[int]) -> str:
    if len(seeds) == 1:
        return f"One seed ({seeds[0]}): differences of a point or so are noise."
    return f"Means over {len(seeds)} seeds ({', '.join(map(str, seeds))}); ± is the standard deviation between them."


def _baselines(part: Results, results: Results) -> Iterator[str]:
    yield "## Baselines"
    yield ""
    for source in results["documents"]:
        yield from _source_table(part["rows"], source, results)
        yield ""
    yield "![ANLS by field](baselines.png)"
    yield ""
    rows = {row["name"]: row for row in part["rows"]}
    for source in results["documents"]:
        here = {name: row["sources"][source]["mean"] for name, row in rows.items() if source in row["sources"]}
        said = f"On {source} the student reads {here['student']:.3f}, {apart(here['student'] - here['rules'])} rules"
        if "teacher" in here:
            said += f" and {apart(here['student'] - here['teacher'])} the teacher"
        yield f"- {said}."
    for name, gap in part["lost_against_student"].items():
        yield f"- {rows[name]['says']}: {points(gap['mean'])} against the student, mean of the sources."
    for source, gap in part["lost_by_teacher_labels"].items():
        yield (
            f"- On {source} alone, with the same fields and steps, the teacher's labels in place of ground truth cost "
            f"{points(gap, signed=False)}: the teacher's labels {verdict(gap)}."
        )


def _source_table(rows: Sequence[Results], source: str, results: Results) -> Iterator[str]:
    mine = [row for row in rows if source in row["sources"]]
    first = mine[0]["sources"][source]
    head = [f"{name} (n {each['n']})" for name, each in first["fields"].items()]
    yield f"{source} dev, {first['documents']} documents, {first['n']} values: ANLS · exact."
    yield ""
    yield line(["reader", "labels", "seeds", *head, "mean"])
    yield line(["---"] * (4 + len(head)))
    for row in mine:
        figures = row["sources"][source]
        cells = [f"{each['anls']:.3f} · {each['exact']:.3f}" for each in figures["fields"].values()]
        mean = f"{figures['mean']:.3f}{spread(figures)} · {figures['exact']:.3f}"
        yield line([row["says"], str(row["labels"] or "–"), str(len(row["seeds"]) or "–"), *cells, mean])


def _noise(part: Results, results: Results) -> Iterator[str]:
    sources = list(results["documents"])
    yield "## Label noise"
    yield ""
    yield (
        "Each field of each train document is spoilt with the probability given: another document's value, a digit "
        "misread, a value left out or invented, a neighbour's value of the same page. `labels` is a teacher with as "
        "many faults, on the same dev documents. Lost: points of mean ANLS against the student on clean labels "
        "(95 % of 1,000 resamples of the documents)."
    )
    yield ""
    yield line(
        [
            "noise",
            "learnt",
            "seeds",
            *(f"{name} (n {_n(part, name)})" for name in sources),
            "mean",
            "all fields",
            "lost",
        ]
    )
    yield line(["---"] * (6 + len(sources)))
    for share in sorted({row["noise"] for row in part["rows"]}):
        for row in (row for row in part["rows"] if row["noise"] == share):
            cells = [f"{row['sources'][name]['mean']:.3f}{spread(row['sources'][name])}" for name in sources]
            tail = [f"{row['mean']:.3f}", f"{row['all']:.3f}", lost(row["lost"]["mean"])]
            yield line([f"{share:.0%}", row["recipe"], str(len(row["seeds"])), *cells, *tail])
        noisy = next(each for each in part["labels"] if each["noise"] == share)
        cells = [f"{noisy['sources'][name]['mean']:.3f}" for name in sources]
        yield line([f"{share:.0%}", "(labels)", str(len(results["seeds"])), *cells, f"{noisy['mean']:.3f}", "–", "–"])
    yield ""
    yield "![ANLS over label noise](noise.png)"
    yield ""
    yield line(["noise asked", "fields spoilt", "places taught wrongly", "places no longer taught", "n"])
    yield line(["---"] * 5)
    for each in part["faults"]:
        shares = (each["noise"], each["spoilt"], each["wrong_targets"], each["silenced_targets"])
        yield line([*(f"{share:.1%}" for share in shares), str(each["targets"])])
    yield ""
    yield from _noise_said(part, sources)


def _noise_said(part: Results, sources: Sequence[str]) -> Iterator[str]:
    at_issue = [row for row in part["rows"] if row["noise"] == part["at_issue"]]
    for row in at_issue:
        kept = "is kept" if row["lost"]["mean"]["points"] <= 2 else "is not kept"
        yield (
            f"- With {row['noise']:.0%} noise, learnt {row['recipe']}, {points(row['lost']['mean'], signed=False)} "
            f"are lost: the bound of 2 points {kept}."
        )
    if len(at_issue) > 1:
        best = min(at_issue, key=lambda row: row["lost"]["mean"]["points"])
        yield f"- Of the ways to learn it, {best['recipe']} loses least there."
    for recipe, crossing in part["crossings"].items():
        for source in sources:
            yield f"- {source}, learnt {recipe}: {_crossing(crossing[source])}."
    if part["faults"]:
        last = part["faults"][-1]
        yield (
            f"- Where {last['spoilt']:.0%} of the fields are spoilt, {last['wrong_targets']:.0%} of the places are "
            "taught wrongly: a value that the OCR read nowhere on the page can't be pointed at, and teaches nothing "
            f"({last['silenced_targets']:.0%})."
        )


def _crossing(share: float | None) -> str:
    if share is None:
        return "at no noise tried does the student read better than labels with that noise"
    if share == 0:
        return "the student reads at least as well as the labels, even as the teacher wrote them"
    return f"from {share:.0%} noise on the student reads better than labels with that noise"


def _labels(part: Results, results: Results) -> Iterator[str]:
    sources, fields = list(results["documents"]), results["fields"]
    yield "## Number of labels"
    yield ""
    for source in sources:
        first = part["rows"][0]["sources"][source]
        length = _length(results["optimiser"])
        yield f"{source} dev, {first['documents']} documents, ANLS, {length} whatever the labels."
        yield ""
        yield line(
            [
                "labels",
                "seeds",
                *(f"{name} (n {first['fields'][name]['n']})" for name in fields if name in first["fields"]),
                "mean",
                "all fields",
            ]
        )
        yield line(["---"] * (4 + len(first["fields"])))
        for row in part["rows"]:
            figures = row["sources"][source]
            cells = [f"{each['anls']:.3f}" for each in figures["fields"].values()]
            tail = [f"{figures['mean']:.3f}{spread(figures)}", f"{figures['all']:.3f}"]
            yield line([str(row["labels"]), str(len(row["seeds"])), *cells, *tail])
        yield ""
    yield "![Learning curve](labels.png)"
    yield ""
    last = part["rows"][-1]
    for row in part["rows"][:-1]:
        share = row["mean"] / last["mean"] if last["mean"] else 0.0
        reach = f"({row['mean']:.3f} of {last['mean']:.3f})"
        yield f"- {row['labels']} labels reach {share:.0%} of what {last['labels']} reach {reach}."
    if len(part["rows"]) > 1:
        before = part["rows"][-2]
        yield (
            f"- From {before['labels']} to {last['labels']} labels the mean still moves by "
            f"{100 * (last['mean'] - before['mean']):+.1f} points."
        )


def _cost(part: Results, results: Results) -> Iterator[str]:
    seconds, unit = part["seconds"], part["currency"]
    yield "## Cost and latency of 1,000 documents"
    yield ""
    yield (
        f"Student measured on {part['documents']} dev documents, one core, one thread, OCR included, nothing cached. "
        f"Prices as of {part['as_of']}, {unit}; a vCPU hour at {part['vcpu_hour']:g}; a document takes the teacher "
        f"{part['tokens']['input']:.0f} tokens in and {part['tokens']['output']:.0f} out, estimated.{_busy(part)}"
    )
    yield ""
    yield line(
        ["reader", "cost of 1,000", "batch", "times the student", "seconds a document", "labels paid back after"]
    )
    yield line(["---"] * 6)
    both = seconds["both"]
    yield line(
        [
            "student with OCR",
            f"{part['student_cost']:.4f}",
            "–",
            "1",
            f"{both['median']:.2f} (95 %: {both['p95']:.2f})",
            "–",
        ]
    )
    for each in part["teachers"]:
        paid = f"{each['break_even']:,.0f} documents" if each["break_even"] is not None else "never"
        cells = [
            f"{each['cost']:.2f}",
            f"{each['cost_batch']:.2f}",
            f"{each['times']:,.0f}",
            f"{part['teacher_seconds']:.1f} (assumed)",
        ]
        yield line([each["name"], *cells, paid])
    yield ""
    yield "![Cost of 1,000 documents](cost.png)"
    yield ""
    yield from _cost_said(part)


def _cost_said(part: Results) -> Iterator[str]:
    seconds = part["seconds"]
    both = seconds["both"]
    share = seconds["student"]["mean"] / both["mean"] if both["mean"] else 0.0
    yield (
        f"- 1,000 documents take the student {part['hours_of_1000']:.2f} core hours; {1 - share:.0%} of that is OCR "
        f"({seconds['ocr']['median']:.2f} s a document; the student itself "
        f"{1000 * seconds['student']['median']:.0f} ms)."
    )
    dear = max(part["teachers"], key=lambda each: each["cost"])
    cheap = min(part["teachers"], key=lambda each: each["cost"])
    between = f"{cheap['times']:,.0f} ({cheap['name']}) to {dear['times']:,.0f} times ({dear['name']})"
    yield f"- The teachers ask {between} as much."
    yield (
        f"- Paid back: {part['labels']} labels at the teacher's own price and {part['training_seconds'] / 3600:.2f} "
        "core hours of training, against reading every document by that teacher."
    )
    yield from (f"- Assumed: {' '.join(text.split())}" for text in part["sources"] if text)


def _busy(part: Results) -> str:
    """Seconds taken while others used the machine are too long, and said to be."""
    if part["load"] is None or part["load"] <= part["cores"]:
        return ""
    busy = f"load {part['load']:.1f} on {part['cores']} cores"
    return f" The machine was busy ({busy}): alone it would have been faster, and the student cheaper."


def _n(part: Results, source: str) -> int:
    return int(part["rows"][0]["sources"][source]["n"])
