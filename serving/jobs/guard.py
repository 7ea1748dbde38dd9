"""Where a webhook may go. A URL comes from a stranger: it must not make the service call what only the service reaches.

The name is looked up once, every address it gives is judged, and the connection goes to the judged address; a name that
points elsewhere a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from serving.jobs.errors import JobRefused
from serving.jobs.settings import WebhookSettings

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Awaitable[list[str]]]

LONGEST_URL = 2000
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
"""RFC 8215: leads into a network of one's own, which older Pythons call global."""
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,252}[a-z0-9_.])?|[0-9a-f:.]+")


@dataclass(frozen=True)
class Target:
    """A URL taken apart. `host` is a name or an address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As the Host header says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"https": 443, "http": 80}[self.scheme] else f"{host}:{self.port}"

    def at(self, address: Address) -> str:
        """The URL with the address in place of the name."""
        host = f"[{address}]" if address.version == 6 else str(address)
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def parse(url: str, settings: WebhookSettings) -> Target:
    """Takes a URL apart, looking nothing up. Raises JobRefused (bad_webhook) where it may not be called."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _bad("is too long or holds characters that a URL doesn't")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad("can't be understood") from None
    scheme = parts.scheme.lower()
    if scheme != "https" and not (scheme == "http" and settings.http):
        raise _bad("must begin with https://" + (" or http://" if settings.http else ""))
    if parts.username is not None or parts.password is not None:
        raise _bad("must not hold a user or password")
    host = (parts.hostname or "").rstrip(".")
    if not _HOST.fullmatch(host):
        raise _bad("names no host")
    if port == 0:
        raise _bad("names no port that exists")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(scheme, host, port or (443 if scheme == "https" else 80), path)
    literal = _literal(host)
    if literal is not None and not allowed(literal, settings):
        raise _bad("points to a private address")
    if host == "localhost" or host.endswith(".localhost"):
        loopback: tuple[Address, ...] = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
        if not any(allowed(one, settings) for one in loopback):
            raise _bad("points to this machine")
    return target


async def address_for(target: Target, settings: WebhookSettings, resolve: Resolver | None = None) -> Address:
    """The address to call. Raises JobRefused where any that the name gives is not allowed, OSError where it gives none.

    One forbidden among them refuses all: an honest public name doesn't point into a private network too.
    """
    found = await (resolve or look_up)(target.host, target.port)
    addresses = [ipaddress.ip_address(one.split("%")[0]) for one in found]
    if not addresses:
        raise OSError(f"no address for {target.host}")
    if not all(allowed(one, settings) for one in addresses):
        raise _bad("points to a private address")
    return addresses[0]


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, by the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def allowed(address: Address, settings: WebhookSettings) -> bool:
    """Whether an address is public, or in a network that the settings name.

    Public means globally routable: not private, loopback, link-local (where clouds keep their metadata), shared,
    reserved or multicast. An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64, Teredo) is judged by itself.
    """
    inner = _inner(address)
    if inner is not None:
        return allowed(inner, settings)
    if any(address.version == network.version and address in network for network in settings.networks):
        return True
    if address.version == 6 and address in _LOCAL_NAT64:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inner(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or 1 < int(address) < 2**32:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _literal(host: str) -> Address | None:
    """The address that a host is, also written as old C libraries read it: 127.1, 0x7f000001, 2130706433."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    if re.fullmatch(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+)){0,3}", host):
        try:
            return IPv4Address(socket.inet_aton(host))
        except OSError:
            return IPv4Address("0.0.0.0")  # a number that is no address is nothing to call
    return None


def _bad(what: str) -> JobRefused:
    return JobRefused(
        f"The webhook's URL {what}.", code="bad_webhook", hint="Give the https address of a server on the internet."
    )
