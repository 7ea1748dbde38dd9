"""A local server that speaks the wire formats of paid models, answers from recordings and fails on purpose."""

from tests.labeling.server.app import FaultServer, load_labels
from tests.labeling.server.faults import ALL, Faults
from tests.labeling.server.metering import Tariff

__all__ = ["ALL", "FaultServer", "Faults", "Tariff", "load_labels"]
