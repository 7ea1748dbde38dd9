"""Receipts that were handed in before: the same file, another picture of it, or another document of one purchase.

with Index.open("history.db") as index:
    for case, observation in Duplicates(index).examine(cases, Situation()):
        ...
"""

from extractor.policy.duplicates.comparing import Comparison, Kind, compare
from extractor.policy.duplicates.examiner import Duplicates
from extractor.policy.duplicates.fingerprint import Fingerprint, fingerprint, first_picture
from extractor.policy.duplicates.index import Index, Match, Owner
from extractor.policy.duplicates.purchase import Agreement, Purchase

__all__ = [
    "Agreement",
    "Comparison",
    "Duplicates",
    "Fingerprint",
    "Index",
    "Kind",
    "Match",
    "Owner",
    "Purchase",
    "compare",
    "fingerprint",
    "first_picture",
]
