"""Made-up hotel folios as PDF files with their labels: the documents of the example of a task of one's own.

    python examples/folios.py FOLDER [COUNT]

Every hotel, guest and number is invented. Document n is the same whenever it is drawn.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

HOTELS = ("Harbour View Hotel", "Hotel Linden", "The Old Mill Inn", "Grand Park Hotel", "Seaside Lodge")
FIRST, LAST = ("Ada", "Boris", "Chloe", "Dmitri", "Elena", "Farid"), ("Brandt", "Costa", "Dupont", "Okafor", "Tanaka")
CHANNELS = {
    "direct": "Booked with the hotel",
    "agency": "Booked through Travel Agency Ltd",
    "corporate": "Corporate rate agreement",
}
WORDS = (
    ("Guest", "Room", "Arrival", "Departure", "Nights", "Rate per night", "City tax", "Total due"),
    ("Name of guest", "Room no.", "Check-in", "Check-out", "No. of nights", "Room rate", "Tourist tax", "Balance"),
)
DATES = ("%d.%m.%Y", "%d %b %Y")

Label = dict[str, object]


def folio(number: int) -> tuple[list[tuple[str, str]], Label]:
    """The rows of a folio (what stands at the left and what at the right), and its label."""
    draw = random.Random(f"folio {number}")
    arrival = date(2026, 1, 1) + timedelta(days=draw.randrange(300))
    nights = draw.randint(1, 9)
    departure = arrival + timedelta(days=nights)
    rate, tax = Decimal(draw.randint(60, 240)), Decimal(nights) * Decimal("2.50")
    channel, words, form = draw.choice(list(CHANNELS)), draw.choice(WORDS), draw.choice(DATES)
    hotel, guest = draw.choice(HOTELS), f"{draw.choice(FIRST)} {draw.choice(LAST)}"
    room = str(draw.randint(101, 899))
    label: Label = {
        "id": f"folio-{number}",
        "hotel": hotel,
        "guest_name": guest,
        "room": room,
        "arrival_text": arrival.strftime(form),
        "arrival": arrival.isoformat(),
        "departure_text": departure.strftime(form),
        "departure": departure.isoformat(),
        "nights": str(nights),
        "room_rate": f"{rate:.2f}",
        # Some cities raise none: the field is not on the document, and its label is null.
        "city_tax": f"{tax:.2f}" if number % 4 else None,
        "total": f"{rate * nights + (tax if number % 4 else 0):.2f}",
        "booking_channel": channel,
    }
    values = [str(label[name] or "") for name in ("guest_name", "room", "arrival_text", "departure_text", "nights")]
    sums = [(words[5], str(label["room_rate"]))]
    if label["city_tax"]:
        sums.append((words[6], str(label["city_tax"])))
    rows = [(hotel, ""), (CHANNELS[channel], ""), *zip(words, values, strict=False), *sums]
    return [*rows, (words[7], str(label["total"]))], label


def draw(path: Path, rows: Sequence[tuple[str, str]]) -> None:
    """A page of A5 with a text layer: the first row is the letter head, the last the sum."""
    canvas = Canvas(str(path), pagesize=(420, 595), invariant=True)
    for place, (left, right) in enumerate(rows):
        bold = place in (0, len(rows) - 1)
        canvas.setFont("Helvetica-Bold" if bold else "Helvetica", 16 if place == 0 else 11)
        canvas.drawString(40, 540 - 28 * place, left)
        canvas.drawRightString(380, 540 - 28 * place, right)
    canvas.save()


def render(folder: Path, count: int = 60) -> None:
    """Draws the folios 1 to `count` and writes labels.jsonl beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(1, count + 1):
        rows, label = folio(number)
        draw(folder / f"{label['id']}.pdf", rows)
        lines.append(json.dumps(label, ensure_ascii=False) + "\n")
    (folder / "labels.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    render(Path(sys.argv[1]), *(int(each) for each in sys.argv[2:3]))
