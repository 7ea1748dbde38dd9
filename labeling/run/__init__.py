"""A run that labels many documents: within a budget and a provider's limits, resumable, and nothing paid twice.

with Session(documents, Path("labels.jsonl"), teacher, RECEIPTS, RunSettings(budget=20)) as session:
    print(session.forecast().cost)
    report = session.run(threading.Event())
"""

from __future__ import annotations

from labeling.run.estimating import Forecast
from labeling.run.session import Report, RunSettings, Session, ledger_of, start_anew

__all__ = ["Forecast", "Report", "RunSettings", "Session", "ledger_of", "start_anew"]
