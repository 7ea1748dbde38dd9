"""Where a document comes from: country, currency and language from what is printed and from a model's opinions."""

from extractor.normalize.place.clues import Clue
from extractor.normalize.place.settle import Place, place_clues, settle_place

__all__ = ["Clue", "Place", "place_clues", "settle_place"]
