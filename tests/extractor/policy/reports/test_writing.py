"""A whole report, as its files say it."""

import datetime as dt
import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise

import pytest
from openpyxl import load_workbook
from PIL import Image

from extractor.errors import OutputError
from extractor.policy.cases import Observation
from extractor.policy.dismissals import Dismissals, dismissal_of
from extractor.policy.reports import ReportSettings, write_report
from tests.extractor.policy.reports.made_up import Result, audit, case, finding

DAY = dt.date(2025, 11, 26)


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag: str):
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def written(tmp_path_factory, examples):
    results, cases = audit(examples)
    trade_fair = dismissal_of("C-5", results[4].findings[0], "a trade fair", "Ann", case=cases[4])
    memory = Dismissals([trade_fair])
    kept, gone = memory.filter(results, cases)
    return write_report(kept, cases, tmp_path_factory.mktemp("report") / "new", dismissed=gone, today=DAY)


@pytest.fixture(scope="module")
def page(written):
    return Page(written.html.read_text(encoding="utf-8"))


def test_the_page_needs_nothing_from_anywhere(written, page):
    text = written.html.read_text(encoding="utf-8")
    addresses = [each.get("src") or each.get("href") or "" for _, each in page.tags]
    assert all(not one or one.startswith(("#", "data:image/jpeg;base64,")) for one in addresses)
    assert re.findall(r"https?://[^\"' ]+", text.replace("http://www.w3.org/2000/svg", "")) == []
    assert not page.all("link")
    assert "default-src 'none'" in page.all("meta")[1]["content"]


def test_hostile_text_stays_text(page):
    assert len(page.all("script")) == 1
    assert "<script>alert(1)</script>" in page.text
    assert "\u202e" not in page.text
    assert "Muscat�gnp.exe" in page.text
    assert not any(name.startswith("on") for _, each in page.tags for name in each)


def test_sums_are_exact_in_the_minor_units_of_each_currency(page):
    assert "JPY 1,699" in page.text
    assert "JPY 1,699.0" not in page.text
    assert "OMR 12.345" in page.text
    assert "EUR 95.10" in page.text  # 24.60 + 20.50 + 50.00 claimed


def test_severity_is_said_in_words_and_tables_have_headings(page):
    for name in ("High", "Medium"):
        assert name in page.text
    assert all(each.get("scope") in ("col", "row") for each in page.all("th"))
    assert all(each["alt"] for each in page.all("img"))
    assert [tag for tag, _ in page.tags if tag == "h1"] == ["h1"]
    assert page.all("html") == [{"lang": "en"}]


def test_headings_skip_no_level_and_ids_are_unique(page):
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    ids = [each["id"] for _, each in page.tags if "id" in each]
    assert len(ids) == len(set(ids))
    assert {each["href"][1:] for each in page.all("a")} <= set(ids)


def test_what_was_dismissed_stands_folded_with_reason_and_name(page):
    assert "1 finding that somebody called a false alarm" in page.text
    assert "a trade fair" in page.text
    assert not any("open" in each for each in page.all("details"))


def test_the_assumed_minutes_are_stated(page):
    for kind in ReportSettings().kinds:
        assert f"{kind.name} {kind.minutes}" in page.text


def test_the_queue_for_machines_tells_exact_amounts_and_keys(written):
    queue = [json.loads(line) for line in written.queue.read_text(encoding="utf-8").splitlines()]
    assert [one["place"] for one in queue] == list(range(1, len(queue) + 1))
    assert queue[0]["claim_id"] == "C-1"
    assert queue[0]["at_stake"] == {"amount": "20.50", "currency": "EUR"}
    assert all(re.fullmatch("[0-9a-f]{32}", found["key"]) for one in queue for found in one["findings"])
    assert [Observation.model_validate(found).rule for found in queue[0]["findings"]] == [
        "over_claim",
        "duplicate_file",
    ]


def test_the_summary_for_machines(written):
    said = json.loads(written.summary.read_text(encoding="utf-8"))
    assert said["claimed"] == {"EUR": "95.10", "JPY": "1699", "OMR": "12.345"}
    assert said["dismissed"] == 1
    assert said["verdicts"] == {"approve": 2, "review": 2, "reject": 2}


def test_the_workbook_holds_numbers_in_the_currencys_format(written):
    book = load_workbook(written.xlsx)
    assert book.sheetnames == [
        "Summary", "Queue", "Findings", "By person", "By merchant", "By rule", "Claims", "Dismissed",
    ]  # fmt: skip
    cells = {row[0].value: row[5] for row in book["Claims"].iter_rows(min_row=2)}
    assert (cells["C-2"].value, cells["C-2"].number_format) == (1699, "[$JPY] #,##0")
    assert (cells["C-3"].value, cells["C-3"].number_format) == (12.345, "[$OMR] #,##0.000")
    assert (cells["C-1"].value, cells["C-1"].number_format) == (24.6, "[$EUR] #,##0.00")
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes
        assert sheet.auto_filter.ref == sheet.dimensions


def test_amounts_are_written_digit_by_digit(tmp_path, examples):
    import zipfile

    exact = "1234567890123.45"  # 15 digits: the most that Excel keeps
    longer = "12345678901234567.89"
    cases = [case("1", amount=exact), case("2", amount=longer)]
    files = write_report([Result("1", "review"), Result("2", "review")], cases, tmp_path, today=DAY)
    with zipfile.ZipFile(files.xlsx) as book:
        sheets = "".join(book.read(name).decode() for name in book.namelist() if "worksheets/" in name)
    assert f"<v>{exact}</v>" in sheets
    assert f"<t>EUR {longer}</t>" in sheets


def test_no_text_in_the_workbook_becomes_a_formula(written):
    book = load_workbook(written.xlsx)
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert "'=1+1" in [cell.value for cell in cells]
    assert not [cell.value for cell in cells if isinstance(cell.value, str) and re.match(r"[=+@\t\r]|-\D", cell.value)]


def test_grave_findings_have_their_picture_in_the_workbook(written):
    sheet = load_workbook(written.xlsx)["Findings"]
    severities = {row: sheet.cell(row, 2).value for row in range(2, sheet.max_row + 1)}
    rows = [picture.anchor._from.row + 1 for picture in sheet._images]
    assert rows
    assert {severities[row] for row in rows} == {"high"}


def test_the_same_audit_gives_the_same_page(written, tmp_path, examples):
    results, cases = audit(examples)
    one = write_report(results, cases, tmp_path / "1", today=DAY).html.read_bytes()
    assert write_report(results, cases, tmp_path / "2", today=DAY).html.read_bytes() == one


def test_an_audit_without_anything_still_gives_a_report(tmp_path):
    files = write_report([], [], tmp_path, today=DAY)
    assert "Nothing waits for review" in files.html.read_text(encoding="utf-8")
    assert files.queue.read_bytes() == b""
    assert load_workbook(files.xlsx)["Queue"].max_row == 1


def test_findings_of_approved_claims_stand_in_the_workbook(tmp_path):
    matched = finding("receipt_matched", None, severity="low")
    files = write_report([Result("1", "approve", None, (matched,))], [case("1")], tmp_path, today=DAY)
    assert files.queue.read_text() == ""
    assert "1 claim that was approved has findings without money at stake" in Page(files.html.read_text()).text
    assert load_workbook(files.xlsx)["Findings"]["C2"].value == "receipt_matched"


def test_the_page_stays_small_whatever_the_number_of_claims(tmp_path):
    numbers = range(1500)
    cases = [case(f"C-{n}", amount=f"{n + 1}.00", merchant=f"Shop {n}", employee=f"Person {n}") for n in numbers]
    results = [Result(f"C-{n}", "review", None, (finding(stake="1.00"),)) for n in numbers]
    files = write_report(results, cases, tmp_path, today=DAY)
    assert files.html.stat().st_size < 2_000_000
    text = Page(files.html.read_text(encoding="utf-8")).text
    assert "The first 500 of 1,500 claims" in text
    assert "150 of 1,500 claims" in text
    assert "The first 25 of 1500" in text
    assert len(files.queue.read_text().splitlines()) == 1500


def test_pictures_are_bounded_in_number_and_size(tmp_path, examples):
    import base64

    results, cases = audit(examples)
    settings = ReportSettings(crops=1, crop_kilobytes=6)
    page = Page(write_report(results, cases, tmp_path, settings, today=DAY).html.read_text(encoding="utf-8"))
    pictures = [base64.b64decode(each["src"].partition(",")[2]) for each in page.all("img")]
    assert len(pictures) == 1
    assert len(pictures[0]) <= 6000
    with Image.open(BytesIO(pictures[0])) as picture:
        assert (str(picture.width), str(picture.height)) == (page.all("img")[0]["width"], page.all("img")[0]["height"])


def test_a_folder_that_cant_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_report([], [], tmp_path / "file" / "report", today=DAY)


def test_minutes_are_the_settings_own():
    assert ReportSettings().kind("a rule of the future").minutes == Decimal(2)
