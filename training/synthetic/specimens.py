"""Plain receipts drawn for one purpose: to see which characters an engine confuses. Their words are made up at random
from the letters of many languages, so that rare ones stand often enough to be counted."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from extractor.types import Box, ImageArray
from training.synthetic.sheet import Printed

LATIN_FACES = (
    "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSansCondensed.ttf",
    "NotoSans-Regular.ttf", "NotoSansMono-Regular.ttf", "NotoSerif-Regular.ttf", "LiberationMono-Regular.ttf",
    "LiberationSans-Regular.ttf", "LiberationSerif-Regular.ttf",
)  # fmt: skip
"""Looked for by name where the system keeps its faces; those that are absent are left out."""

FACES = {
    "latin": LATIN_FACES,
    "cjk": ("NotoSansCJK-Regular.ttc", "NotoSerifCJK-Regular.ttc", "wqy-zenhei.ttc"),
    "thai": ("Garuda.ttf", "TlwgTypo.ttf", "Loma.ttf", "Waree.ttf"),
    "arabic": ("DejaVuSans.ttf", "DejaVuSansMono.ttf"),
    "devanagari": ("NotoSansDevanagari-Regular.ttf", "Gargi.ttf"),
}

_WORDS = {
    "latin": (
        "total subtotal tax cash change invoice receipt table date time thank you amount item price qty rounding gst "
        "summe gesamt mwst steuer rückgeld straße für größe bar betrag käse brötchen mittagsmenü espèces rendu "
        "à café crème déjeuner reçu monnaie août fraîche pâté élève garçon importe año señor número española crédito "
        "máquina después totale contanti scontrino città perché caffè così più pão açúcar não crédito troco factura "
        "ação três você contant bedrag wisselgeld één bijgerecht paragon sprzedaż gotówka reszta ulica łódź złoty ść "
        "źródło mąka chleb płatność účet daň celkem děkujeme hotově pečivo příště žádný řízek smažený toplam nakit "
        "fiş öğle yemeği şeker çay ığdır teşekkür kdv jumlah tunai baki cukai terima kasih perkhidmatan nasi goreng "
        "tổng cộng tiền mặt hóa đơn cảm ơn quý khách phở bò đường số lượng thành tiền giá trị ngày giờ "
        "chicken burger coffee latte water bread milk sugar rice noodles soap battery cable paint brush screw "
        "street road avenue building floor suite city phone fax email website customer cashier operator terminal "
        "visa mastercard debit approved reference copy merchant balance discount member points card "
        "service charge"
    ),
    "cjk": (
        "合計 小計 税金 現金 お釣り 領収書 日付 時間 "
        "電話 番号 数量 単価 金額 商品 店舗 東京都 大阪市 ありがとうございます "
        "消費税 内税 レシート カード コーヒー パン 牛乳 "
        "ラーメン 总计 小计 现金 找零 发票 日期 时间 数量 单价 金额 谢谢惠顾 "
        "上海市 北京路 餐厅 米饭 牛肉面 绿茶 服务费 折扣 收银员 电话 地址"
    ),
    "thai": ("รวม เงินสด เงินทอน ใบเสร็จ ภาษี วันที่ เวลา จำนวน ราคา ขอบคุณ ร้าน ถนน กรุงเทพ ข้าวผัด กาแฟ น้ำ ชา"),
    "arabic": ("المجموع نقدا الباقي فاتورة ضريبة التاريخ الوقت الكمية السعر شكرا شارع دبي قهوة ماء خبز لحم"),
    "devanagari": ("कुल नकद बिल कर तारीख समय मात्रा मूल्य धन्यवाद दुकान सड़क दिल्ली चाय पानी रोटी चावल दाल"),
}
WORDS = {script: tuple(words.split()) for script, words in _WORDS.items()}

Placed = tuple[str, float, float, bool]
"""Text, anchor as a share of the width, of that its alignment (0 left, 0.5 centre, 1 right), bold."""


def specimen(seed: int, script: str = "latin") -> tuple[ImageArray, list[Printed]]:
    """A drawn receipt and its words, by seed. Raises OSError where no face of this script is installed."""
    draw = random.Random(f"specimen/{seed}/{script}")
    face, size = draw.choice(_faces(script)), draw.randint(18, 34)
    font, width = ImageFont.truetype(face, size), draw.randint(22, 40) * size
    line = int(size * draw.uniform(1.15, 1.7))
    rows = list(_rows(draw, script))
    picture = Image.new("L", (width, line * (len(rows) + 2)), draw.randint(238, 255))
    pen, ink = ImageDraw.Draw(picture), draw.randint(0, 70)
    words: list[Printed] = []
    for number, row in enumerate(rows):
        end = 0.0
        for text, anchor, align, bold in row:
            text = _drawable(text, script)
            length = font.getlength(text)
            x = min(max(0.03 * width + anchor * 0.94 * width - align * length, end), width - length - 2)
            if x < end or length > 0.95 * width:
                continue
            y = line * (number + 1)
            pen.text((x, y), text, ink, font, stroke_width=int(bold))
            words += _words(text, font, x, y, number, picture.size)
            end = x + length + size
    return np.repeat(np.asarray(picture)[:, :, None], 3, axis=2), words


def _words(
    text: str, font: ImageFont.FreeTypeFont, x: float, y: float, row: int, size: tuple[int, int]
) -> Iterator[Printed]:
    place = 0
    for word in text.split():
        place = text.index(word, place)
        left, right = x + font.getlength(text[:place]), x + font.getlength(text[: place + len(word)])
        if _arabic(text):
            # A line from right to left fills its box from the right.
            length = font.getlength(text)
            left, right = 2 * x + length - right, 2 * x + length - left
        _, top, _, bottom = font.getbbox(text)
        yield Printed(
            word, Box.clipped(left / size[0], (y + top) / size[1], right / size[0], (y + bottom) / size[1]), 0, row
        )
        place += len(word)


def _drawable(text: str, script: str) -> str:
    """The text without what would be misplaced or an empty box: two directions in a line, signs that faces lack."""
    words = text.split()
    if script == "arabic" and any(map(_arabic, words)):
        words = [word for word in words if all("\u0600" <= sign <= "\u06ff" for sign in word)]
    if script == "devanagari":
        words = [
            word for word in words if not any((sign.isascii() and sign.isalpha()) or sign in "#@*£¥" for sign in word)
        ]
    return " ".join(words)


def _arabic(text: str) -> bool:
    return any("\u0600" <= sign <= "\u06ff" for sign in text)


@lru_cache(maxsize=8)
def _faces(script: str) -> Sequence[str]:
    found = []
    for name in FACES[script]:
        try:
            ImageFont.truetype(name, 12)
        except OSError:
            continue
        found.append(name)
    if not found:
        raise OSError(f"no face for {script} is installed; looked for {', '.join(FACES[script])}")
    return found


def _rows(draw: random.Random, script: str) -> Iterator[list[Placed]]:
    for _ in range(draw.randint(1, 2)):
        yield [(_phrase(draw, script, 3).upper(), 0.5, 0.5, draw.random() < 0.5)]
    for _ in range(draw.randint(2, 4)):
        yield [(f"{draw.randint(1, 300)}, {_phrase(draw, script, 3).title()}, {_digits(draw, 5)}", 0.5, 0.5, False)]
    for _ in range(draw.randint(2, 6)):
        separator = draw.choice((": ", ":", " : ", " "))
        label = _phrase(draw, script, 1)
        yield [
            (f"{label}{separator}{_value(draw)}", 0.0, 0.0, False),
            *([(f"{_phrase(draw, script, 1)}{separator}{_value(draw)}", 1.0, 1.0, False)] * (draw.random() < 0.3)),
        ]
    if draw.random() < 0.6:
        yield [(draw.choice("-=*_.") * draw.randint(12, 22), 0.0, 0.0, False)]
    upper = draw.random() < 0.5
    for _ in range(draw.randint(3, 14)):
        name = _phrase(draw, script, 3)
        cells: list[Placed] = [(name.upper() if upper else name.capitalize(), 0.12, 0.0, False)]
        if draw.random() < 0.7:
            cells.insert(0, (draw.choice((str(draw.randint(1, 9)), f"{draw.randint(1, 9)}x", "x")), 0.0, 0.0, False))
        cells.append((_amount(draw), 1.0, 1.0, False))
        yield cells
    for _ in range(draw.randint(3, 7)):
        label = _phrase(draw, script, 2)
        bold = draw.random() < 0.2
        yield [
            (label.upper() if draw.random() < 0.5 else label.title(), 0.0, 0.0, bold),
            (_amount(draw), 1.0, 1.0, bold),
        ]
    for _ in range(draw.randint(1, 3)):
        yield [(_phrase(draw, script, 5).capitalize() + draw.choice("!.."), 0.5, 0.5, False)]


def _phrase(draw: random.Random, script: str, most: int) -> str:
    return " ".join(draw.choice(WORDS[script]) for _ in range(draw.randint(1, most)))


def _digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choices("0123456789", k=count))


def _amount(draw: random.Random) -> str:
    point, comma = draw.choice((".,", ",."))
    number = draw.choice((draw.randint(1, 99), draw.randint(1, 999), draw.randint(1000, 99999)))
    whole = f"{number:,}".replace(",", comma)
    sign = draw.choice(("", "", "", "$", "€", "RM ", "£", "Rp ", "¥", "kr ", "-"))
    after = draw.choice(("", "", "", "", " €", " A", " T", "%", "*"))
    return f"{sign}{whole}{point}{_digits(draw, 2)}{after}"


def _value(draw: random.Random) -> str:
    day, month, year = draw.randint(1, 28), draw.randint(1, 12), draw.randint(2009, 2026)
    letters = "".join(draw.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=3))
    return draw.choice(
        (
            f"{day:02d}/{month:02d}/{year}", f"{day:02d}.{month:02d}.{year % 100:02d}", f"{year}-{month:02d}-{day:02d}",
            f"{draw.randint(0, 23):02d}:{draw.randint(0, 59):02d}",
            f"+{_digits(draw, 2)} {_digits(draw, 3)}-{_digits(draw, 5)}", f"{letters}{_digits(draw, 6)}",
            f"#{_digits(draw, 4)}", f"({_digits(draw, 6)}-{letters[0]})",
            f"XXXX-XXXX-{_digits(draw, 4)}", f"************{_digits(draw, 4)}",
            f"{letters.lower()}@{letters.lower()}.com",
        )
    )  # fmt: skip
