"""Whom a bill is made out to: a name under "Bill to:" is the customer's, however much it looks like a merchant's."""

from __future__ import annotations

import re
from collections.abc import Sequence

FOLLOWING = 2
"""Lines under the label that may still be the customer's: a person, then a company."""

_TOLD = (
    "bill to", "billed to", "sold to", "ship to", "invoice to", "invoiced to", "rechnung an", "rechnungsempfänger",
    "facturé à", "facture à", "adressé à", "facturar a", "factuur aan", "spett.le",
)  # fmt: skip
"""Labels that say it by themselves."""

_NAMED = (
    "guest", "guest name", "customer", "customer name", "client", "client name", "buyer", "recipient", "attn",
    "attention", "kunde", "gast", "käufer", "empfänger", "destinataire", "cliente", "comprador", "intestatario",
    "destinatario", "klant", "nabywca", "odbiorca", "klient", "odběratel", "zákazník", "müşteri", "alıcı", "sayın",
    "pelanggan", "kepada", "khách hàng", "người mua", "客户", "购买方", "买方", "お客様", "ลูกค้า",
)  # fmt: skip
"""Labels only where a colon or nothing follows: "Guest check" and "Customer receipt" head a merchant's own paper."""

_FACT = re.compile(r"[^:：]{2,24}[:：](?!\d)")
"""A line that begins with another label ends the customer's block."""


def _any(labels: Sequence[str]) -> str:
    return "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))


_LABEL = re.compile(rf"\W*(?:(?:{_any(_TOLD)})\b|(?:{_any(_NAMED)})\s*(?:[:：]|$))", re.IGNORECASE)


def customer_lines(lines: Sequence[str]) -> frozenset[int]:
    """Which lines of a document name its customer, by their place from 0.

    >>> sorted(customer_lines(["HOTEL BAY", "Guest: A. Person", "Person Ltd", "Room: 12", "Total 80.00"]))
    [1, 2]
    """
    found: set[int] = set()
    for at, line in enumerate(lines):
        if not _LABEL.match(line):
            continue
        found.add(at)
        for below in range(at + 1, min(at + 1 + FOLLOWING, len(lines))):
            if _FACT.match(lines[below]):
                break
            found.add(below)
    return frozenset(found)
