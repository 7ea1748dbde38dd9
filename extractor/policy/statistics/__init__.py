"""Statistics over many expenses: robust outliers, an isolation forest, Benford's law, habits that changed.

Each answers only where there is enough to count, each finding says in words which values moved it, and none weighs
much: what is rare is not yet wrong.
"""

from extractor.policy.statistics.examiner import Statistics, StatisticsSettings

__all__ = ["Statistics", "StatisticsSettings"]
