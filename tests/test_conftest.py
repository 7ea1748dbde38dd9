"""The guards of the test suite hold."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

OUTSIDE = "192.0.2.1"  # reserved for documentation (RFC 5737): nobody is there


def _refused(no_network: list[str], attempt: Callable[[], object]) -> None:
    with pytest.raises(Exception, match="Tests may not leave this machine"):
        attempt()
    assert no_network, "the attempt was not noted"
    no_network.clear()


def test_a_connection_to_another_machine_is_refused(no_network: list[str]) -> None:
    _refused(no_network, lambda: socket.create_connection((OUTSIDE, 80), timeout=1))


def test_looking_up_a_name_is_refused(no_network: list[str]) -> None:
    _refused(no_network, lambda: socket.getaddrinfo("tailor.invalid", 443))


def test_a_connection_from_another_thread_or_an_event_loop_is_refused(no_network: list[str]) -> None:
    def attempt() -> None:
        asyncio.run(asyncio.wait_for(asyncio.open_connection(OUTSIDE, 443), timeout=2))

    with ThreadPoolExecutor(1) as pool:
        _refused(no_network, lambda: pool.submit(attempt).result())


def test_a_datagram_to_another_machine_is_refused(no_network: list[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        _refused(no_network, lambda: sender.sendto(b"?", (OUTSIDE, 53)))


def test_an_attempt_is_noted_even_where_the_code_swallows_the_refusal(no_network: list[str]) -> None:
    with contextlib.suppress(Exception):
        urllib.request.urlopen(f"http://{OUTSIDE}/", timeout=1)
    assert no_network
    no_network.clear()


def test_servers_on_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        waiting = threading.Thread(target=lambda: server.accept()[0].close())
        waiting.start()
        socket.create_connection(server.getsockname(), timeout=5).close()
        waiting.join(timeout=5)
    assert not waiting.is_alive()


def test_a_golden_file_is_compared_and_a_missing_one_named(
    pytestconfig: pytest.Config, golden: Callable[[str, str], None]
) -> None:
    if pytestconfig.getoption("--update-goldens"):
        pytest.skip("goldens are being rewritten")
    with pytest.raises(pytest.fail.Exception, match="no golden file"):
        golden("there-is-none.txt", "text")


def test_the_examples_are_where_the_fixture_says(examples: Path) -> None:
    assert (examples / "truth.jsonl").is_file()
