"""Signs of tampering: in metadata, sums and taxes, in the letters of an amount, in compression, and in the picture as a
whole.

Each sign is graded 0–1 and tells in a sentence what was seen and where. None proves anything: how often each is wrong
on honest receipts is measured (`tailor benchmark tampering`) and weighs in its severity.
"""

from extractor.policy.tampering.calibration import Calibration
from extractor.policy.tampering.examiner import Tampering, TamperingSettings, signals
from extractor.policy.tampering.overlay import overlay
from extractor.policy.tampering.weighing import Signal

__all__ = ["Calibration", "Signal", "Tampering", "TamperingSettings", "overlay", "signals"]
