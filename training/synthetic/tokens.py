"""Read words as the student sees them: through the same rows and tokens as a real page, roles kept track of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extractor.ocr.reading_order import arrange
from extractor.student.encoder import MAX_TOKENS, Token, tokenize
from extractor.types import Page, Word
from training.synthetic.noise import Read, Share

PIXELS = 1000
"""Width of the pages made up for words; nothing is drawn on them."""


@dataclass(frozen=True, slots=True)
class Carried:
    """That a token carries so many characters of a role, read of printed word number `source`."""

    token: int
    source: int
    characters: float


@dataclass(frozen=True, slots=True)
class _Read(Word):
    """A word that remembers what it carries, through everything that moves words about."""

    roles: tuple[Share, ...] = ()


def to_tokens(
    read: Sequence[Read], aspects: Sequence[float] = ()
) -> tuple[tuple[Token, ...], Mapping[str, tuple[Carried, ...]]]:
    """The tokens of a document in reading order, and by role which tokens carry how much of it, in order of tokens.

    `aspects` is height ÷ width of each page (1 where not given): it has as many pages as it has figures, or more where
    words say so. What a document longer than the student reads loses in its middle carries nothing.
    """
    pages = pages_of(read, aspects)
    tokens = tokenize(pages)
    carried: dict[str, list[Carried]] = defaultdict(list)
    for word, parts in _parted(pages, tokens):
        start = 0
        for at, token in parts:
            end = start + len(token.text)
            for share in word.roles:
                inside = min(end, share.end) - max(start, share.start)
                if inside > 0 and at >= 0:
                    characters = share.characters * inside / (share.end - share.start)
                    carried[share.role].append(Carried(at, share.source, characters))
            start = end
    return tokens, {role: tuple(sorted(found, key=lambda one: one.token)) for role, found in carried.items()}


def pages_of(read: Sequence[Read], aspects: Sequence[float]) -> list[Page]:
    """The pages that an engine would have given of these words, rows arranged as those of real pages."""
    count = max([len(aspects), *(word.page + 1 for word in read)])
    words: list[list[_Read]] = [[] for _ in range(count)]
    for one in read:
        words[one.page].append(_Read(one.text, one.box, one.confidence, one.piece, one.roles))
    pages = []
    for number, found in enumerate(words):
        aspect = aspects[number] if number < len(aspects) else 1.0
        height = max(1, round(PIXELS * aspect))
        pages.append(Page(number, PIXELS, height, arrange(found, aspect), engine="synthetic"))
    return pages


def _parted(pages: Sequence[Page], tokens: Sequence[Token]) -> Iterator[tuple[_Read, list[tuple[int, Token]]]]:
    """Each word with its tokens and their places among all tokens, −1 where the document was too long for them."""
    whole, places = list(tokens), list(range(len(tokens)))
    if len(tokens) == MAX_TOKENS:
        whole = [token for page in pages for token in _untruncated(page)]
        head = next((at for at, (a, b) in enumerate(zip(whole, tokens, strict=False)) if not _same(a, b)), len(tokens))
        tail = len(tokens) - head
        lost = len(whole) - len(tokens)
        places = [*range(head), *[-1] * lost, *range(head, head + tail)]
    at = 0
    for page in pages:
        for word in page.words:
            parts = [(places[at], whole[at])]
            at += 1
            while at < len(whole) and whole[at].glued:
                parts.append((places[at], whole[at]))
                at += 1
            if isinstance(word, _Read):
                yield word, parts


def _untruncated(page: Page) -> Iterator[Token]:
    """All tokens of a page, piece by piece too short to be cut, with the number of the page."""
    step = MAX_TOKENS // 4
    for first in range(0, len(page.words), step):
        for token in tokenize([replace(page, words=page.words[first : first + step])]):
            yield replace(token, page=page.index)


def _same(one: Token, other: Token) -> bool:
    return (one.text, one.page, one.box) == (other.text, other.page, other.box)
