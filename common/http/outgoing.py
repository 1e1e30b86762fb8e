"""Outgoing requests: where we may connect to, by the table in ``addresses``. No Django.

A host is resolved, every address it has is judged, and the connection goes to an address that
passed: the name cannot be made to mean something else in between (DNS rebinding). Redirects are
never followed.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from common.http.addresses import (
    LOOPBACK,
    PRIVATE,
    PUBLIC,
    WORDS,
    Address,
    classify,
    literal,
)

__all__ = [
    "LOOPBACK",
    "PRIVATE",
    "PUBLIC",
    "SERVERS",
    "WEBHOOKS",
    "Address",
    "HostUnknown",
    "OutgoingRefused",
    "PinnedTransport",
    "Policy",
    "Target",
    "check_url",
    "classify",
    "refusal",
    "resolve",
]

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""Host and port to the texts of its addresses; ``OSError`` when there are none."""

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_URL = 2000
UNUSUAL = re.compile(r"[\s\\\x00-\x1f\x7f]|^[^/?#]*//([^/?#]*%|@)")


class OutgoingRefused(Exception):
    """The sentence says which address is refused, why, and what would allow it."""


class HostUnknown(httpx.ConnectError):
    """The name of the host leads to no address."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a purpose allows. ``hosts`` were named by the operator ("gpu.lan", "10.0.0.5:11434";
    without a port, any; "10.0.0.0/24", a network) and pass even when they are private.
    ``hint`` tells people what would allow a refused address."""

    loopback: bool = False
    private: bool = False
    hosts: frozenset[str] = frozenset()
    hint: str = ""

    def names(self, host: str, port: int) -> bool:
        """Whether the operator named this host (as ``Target`` writes it)."""
        return any(_entry(text) in ((host, None), (host, port)) for text in self.hosts)

    def covers(self, address: Address) -> bool:
        """Whether the operator named a network that holds this address."""
        networks = (_network(text) for text in self.hosts if "/" in text)
        return any(network is not None and address in network for network in networks)


WEBHOOKS = Policy()
SERVERS = Policy(loopback=True, private=True)


@dataclass(frozen=True, slots=True)
class Target:
    """What an address says: ``host`` in lower case, as ASCII, without brackets or trailing dot;
    ``path`` without a slash at its end."""

    scheme: str
    host: str
    port: int
    path: str = ""


def check_url(url: str, policy: Policy | None = None, *, query: bool = False) -> Target:
    """The parts of an address that is written well, else ``OutgoingRefused``. With a policy, an
    address given as a number is judged too; names are judged once they are resolved."""
    if not url or len(url) > LONGEST_URL or UNUSUAL.search(url):
        raise OutgoingRefused("This is not a web address. It looks like http://host:port.")
    try:
        # The same parser that connects later: two parsers that differ are a way around checks.
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise OutgoingRefused(f"This is not a web address: {error}") from error
    _check_parts(parsed, query=query)
    target = target_of(parsed)
    if policy and (address := literal(target.host)):
        _check_some([address], target.host, target.port, policy)
    return target


def _check_parts(url: httpx.URL, *, query: bool) -> None:
    if url.scheme not in DEFAULT_PORTS:
        raise OutgoingRefused("Addresses begin with http:// or https://.")
    if url.userinfo:
        raise OutgoingRefused("An address holds no user name or password.")
    if not url.raw_host.strip(b"."):
        raise OutgoingRefused("The address names no host. It looks like http://host:port.")
    if url.fragment or (url.query and not query):
        raise OutgoingRefused("The address ends before any “?” or “#”.")
    if url.port is not None and not 1 <= url.port <= 65535:
        raise OutgoingRefused("A port is a number from 1 to 65535.")


def target_of(url: httpx.URL) -> Target:
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    if address := literal(host):
        host = str(address)
    return Target(url.scheme, host, url.port or DEFAULT_PORTS[url.scheme], url.path.rstrip("/"))


def refusal(address: Address, host: str, port: int, policy: Policy) -> str:
    """Why this address of a host is refused, as a sentence; "" when it passes."""
    kind = classify(address)
    named = any(policy.names(each, port) for each in (host, str(address)))
    named = named or policy.covers(address)
    if kind == PUBLIC or (kind == LOOPBACK and (policy.loopback or named)):
        return ""
    if kind == PRIVATE and (policy.private or named):
        return ""
    shown = str(address) if host == str(address) else f"{host} leads to {address}, which"
    allows = policy.hint if kind in (LOOPBACK, PRIVATE) else "No setting allows it."
    return f"{shown} {WORDS[kind]}: connecting there is not allowed. {allows}".strip()


async def system_lookup(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def resolve(
    host: str,
    port: int,
    policy: Policy,
    *,
    seconds: float = 5.0,
    lookup: Lookup = system_lookup,
) -> list[Address]:
    """The addresses of a host that pass, in the resolver's order. When some are refused the rest
    is used; ``OutgoingRefused`` when none passes, ``HostUnknown`` when there is none at all."""
    if address := literal(host):
        return _check_some([address], host, port, policy)
    try:
        async with asyncio.timeout(seconds):
            texts = await lookup(host, port)
    except TimeoutError as error:
        raise httpx.ConnectTimeout(f"Looking up {host} took too long.") from error
    except (OSError, UnicodeError) as error:
        raise HostUnknown(f"{host} is not known.") from error
    # "fe80::1%eth0": the zone does not matter, link-local addresses never pass.
    addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in dict.fromkeys(texts)]
    if not addresses:
        raise HostUnknown(f"{host} is not known.")
    return _check_some(addresses, host, port, policy)


def _check_some(addresses: list[Address], host: str, port: int, policy: Policy) -> list[Address]:
    refusals = {address: refusal(address, host, port, policy) for address in addresses}
    passed = [address for address, why in refusals.items() if not why]
    if not passed:
        raise OutgoingRefused(next(iter(refusals.values())))
    return passed


@functools.lru_cache(maxsize=256)
def _entry(text: str) -> tuple[str, int | None]:
    """The host and perhaps the port that an entry of ``Policy.hosts`` names."""
    if address := literal(text.strip()):
        return str(address), None
    try:
        # A scheme that httpx knows would lose its default port.
        url = httpx.URL(f"host://{text.strip()}")
    except (httpx.InvalidURL, UnicodeError):
        return "", None
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    return str(literal(host) or host), url.port


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


@functools.cache
def ssl_context() -> ssl.SSLContext:
    """Reading the certificates takes tens of milliseconds: once is enough. ``SSL_CERT_FILE`` of
    the operator holds, for authorities of their own."""
    return httpx.create_ssl_context()


class PinnedTransport(httpx.AsyncBaseTransport):
    """Connects to a checked address of the host, while the server sees the host's name (``Host``
    and TLS). The connect timeout covers looking up and all addresses together."""

    def __init__(
        self,
        policy: Policy,
        *,
        tls: ssl.SSLContext | None = None,
        inner: httpx.AsyncBaseTransport | None = None,
        lookup: Lookup = system_lookup,
    ) -> None:
        self._policy = policy
        self._lookup = lookup
        # Connections are not kept: the pool knows them by address, and two names may share one.
        self._inner = inner or httpx.AsyncHTTPTransport(
            verify=tls or ssl_context(),
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        target = check_url(str(request.url), query=True)
        loop = asyncio.get_running_loop()
        seconds = request.extensions.get("timeout", {}).get("connect") or 10.0
        until = loop.time() + seconds
        left = await resolve(
            target.host, target.port, self._policy, seconds=seconds, lookup=self._lookup
        )
        while True:
            # Each gets its share of the time, so that a silent first address leaves some.
            share = max(until - loop.time(), 0.05) / len(left)
            try:
                return await self._send(request, target.host, left.pop(0), share)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if not left:
                    raise

    async def _send(
        self, request: httpx.Request, host: str, address: Address, seconds: float
    ) -> httpx.Response:
        timeout = request.extensions.get("timeout", {}) | {"connect": seconds}
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions | {"timeout": timeout, "sni_hostname": host},
        )
        return await self._inner.handle_async_request(pinned)

    async def aclose(self) -> None:
        await self._inner.aclose()
