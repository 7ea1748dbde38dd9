from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.normalize.times import find_times, parse_time


@given(moment=st.times(), style=st.sampled_from(["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p", "%Hh%M", "%H.%M Uhr"]))
def test_a_time_in_any_style_is_read_back(moment: time, style: str) -> None:
    assert parse_time(moment.strftime(style)) == moment.strftime("%H:%M")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8:15P", "20:15"),
        ("9:05a", "09:05"),
        ("12:05 AM", "00:05"),
        ("10:13:44 p.m.", "22:13"),
        ("下午3:20", "15:20"),
        ("20時13分", "20:13"),
        ("10 PM", "22:00"),
        ("1013PM", "22:13"),
        ("20 : 13", "20:13"),
        ("12:3O", "12:30"),
        ("25/12/201820:13", "20:13"),
        ("2018-03-12T10:20:00", "10:20"),
        ("2013", "20:13"),
        ("20.13", "20:13"),
    ],
)
def test_tricky_times(text: str, value: str) -> None:
    assert parse_time(text) == value


@pytest.mark.parametrize("text", ["25:10", "12:75", "12.50", "12/03/2018", "RM 20.13", "1:234"])
def test_what_is_no_time_is_left_out(text: str) -> None:
    assert find_times(text) == []


def test_a_time_says_where_it_stands() -> None:
    text = "12/03/2018 8:15 PM Table 4"
    (match,) = find_times(text)
    assert text[match.start : match.end] == "8:15 PM"
