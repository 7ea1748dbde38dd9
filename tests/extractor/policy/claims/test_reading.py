import datetime as dt
import json
from decimal import Decimal

import openpyxl
import pytest

from extractor.errors import UsageError
from extractor.policy.claims.form import ClaimForm, load_form
from extractor.policy.claims.reading import ClaimTable, read_claims

HEADER = "claim_id,employee,date,merchant,amount,currency,category,attendees,receipt"
ROW = "7,Ann,2026-03-14,Cafe Rex,12.50,EUR,meals,2,a.jpg;b.jpg"


@pytest.fixture
def read(tmp_path):
    def call(text: str | bytes, form: ClaimForm | None = None, name: str = "claims.csv") -> ClaimTable:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_claims(path, form)

    return call


def told(table: ClaimTable) -> list[str]:
    return [problem.message for problem in table.problems]


def test_a_row_becomes_a_claim(read):
    table = read(f"{HEADER}\n{ROW}\n")
    (claim,) = table.claims
    assert (claim.claim_id, claim.employee, claim.date) == ("7", "Ann", dt.date(2026, 3, 14))
    assert (claim.merchant, claim.category, claim.attendees) == ("Cafe Rex", "meals", 2)
    assert claim.receipts == ("a.jpg", "b.jpg")
    assert str(claim.money) == "EUR 12.50"
    assert not table.problems
    assert not table.unused


def test_the_further_columns_are_read_too(read):
    table = read(
        "claim_id,amount,submitted,country,nights,trip,trip_start,trip_end,tax,description,cost centre\n"
        "7,100,2026-04-01,de,2,Fair,2026-03-10,2026-03-16,7.00,Room,K12\n"
    )
    (claim,) = table.claims
    assert (claim.submitted, claim.country, claim.nights) == (dt.date(2026, 4, 1), "DE", 2)
    assert (claim.trip, claim.trip_start, claim.trip_end) == ("Fair", dt.date(2026, 3, 10), dt.date(2026, 3, 16))
    assert (claim.tax, claim.description) == (Decimal("7.00"), "Room")
    assert table.unused == ("cost centre",)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_and_encoding_are_found_out(read, sign, encoding):
    text = f"{HEADER}\n{ROW.replace('Cafe', 'Café').replace(';b.jpg', '')}\n".replace(",", sign)
    (claim,) = read(text.encode(encoding)).claims
    assert (claim.merchant, claim.receipts) == ("Café Rex", ("a.jpg",))


def test_headers_are_known_however_they_are_written(read):
    assert read("Claim ID;AMOUNT\n1;2.00\n").claims[0].amount == 2


def test_a_mapping_names_the_columns(read):
    form = load_form("claim_id=Nr,amount=Betrag,date=Datum", date_format="%d.%m.%Y")
    (claim,) = read("Nr;Datum;Betrag\n1;14.03.2026;12,50\n", form).claims
    assert (claim.date, claim.amount) == (dt.date(2026, 3, 14), Decimal("12.50"))


def test_a_mapping_may_be_a_file(read, tmp_path):
    (tmp_path / "map.yaml").write_text("columns: {claim_id: Nr, amount: Betrag}\ncurrency: CHF\ndecimal: ','\n")
    (claim,) = read("Nr;Betrag\n1;1.234\n", load_form(str(tmp_path / "map.yaml"))).claims
    assert str(claim.money) == "CHF 1234.00"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("amount=Betrag,Datum", "'Datum' is no pair"),
        ("sum=Betrag", "there is no column 'sum'"),
        ("none.yaml", "can't be read"),
    ],
)
def test_a_mapping_that_is_none_says_why(columns, said):
    with pytest.raises(UsageError, match=said) as error:
        load_form(columns)
    assert error.value.code == "bad_columns"


def test_missing_columns_are_named_with_those_that_are_there(read):
    with pytest.raises(UsageError, match="no column 'amount'.*columns are claim_id, sum") as error:
        read("claim_id,sum\n1,2\n")
    assert error.value.code == "missing_columns"


def test_an_amount_with_two_readings_is_refused_by_row_and_column(read):
    with pytest.raises(UsageError, match=r"Row 3, column amount: '1.234' may be 1.234 or 1234\.") as error:
        read("claim_id;amount\n1;500\n2;1.234\n")
    assert error.value.code == "ambiguous_amount"
    assert "--decimal" in error.value.hint


@pytest.mark.parametrize(("other", "expected"), [("12,50", "1234"), ("12.50", "1.234")])
def test_the_files_other_amounts_settle_it(read, other, expected):
    table = read(f"claim_id;amount\n1;{other}\n2;1.234\n")
    assert table.claims[1].amount == Decimal(expected)


def test_a_file_that_proves_both_signs_settles_nothing(read):
    with pytest.raises(UsageError, match="may be"):
        read("claim_id;amount\n1;12,50\n2;12.50\n3;1.234\n")


def test_a_stated_sign_is_kept_to(read):
    table = read("claim_id;amount\n1;12.50\n2;1.234\n", ClaimForm(decimal=","))
    assert [claim.amount for claim in table.claims] == [None, 1234]
    assert told(table) == ["Row 2, column amount: '12.50' is no amount with the decimal sign ','."]


def test_an_amount_finer_than_its_currency_is_told_and_left_out(read):
    table = read("claim_id,amount,currency\n1,12.345,EUR\n2,12.345,OMR\n3,1200.00,JPY\n4,12.50,JPY\n")
    assert [claim.amount for claim in table.claims] == [None, Decimal("12.345"), Decimal("1200.00"), None]
    assert "more than the 2 decimals of EUR" in told(table)[0]


def test_a_bad_row_stays_a_claim_and_is_told_by_its_number(read):
    table = read("claim_id,amount,date,attendees\n1,2.00,2026-03-14,2\n\n2,x,2026-33-14,many\n3,,2026-03-15,\n")
    assert [claim.claim_id for claim in table.claims] == ["1", "2", "3"]
    assert table.claims[1].amount is table.claims[1].date is table.claims[1].attendees is None
    assert [problem.row for problem in table.problems] == [4, 4, 4, 5]
    assert told(table)[-1] == "Row 5 claims no amount. Ask for it."


def test_cells_that_slipped_are_not_read(read):
    table = read("claim_id,merchant,amount\n1,Rex, Inc.,12.00\n")
    assert table.claims[0].amount is None
    assert table.claims[0].merchant == ""
    assert "4 cells and the header 3" in told(table)[0]


def test_ids_that_are_missing_or_double_get_ids_of_their_own(read):
    table = read("claim_id,amount\n7,1.00\n,2.00\n7,3.00\n")
    assert [claim.claim_id for claim in table.claims] == ["7", "row 3", "7 (row 4)"]
    assert "has no claim id" in told(table)[0]
    assert "the claim id 7 of row 2" in told(table)[1]
    assert [problem.claim_id for problem in table.problems] == ["row 3", "7 (row 4)"]


def test_dates_of_another_form_are_refused_with_the_first(read):
    with pytest.raises(UsageError, match=r"Row 2, column date: '03/04/2026' is no date of the form") as error:
        read("claim_id,amount,date\n1,1.00,03/04/2026\n2,1.00,05/04/2026\n3,1.00,2026-01-01\n")
    assert error.value.code == "unknown_dates"


def test_a_currency_that_is_not_understood_is_not_replaced(read):
    table = read("claim_id,amount,currency\n1,1.00,\n2,1.00,Taler\n3,RM 5.00,\n", ClaimForm(currency="EUR"))
    assert [claim.currency for claim in table.claims] == ["EUR", "XXX", "MYR"]


def test_a_workbook_is_read_with_its_dates_and_numbers(read, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["claim_id", "amount", "date", "attendees"])
    sheet.append([7, 80.9, dt.datetime(2026, 3, 14), 3])
    sheet.append([None, None, None, None])
    sheet.append(["K8", "12,50", "2026-03-15", None])
    path = tmp_path / "claims.xlsx"
    book.save(path)
    first, second = read_claims(path).claims
    assert (first.claim_id, first.amount, first.date, first.attendees) == (
        "7", Decimal("80.9"), dt.date(2026, 3, 14), 3,
    )  # fmt: skip
    assert (second.claim_id, second.amount, second.date) == ("K8", Decimal("12.50"), dt.date(2026, 3, 15))
    with pytest.raises(UsageError, match="no sheet 'x'.*Its sheets are Sheet"):
        read_claims(path, ClaimForm(sheet="x"))


def test_json_amounts_are_taken_digit_by_digit(read):
    entries = [{"claim_id": 1, "amount": 80.10, "receipt": ["a.jpg", "b.jpg"], "attendees": ["Ann", "Bob"]}]
    for text, name in (
        (json.dumps(entries), "a.json"),
        (json.dumps({"claims": entries}), "b.json"),
        (json.dumps(entries[0]) + "\n", "c.jsonl"),
    ):
        (claim,) = read(text, name=name).claims
        assert (claim.amount, claim.receipts, claim.attendees) == (Decimal("80.1"), ("a.jpg", "b.jpg"), 2)
    (claim,) = read('[{"claim_id": "1", "amount": 0.1000000000000000055}]', name="d.json").claims
    assert claim.amount == Decimal("0.1000000000000000055")


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"\xd0\xcf\x11\xe0old", "a.xls", "old .xls kind"),
        (b"PK\x03\x04broken", "a.xlsx", "it is no workbook"),
        (b"[{]", "a.json", "its JSON is broken"),
        (b'{"claim_id": 1, "amount": NaN}', "a.jsonl", "line 1 is no JSON"),
    ],
)
def test_a_file_that_can_not_be_read_says_why(read, content, name, said):
    with pytest.raises(UsageError, match=said) as error:
        read(content, name=name)
    assert error.value.code == "claims_unreadable"


def test_a_file_without_claims_or_without_itself_is_refused(read, tmp_path):
    with pytest.raises(UsageError, match="holds no claim"):
        read(f"{HEADER}\n")
    with pytest.raises(UsageError, match="No such file"):
        read_claims(tmp_path / "none.csv")
