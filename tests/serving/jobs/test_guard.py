"""A webhook's URL never leads the service to what only the service reaches."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Network, ip_address

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from serving.jobs.errors import JobRefused
from serving.jobs.guard import Target, address_for, allowed, parse
from serving.jobs.settings import WebhookSettings

STRICT = WebhookSettings()
OPEN = WebhookSettings(http=True, networks=(IPv4Network("10.1.0.0/16"),))


def resolves_to(*addresses: str):  # type: ignore[no-untyped-def]
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


def test_a_public_https_url_is_taken_apart() -> None:
    target = parse("https://Hooks.Example.com/a/b?c=d#e", STRICT)
    assert target == Target("https", "hooks.example.com", 443, "/a/b?c=d")
    assert target.authority == "hooks.example.com"
    assert target.at(ip_address("93.184.216.34")) == "https://93.184.216.34:443/a/b?c=d"
    other = parse("https://[2606:2800:220:1::1]:8443", STRICT)
    assert (other.authority, other.at(ip_address(other.host))) == (
        "[2606:2800:220:1::1]:8443",
        "https://[2606:2800:220:1::1]:8443/",
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "https://",
        "https:///path",
        "https://user:secret@hooks.example.com/",
        "https://user@hooks.example.com/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com:x/",
        "https://hooks.example.com/\r\nX-Injected: 1",
        "https://hooks example.com/",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://höks.example.com/",
        "https://[::1",
        "https://hooks.example.com/" + "a" * 2000,
        "https://localhost/",
        "https://LOCALHOST./",
        "https://api.localhost/",
    ],
)
def test_a_url_that_is_malformed_or_not_https_is_refused_at_once(url: str) -> None:
    with pytest.raises(JobRefused) as refused:
        parse(url, STRICT)
    assert refused.value.code == "bad_webhook"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "0.0.0.0",
        "0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[fe80::1]",
        "[fc00::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[::127.0.0.1]",
        "[2001:db8::1]",
    ],
)
def test_addresses_that_are_not_public_are_refused_however_they_are_written(host: str) -> None:
    with pytest.raises(JobRefused):
        parse(f"https://{host}/", STRICT)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:10.0.0.1"]
)
def test_a_name_that_points_to_a_private_address_is_refused_even_beside_a_public_one(address: str) -> None:
    target = parse("https://hooks.example.com/", STRICT)
    for found in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
        with pytest.raises(JobRefused):
            asyncio.run(address_for(target, STRICT, resolves_to(*found)))


def test_a_name_that_points_nowhere_is_an_error_to_try_again() -> None:
    with pytest.raises(OSError, match="no address"):
        asyncio.run(address_for(parse("https://hooks.example.com/", STRICT), STRICT, resolves_to()))


def test_the_settings_may_open_http_and_a_private_network_and_no_more() -> None:
    target = parse("http://10.1.2.3/", OPEN)
    assert (target.port, target.authority) == (80, "10.1.2.3")
    assert str(asyncio.run(address_for(target, OPEN, resolves_to("10.1.2.3")))) == "10.1.2.3"
    for host in ("10.2.0.1", "127.0.0.1", "169.254.169.254"):
        with pytest.raises(JobRefused):
            parse(f"http://{host}/", OPEN)


def test_a_public_address_of_either_kind_is_allowed() -> None:
    assert allowed(ip_address("93.184.216.34"), STRICT)
    assert allowed(ip_address("2606:4700::1111"), STRICT)


@hypothesis_settings(deadline=None)
@given(st.ip_addresses())
def test_nothing_is_allowed_that_python_calls_private(address: object) -> None:
    found = ip_address(str(address))
    if found.is_private or found.is_loopback or found.is_link_local or found.is_multicast:
        assert not allowed(found, STRICT)


@hypothesis_settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_inside_an_ipv6_one(address: object) -> None:
    plain = ip_address(str(address))
    assert allowed(ip_address(f"::ffff:{plain}"), STRICT) == allowed(plain, STRICT)
    assert allowed(ip_address(int(ip_address("64:ff9b::")) + int(plain)), STRICT) == allowed(plain, STRICT)


@hypothesis_settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_url(text: str) -> None:
    for url in (text, f"https://{text}", f"https://a.example/{text}"):
        try:
            parse(url, STRICT)
        except JobRefused:
            continue
