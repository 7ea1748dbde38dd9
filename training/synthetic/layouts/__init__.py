"""Layouts: from a purchase to sheets. `TEMPLATES` holds them all by name; `fitting` says which suit a purchase."""

from __future__ import annotations

from collections.abc import Mapping

from training.synthetic.layouts import folio, invoice, malaysian, restaurant, slips, till
from training.synthetic.layouts.base import Template
from training.synthetic.purchase import Kind, Purchase

__all__ = ["TEMPLATES", "Template", "fitting", "kinds_of"]

TEMPLATES: Mapping[str, Template] = {
    template.name: template
    for module in (till, restaurant, slips, invoice, folio, malaysian)
    for template in module.TEMPLATES
}


def fitting(purchase: Purchase, held_out: bool | None = None) -> tuple[Template, ...]:
    """The templates that a purchase can be printed with; of all, or only those held out (True) or not (False)."""
    return tuple(
        template
        for template in TEMPLATES.values()
        if purchase.kind in template.kinds
        and (held_out is None or template.held_out == held_out)
        and (template.suits is None or template.suits(purchase))
    )


def kinds_of(held_out: bool | None = None) -> tuple[Kind, ...]:
    """The kinds that have templates of this sort for any purchase."""
    found = (t for t in TEMPLATES.values() if t.suits is None and (held_out is None or t.held_out == held_out))
    return tuple(dict.fromkeys(kind for template in found for kind in template.kinds))
