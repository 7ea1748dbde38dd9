"""`tailor label`: a folder of documents in, labels out, at a cost known beforehand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

_TEACHER, _LIMITS, _OUTPUT = "The teacher", "Money and limits", "What is written"
_CHOICE, _CRITIC = "Which documents", "The critic"


def label(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Files, folders (walked) or patterns such as 'in/*.pdf'.", show_default=False, readable=False
        ),
    ],
    teacher: Annotated[
        str,
        typer.Option(
            "--teacher",
            metavar="NAME[:ARGUMENT]",
            help="Who labels: anthropic:MODEL, openai:MODEL, transformers:FOLDER, replay:FILE, command:PROGRAM.",
            show_default=False,
            rich_help_panel=_TEACHER,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="The label file (.jsonl).", show_default=False, rich_help_panel=_OUTPUT),
    ],
    task: Annotated[
        str, typer.Option(help="What to read: a YAML file, or a task that ships.", rich_help_panel=_TEACHER)
    ] = "receipts",
    words: Annotated[
        bool, typer.Option("--words", help="Give the words that OCR reads as help.", rich_help_panel=_TEACHER)
    ] = False,
    samples: Annotated[
        int,
        typer.Option(
            min=1, max=32, help="Ask so often about each document; the critic compares.", rich_help_panel=_TEACHER
        ),
    ] = 1,
    choose: Annotated[
        str | None,
        typer.Option(
            metavar="STRATEGY:NUMBER",
            help="Label so many documents only, the most useful: robust, performance, diverse, uncertain or random.",
            show_default=False,
            rich_help_panel=_CHOICE,
        ),
    ] = None,
    choose_student: Annotated[
        str,
        typer.Option(
            metavar="none|shipped|FOLDER", help="The student whose doubts and failures guide.", rich_help_panel=_CHOICE
        ),
    ] = "shipped",
    labelled: Annotated[
        list[Path] | None,
        typer.Option(
            help="A label file of before: its documents count as covered. May be repeated.",
            show_default=False,
            rich_help_panel=_CHOICE,
        ),
    ] = None,
    critic: Annotated[
        bool, typer.Option("--critic", help="Weigh each value: how far it is to be trusted.", rich_help_panel=_CRITIC)
    ] = False,
    critic_student: Annotated[
        str,
        typer.Option(metavar="none|shipped|FOLDER", help="The student whose view counts too.", rich_help_panel=_CRITIC),
    ] = "none",
    key_file: Annotated[
        Path | None, typer.Option(help="A file that holds the key alone.", rich_help_panel=_TEACHER)
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Another server of the same interface.", rich_help_panel=_TEACHER)
    ] = None,
    prices: Annotated[
        Path | None, typer.Option(help="A table of prices instead of the one that ships.", rich_help_panel=_TEACHER)
    ] = None,
    idempotent: Annotated[
        bool | None,
        typer.Option(
            "--idempotent/--not-idempotent",
            help="Whether the server answers a repeated Idempotency-Key from memory. By default what the teacher says.",
            show_default=False,
            rich_help_panel=_TEACHER,
        ),
    ] = None,
    budget: Annotated[
        float, typer.Option(min=0.0, help="US dollars, earlier runs included.", rich_help_panel=_LIMITS)
    ] = 20.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would take, and stop.", rich_help_panel=_LIMITS)
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="The dry run's figures as JSON, for a program.", rich_help_panel=_LIMITS)
    ] = False,
    concurrency: Annotated[int, typer.Option(min=1, help="Calls at a time, at most.", rich_help_panel=_LIMITS)] = 8,
    batch: Annotated[
        bool, typer.Option("--batch", help="Through the provider's batch interface.", rich_help_panel=_LIMITS)
    ] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Calls a minute, at most.", rich_help_panel=_LIMITS)
    ] = None,
    tokens_per_minute: Annotated[
        float | None, typer.Option(min=1.0, help="Tokens a minute, at most.", rich_help_panel=_LIMITS)
    ] = None,
    backoff: Annotated[
        float, typer.Option(min=0.001, help="Seconds before a failed call is repeated.", rich_help_panel=_LIMITS)
    ] = 1.0,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before spending.", rich_help_panel=_LIMITS)] = False,
    cache: Annotated[
        Path | None,
        typer.Option(help="The folder of kept answers.", show_default="the user's", rich_help_panel=_OUTPUT),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep answers.", rich_help_panel=_OUTPUT)
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again about what failed for good.", rich_help_panel=_OUTPUT)
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start anew: forget this output and its ledger.", rich_help_panel=_OUTPUT)
    ] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Say nothing but errors.", rich_help_panel=_OUTPUT)
    ] = False,
) -> None:
    """Let a teacher label documents. The same command again goes on where it stopped.

    With --choose, a choice that was not finished is finished first; once it is, the same command chooses the next ones.
    Beside the labels stand OUTPUT.ledger (the books) and, where there is something to say, *.failed.jsonl and
    *.samples.jsonl.

    Exit status: 0 all labelled, 1 some failed or are left, 2 wrong usage, 130 interrupted.
    """
    from labeling.run import RunSettings
    from labeling.run.cache import default_folder
    from labeling.run.command import Asked, carry_out

    asked = Asked(
        paths=paths,
        output=output,
        teacher=teacher,
        task=task,
        words=words,
        key_file=key_file,
        base_url=base_url,
        prices=prices,
        dry_run=dry_run,
        json=as_json,
        fresh=fresh,
        yes=yes,
        quiet=quiet,
        critic=critic,
        critic_student=critic_student,
        choose=choose,
        choose_student=choose_student,
        labelled=labelled or [],
    )
    settings = RunSettings(
        budget=Decimal(str(budget)),
        concurrency=concurrency,
        samples=samples,
        requests_per_minute=rate,
        tokens_per_minute=tokens_per_minute,
        cache=None if no_cache else cache or default_folder(),
        idempotent=idempotent,
        retry_failed=retry_failed,
        backoff=backoff,
        batch=batch,
    )
    raise typer.Exit(carry_out(asked, settings))
