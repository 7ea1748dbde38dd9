"""Synthetic documents with exact labels: purchases (content) → sheets (layout) → words or pictures → noise."""

VERSION = 2
"""Changes with anything that changes the documents made from the same settings."""
