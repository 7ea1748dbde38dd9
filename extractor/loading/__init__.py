"""Reading files: from a path, bytes or a picture to pages with a picture and, where there is one, a text layer.

with load("receipt.pdf") as document:
    for page in document.pages():
        page.image, page.words
"""

from extractor.loading.document import INCOMPLETE_CODES, LoadedDocument, LoadedPage
from extractor.loading.finding import find_documents
from extractor.loading.limits import Deadline, Limits
from extractor.loading.opening import Source, load

__all__ = [
    "INCOMPLETE_CODES",
    "Deadline",
    "Limits",
    "LoadedDocument",
    "LoadedPage",
    "Source",
    "find_documents",
    "load",
]
