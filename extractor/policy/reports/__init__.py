"""Reports that an auditor can act on: a page, a workbook, and a queue for machines.

kept, dismissed = Dismissals.read(Path("dismissals.jsonl")).filter(results, cases)
write_report(kept, cases, Path("report"), dismissed=dismissed)
"""

from extractor.policy.dismissals import Dismissal, Dismissals, Dismissed
from extractor.policy.reports.ranking import AuditResult, Exchange
from extractor.policy.reports.settings import ReportSettings, ReviewKind
from extractor.policy.reports.writing import ReportFiles, write_report

__all__ = [
    "AuditResult",
    "Dismissal",
    "Dismissals",
    "Dismissed",
    "Exchange",
    "ReportFiles",
    "ReportSettings",
    "ReviewKind",
    "write_report",
]
