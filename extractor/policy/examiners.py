"""The examiners of an audit: in one place, each loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from extractor.errors import MissingExtra
from extractor.policy.cases import Claim, Examiner, Observation
from extractor.policy.claims.compare import ClaimExaminer
from extractor.policy.claims.notes import Noticed
from extractor.policy.policy import Policy


@dataclass(frozen=True)
class Choice:
    """What an audit is asked to look at beside claim and receipt."""

    policy: Policy | None = None
    history: str | None = None
    """The index of receipts seen earlier, a file or a database's URL; None compares those of this audit alone."""
    noticed: tuple[tuple[str, Observation], ...] = ()
    """What reading and matching the claims noticed."""


@contextmanager
def examiners_for(choice: Choice) -> Iterator[list[Examiner]]:
    """The examiners, in the order in which they look. What they hold open is closed at the end of the block.

    Raises UsageError (bad_index) where the history can't be used.
    """
    # Pictures and numbers need OpenCV and NumPy, which what reads claims alone can do without.
    from extractor.policy.duplicates import Duplicates, Index
    from extractor.policy.statistics import Statistics
    from extractor.policy.tampering import Tampering

    found: list[Examiner] = [Noticed(choice.noticed), ClaimExaminer()]
    if choice.policy is not None:
        found.append(choice.policy.examiner())
    with Index.open(choice.history or ":memory:") as index:
        yield [*found, Duplicates(index), Tampering(), Statistics()]


def check_installed(claims: Sequence[Claim]) -> None:
    """Raises MissingExtra where the audit of these claims needs what is not installed: before the receipts are read,
    which takes long. A handful of claims that all name their receipts needs nothing more."""
    from extractor.policy.statistics import StatisticsSettings

    many = len(claims) >= StatisticsSettings().forest_least
    needed = {"scipy": many or not all(claim.receipts for claim in claims), "sklearn": many}
    if any(wanted and find_spec(name) is None for name, wanted in needed.items()):
        raise MissingExtra(
            "Matching claims that name no receipt, and statistics of many claims, need scikit-learn and SciPy.",
            hint="Install them with: pip install 'tailor[audit]'.",
        )
