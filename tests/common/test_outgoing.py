"""Where requests may go: the table of addresses, names and their tricks, the pinned way there."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.http.addresses import classify
from common.http.outgoing import (
    SERVERS,
    WEBHOOKS,
    HostUnknown,
    OutgoingRefused,
    PinnedTransport,
    Policy,
    Target,
    check_url,
    refusal,
    resolve,
)
from tests.common.certificates import server_context

HINTED = Policy(hint="Name it in ALLOWED_SERVERS.")


def answering(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    """A name server that gives these addresses for every name."""

    async def lookup(host: str, port: int) -> list[str]:
        return list(addresses)

    return lookup


@pytest.mark.parametrize(
    ("network", "address", "passes"),
    [
        ("10.1.0.0/16", "10.1.2.3", True),
        ("10.1.0.0/16", "10.2.0.1", False),
        ("10.1.2.3/16", "10.1.9.9", True),
        ("fd00:1::/32", "fd00:1::9", True),
        ("127.0.0.0/8", "127.0.0.1", True),
        ("169.254.0.0/16", "169.254.169.254", False),
        ("0.0.0.0/0", "0.0.0.0", False),  # noqa: S104
        ("10.1.0.0/99", "10.1.2.3", False),
    ],
)
def test_a_named_network(network: str, address: str, passes: bool) -> None:
    policy = Policy(hosts=frozenset({network}))
    why = refusal(ipaddress.ip_address(address), "gpu.lan", 11434, policy)
    assert (why == "") is passes


# --- Addresses as they are written --------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://127.0.0.1:11434", Target("http", "127.0.0.1", 11434)),
        ("http://localhost", Target("http", "localhost", 80)),
        ("https://API.Example.org/v1/", Target("https", "api.example.org", 443, "/v1")),
        ("http://localhost.:11434", Target("http", "localhost", 11434)),
        ("https://bücher.example", Target("https", "xn--bcher-kva.example", 443)),
        ("http://[::1]:11434", Target("http", "::1", 11434)),
        ("http://[::ffff:127.0.0.1]:80", Target("http", "127.0.0.1", 80)),
        ("HTTP://gpu.lan", Target("http", "gpu.lan", 80)),
    ],
)
def test_addresses_that_are_written_well(url: str, target: Target) -> None:
    assert check_url(url) == target


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "not a web address"),
        ("gpu.lan:11434", "http://"),
        ("gpu.lan", "http://"),
        ("ftp://gpu.lan", "http://"),
        ("file:///etc/passwd", "http://"),
        ("unix:/run/docker.sock", "http://"),
        ("javascript:alert(1)", "http://"),
        ("http://", "names no host"),
        ("http://:11434", "names no host"),
        ("http://.", "names no host"),
        ("http://alice:secret@gpu.lan", "user name"),
        ("http://@gpu.lan", "not a web address"),
        ("http://gpu.lan#top", "ends before"),
        ("http://gpu.lan?x=1", "ends before"),
        ("http://gpu.lan:0", "port"),
        ("http://gpu.lan:70000", "port"),
        ("http://gpu.lan:port", "not a web address"),
        ("http://gpu lan", "not a web address"),
        ("http://good.example\\@evil.example", "not a web address"),
        ("http://gpu.lan\r\nHost: evil", "not a web address"),
        ("http://[::1", "not a web address"),
        ("http://%67pu.lan", "not a web address"),
        ("http://[fe80::1%25eth0]", "not a web address"),
        ("http://010.0.0.1", "not a web address"),
        ("http://" + "a" * 3000, "not a web address"),
    ],
)
def test_addresses_that_are_not(url: str, words: str) -> None:
    with pytest.raises(OutgoingRefused, match=words) as caught:
        check_url(url)
    assert "secret" not in str(caught.value)


def test_a_query_only_where_it_is_asked_for() -> None:
    assert check_url("https://hooks.example/x?key=1", query=True).path == "/x"
    assert check_url("https://hooks.example/x?to=http://a%20b", query=True).host == "hooks.example"


def test_with_a_policy_a_number_is_judged_at_once() -> None:
    check_url("http://127.0.0.1:11434", SERVERS)
    check_url("http://gpu.lan:11434", WEBHOOKS)
    with pytest.raises(OutgoingRefused, match="this machine itself"):
        check_url("http://[::ffff:7f00:1]", WEBHOOKS)


# --- The table ----------------------------------------------------------------------------------

KINDS = {
    "public": ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"],
    "loopback": ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"],
    "link-local": ["169.254.1.1", "fe80::1", "febf::1", "::ffff:169.254.1.1"],
    "metadata": ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],  # noqa: S104
    "multicast": ["224.0.0.1", "239.1.1.1", "ff02::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "2001:db8::1", "::2"],
}
MORE = {
    "private": ["fc00::1", "fd12:3456::1", "::ffff:10.0.0.1", "100.127.255.255"],
    "public": ["172.32.0.1", "100.128.0.1", "11.0.0.1", "128.0.0.1", "::ffff:8.8.8.8"],
    "metadata": ["64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::ffff:169.254.169.254"],
    # Through a translator to this machine or its network: nobody means that.
    "reserved": ["64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "fec0::1"],
}


@pytest.mark.parametrize(
    ("text", "kind"),
    [(text, kind) for table in (KINDS, MORE) for kind, texts in table.items() for text in texts],
)
def test_every_address_has_its_kind(text: str, kind: str) -> None:
    assert classify(ipaddress.ip_address(text)) == kind


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    ("policy", "passing"),
    [
        (WEBHOOKS, {"public"}),
        (Policy(loopback=True), {"public", "loopback"}),
        (Policy(private=True), {"public", "private"}),
        (SERVERS, {"public", "loopback", "private"}),
    ],
)
def test_what_each_policy_lets_through(policy: Policy, passing: set[str], kind: str) -> None:
    for text in KINDS[kind]:
        why = refusal(ipaddress.ip_address(text), text, 80, policy)
        assert (not why) == (kind in passing), why


@given(st.ip_addresses())
def test_nothing_but_public_addresses_leaves_by_default(address: ipaddress.IPv4Address) -> None:
    if refusal(address, str(address), 80, WEBHOOKS):
        return
    inner = [address.is_loopback, address.is_link_local, address.is_private]
    assert not any([*inner, address.is_multicast, address.is_unspecified])


@given(st.ip_addresses(v=4))
def test_an_address_in_other_clothes_gains_nothing(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    dressed = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    ]
    for policy in (WEBHOOKS, SERVERS):
        if refusal(address, str(address), 80, policy):
            assert all(refusal(other, str(other), 80, policy) for other in dressed)


# --- What the operator names ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    ["gpu.lan", "GPU.lan", "gpu.lan.", " gpu.lan ", "gpu.lan:80", "10.0.0.5", "10.0.0.5:80"],
)
async def test_a_named_host_may_be_private(entry: str) -> None:
    policy = Policy(hosts=frozenset({entry}))
    assert await resolve("gpu.lan", 80, policy, lookup=answering("10.0.0.5"))


@pytest.mark.parametrize("entry", ["gpu.lan:11434", "other.lan", "lan", "*.lan", "", "10.0.0.5:1"])
async def test_another_name_or_port_is_not_named(entry: str) -> None:
    policy = Policy(hosts=frozenset({entry}))
    with pytest.raises(OutgoingRefused):
        await resolve("gpu.lan", 80, policy, lookup=answering("10.0.0.5"))


@pytest.mark.parametrize("entry", ["::1", "[::1]", "[::1]:11434", "0:0:0:0:0:0:0:1"])
async def test_named_addresses_of_the_newer_kind(entry: str) -> None:
    assert await resolve("::1", 11434, Policy(hosts=frozenset({entry})))


async def test_a_named_host_in_another_script() -> None:
    policy = Policy(hosts=frozenset({"bücher.lan:80"}))
    host = check_url("http://BÜCHER.lan").host
    assert await resolve(host, 80, policy, lookup=answering("10.0.0.5"))


@pytest.mark.parametrize("text", ["169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::"])  # noqa: S104
async def test_some_addresses_nobody_can_allow(text: str) -> None:
    policy = Policy(loopback=True, private=True, hosts=frozenset({"gpu.lan", text}))
    with pytest.raises(OutgoingRefused, match="No setting allows it"):
        await resolve("gpu.lan", 80, policy, lookup=answering(text))


# --- Names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0x7f000001", "017700000001", "127.1"])
async def test_this_machine_in_odd_numbers(host: str) -> None:
    target = check_url(f"http://{host}/")
    # Some systems read such numbers, others look for a host of that name: neither gets through.
    with pytest.raises((OutgoingRefused, HostUnknown)):
        await resolve(target.host, target.port, WEBHOOKS)


@pytest.mark.parametrize("host", ["localhost", "localhost.", "LOCALHOST"])
async def test_this_machine_by_name(host: str) -> None:
    target = check_url(f"http://{host}/")
    with pytest.raises(OutgoingRefused, match="localhost leads to"):
        await resolve(target.host, target.port, WEBHOOKS)
    assert await resolve(target.host, target.port, SERVERS)


async def test_of_several_addresses_those_that_pass_are_used() -> None:
    mixed = answering("10.0.0.5", "8.8.8.8", "fe80::1%eth0", "8.8.8.8", "1.1.1.1")
    found = await resolve("two.example", 80, WEBHOOKS, lookup=mixed)
    assert [str(address) for address in found] == ["8.8.8.8", "1.1.1.1"]


async def test_when_none_passes_the_sentence_says_what_why_and_how() -> None:
    with pytest.raises(OutgoingRefused) as caught:
        await resolve("gpu.lan", 80, HINTED, lookup=answering("10.0.0.5", "::1"))
    assert str(caught.value) == (
        "gpu.lan leads to 10.0.0.5, which is an address of a private network: "
        "connecting there is not allowed. Name it in ALLOWED_SERVERS."
    )


async def test_a_name_without_an_address() -> None:
    with pytest.raises(HostUnknown, match="nowhere is not known"):
        await resolve("nowhere", 80, SERVERS, lookup=answering())
    with pytest.raises(HostUnknown):
        await resolve("a" * 70 + ".example", 80, SERVERS)


async def test_a_name_server_that_does_not_answer() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(httpx.ConnectTimeout):
        await resolve("slow.example", 80, SERVERS, seconds=0.05, lookup=lookup)


# --- The way there ------------------------------------------------------------------------------


class Recorder(httpx.AsyncBaseTransport):
    """Stands where connections are made; ``broken`` addresses cannot be connected to."""

    def __init__(self, *broken: str) -> None:
        self.broken = broken
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.host in self.broken:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, text="here")


def client(*addresses: str, inner: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    transport = PinnedTransport(WEBHOOKS, inner=inner, lookup=answering(*addresses))
    return httpx.AsyncClient(transport=transport, trust_env=False)


async def test_the_checked_address_is_connected_to_under_the_name_of_the_host() -> None:
    recorder = Recorder()
    async with client("8.8.8.8", inner=recorder) as http:
        await http.post("https://Hooks.example.:8443/x?y=1", json={"a": 1})
    (request,) = recorder.requests
    assert str(request.url) == "https://8.8.8.8:8443/x?y=1"
    assert request.headers["host"] == "hooks.example.:8443"
    assert request.extensions["sni_hostname"] == "hooks.example"
    assert await request.aread() == b'{"a":1}'


async def test_the_next_address_is_tried_when_one_cannot_be_connected_to() -> None:
    recorder = Recorder("8.8.8.8")
    async with client("8.8.8.8", "10.0.0.1", "2606:4700::1111", inner=recorder) as http:
        assert (await http.get("http://hooks.example")).text == "here"
    assert [request.url.host for request in recorder.requests] == ["8.8.8.8", "2606:4700::1111"]


async def test_when_no_address_can_be_connected_to() -> None:
    recorder = Recorder("8.8.8.8", "1.1.1.1")
    async with client("8.8.8.8", "1.1.1.1", inner=recorder) as http:
        with pytest.raises(httpx.ConnectError, match="refused"):
            await http.get("http://hooks.example")


async def test_a_name_that_changes_its_mind_is_judged_anew_each_time() -> None:
    minds = [["8.8.8.8"], ["127.0.0.1"]]

    async def lookup(host: str, port: int) -> list[str]:
        return minds.pop(0)

    recorder = Recorder()
    transport = PinnedTransport(WEBHOOKS, inner=recorder, lookup=lookup)
    async with httpx.AsyncClient(transport=transport) as http:
        await http.get("http://rebind.example")
        with pytest.raises(OutgoingRefused, match="this machine"):
            await http.get("http://rebind.example")
    assert [request.url.host for request in recorder.requests] == ["8.8.8.8"]


async def test_a_real_connection_goes_to_the_pinned_address() -> None:
    hosts: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hosts.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    # 127.0.0.2 is this machine too, but nobody listens there.
    lookup = answering("127.0.0.2", "127.0.0.1")
    async with (
        server,
        httpx.AsyncClient(transport=PinnedTransport(SERVERS, lookup=lookup)) as http,
    ):
        answer = await http.get(f"http://models.example:{port}/x")
    assert answer.text == "here"
    assert f"Host: models.example:{port}".encode() in hosts[0]


async def test_https_checks_the_certificate_against_the_name_and_not_the_address(
    tmp_path: Path,
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")
        await writer.drain()
        writer.close()

    context, certificate = server_context(tmp_path, "models.example")
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    trusting = ssl.create_default_context(cafile=certificate)
    transport = PinnedTransport(SERVERS, tls=trusting, lookup=answering("127.0.0.1"))
    async with server, httpx.AsyncClient(transport=transport) as http:
        assert (await http.get(f"https://models.example:{port}/")).text == "here"
        with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
            await http.get(f"https://other.example:{port}/")
