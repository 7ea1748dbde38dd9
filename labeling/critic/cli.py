"""`tailor critic`: puts into each label how far each of its values is to be trusted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from extractor.task import Task

SHOWN = 50
EVERY = 200


def critic(
    labels: Annotated[Path, typer.Argument(help="A label file: JSON lines with an id each.", show_default=False)],
    pictures: Annotated[Path, typer.Option(help="The folder of the labelled documents, named by id.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The label file to write, with trust.")],
    report: Annotated[
        Path | None, typer.Option(help="A Markdown file: trust by field, the most doubtful values.")
    ] = None,
    others: Annotated[
        list[Path] | None, typer.Option(help="Further answers for the same documents: more samples, another teacher.")
    ] = None,
    task: Annotated[str, typer.Option(help="A task's YAML file, or the name of one that ships.")] = "receipts",
    ocr: Annotated[str, typer.Option(help="auto, rapidocr or tesseract.")] = "rapidocr",
    cache: Annotated[bool, typer.Option(help="Keep and use the readings of the OCR.")] = True,
    student: Annotated[str, typer.Option(help="none, shipped, or a model folder whose view counts too.")] = "none",
    judge: Annotated[Path | None, typer.Option(help="A critic of your own (default: the one that ships).")] = None,
) -> None:
    """Weigh the labels of a teacher: per field a trust between 0 and 1, which training uses as weight."""
    from extractor.ocr import build_engine, default_cache_folder
    from extractor.task import load_task
    from labeling.critic.merchants import Merchants
    from labeling.critic.model import SHIPPED, Critic
    from labeling.critic.reading import pictures_in, read_documents, student_of
    from labeling.labels import read_labels, write_lines

    declared, model = load_task(task), Critic.load(judge or SHIPPED)
    known = read_labels(labels)
    further = [read_labels(path) for path in others or ()]
    engine = build_engine(ocr, cache=default_cache_folder() if cache else None)
    shops = Merchants(known.values())
    weighed, failed = [], 0
    documents = read_documents(list(known.values()), pictures_in(pictures), engine, student_of(student))
    for number, read in enumerate(documents, start=1):
        label = {name: value for name, value in read.label.items() if name != "trust"}
        if read.pages is None:
            failed += 1
            reason = read.error.message if read.error else ""
            typer.echo(f"{label['id']} gets no trust: {reason}", err=True)
        else:
            answers = [entry[label["id"]] for entry in further if label["id"] in entry]
            label["trust"] = model.trust(
                read.pages, label, declared, merchants=shops, student=read.student, others=answers
            )
        weighed.append(label)
        if number % EVERY == 0:
            typer.echo(f"{number} of {len(known)} labels weighed", err=True)
    write_lines(output, weighed)
    if report is not None:
        _write(report, _summary(weighed, declared))
    typer.echo(f"{len(weighed) - failed} labels weighed, {failed} without trust → {output}", err=True)
    if failed:
        raise typer.Exit(1)


def _write(path: Path, text: str) -> None:
    from extractor.writers.base import explained, replacing

    with explained(path), replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")


def _summary(labels: Sequence[Mapping[str, Any]], task: Task) -> str:
    """Markdown: the mean trust of each field, how many values are doubtful, and the most doubtful of all."""
    trusts: dict[str, list[float]] = defaultdict(list)
    values = []
    for label in labels:
        for field, trust in label.get("trust", {}).items():
            trusts[field].append(trust)
            values.append((trust, str(label["id"]), field, _shown(label.get(field))))
    lines = ["# Trust in labels", "", "| field | values | mean trust | below 0.5 |", "|---|---|---|---|"]
    for field, each in trusts.items():
        lines.append(f"| {field} | {len(each)} | {sum(each) / len(each):.3f} | {sum(one < 0.5 for one in each)} |")
    lines += [
        "",
        f"## The {SHOWN} most doubtful values",
        "",
        "| trust | document | field | value |",
        "|---|---|---|---|",
    ]
    lines += [f"| {trust:.3f} | {name} | {field} | {value} |" for trust, name, field, value in sorted(values)[:SHOWN]]
    return "\n".join(lines) + "\n"


def _shown(value: Any) -> str:
    text = f"{len(value)} items" if isinstance(value, list) else "–" if value in (None, "") else str(value)
    return text.replace("|", "\\|").replace("\n", " ")[:80]
