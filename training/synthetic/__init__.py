"""Synthetic documents with exact labels: purchases (content) → sheets (layout) → words or pictures → noise."""
