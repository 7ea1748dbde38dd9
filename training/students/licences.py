"""The terms of the published weights of layout encoders, so that nobody ships a model that may not be sold unawares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """The licence under which an architecture's makers publish its weights, and whether it allows commercial use."""

    weights: str
    licence: str
    commercial: bool

    @property
    def sentence(self) -> str:
        allowed = "commercial use is allowed" if self.commercial else "commercial use is NOT allowed"
        return f"The backbone is {self.weights}; its published weights are under {self.licence}: {allowed}."


TERMS: Mapping[str, Terms] = {
    "lilt": Terms("LiLT (SCUT-DLVCLab)", "the MIT licence", True),
    "layoutlm": Terms("LayoutLM (Microsoft)", "the MIT licence", True),
    "bros": Terms("BROS (Naver Clova)", "the Apache licence 2.0", True),
    "layoutlmv2": Terms("LayoutLMv2 or LayoutXLM (Microsoft)", "CC BY-NC-SA 4.0", False),
    "layoutlmv3": Terms("LayoutLMv3 (Microsoft)", "CC BY-NC-SA 4.0", False),
}
"""By the `model_type` of transformers. Weights that someone else trained from nothing may have other terms."""


def terms_of(model_type: str) -> str:
    """A sentence about the terms of a backbone's published weights."""
    known = TERMS.get(model_type)
    return known.sentence if known else f"The backbone is a {model_type}: see the terms of its weights."


def warning_of(model_type: str) -> str | None:
    """What is to be said where such a backbone is chosen, or None where there is nothing to warn of."""
    known = TERMS.get(model_type)
    return None if known and known.commercial else terms_of(model_type)
