"""What kind of address an IP address is: one table for all that connects anywhere. No Django."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# The first network an address lies in decides. What is in none of them is public.
METADATA, UNSPECIFIED, LOOPBACK, LINK_LOCAL = "metadata", "unspecified", "loopback", "link-local"
MULTICAST, PRIVATE, RESERVED, PUBLIC = "multicast", "private", "reserved", "public"
TABLE = [
    (kind, ipaddress.ip_network(network))
    for kind, networks in (
        # Cloud machines tell their credentials here: AWS, GCP, Azure, Alibaba, Oracle.
        (METADATA, "169.254.169.254/32 169.254.170.2/32 168.63.129.16/32 100.100.100.200/32"),
        (METADATA, "192.0.0.192/32 fd00:ec2::/32 fd20:ce::254/128"),
        (UNSPECIFIED, "0.0.0.0/8 ::/128"),
        (LOOPBACK, "127.0.0.0/8 ::1/128"),
        (LINK_LOCAL, "169.254.0.0/16 fe80::/10"),
        (MULTICAST, "224.0.0.0/4 ff00::/8"),
        (PRIVATE, "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7"),
        (RESERVED, "192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24"),
        (RESERVED, "203.0.113.0/24 240.0.0.0/4 2001::/23 2001:db8::/32 3fff::/20"),
        # Only 2000::/3 is given out; ::/8 also holds the old IPv4-compatible addresses.
        (RESERVED, "::/3 4000::/2 8000::/1"),
    )
    for network in networks.split()
]
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
WORDS = {
    METADATA: "is where cloud machines keep their credentials",
    UNSPECIFIED: "is no address of a server",
    LOOPBACK: "is this machine itself",
    LINK_LOCAL: "is a link-local address",
    MULTICAST: "is a multicast address",
    PRIVATE: "is an address of a private network",
    RESERVED: "is a reserved address",
}


def classify(address: Address) -> str:
    """What kind of address this is. One that carries another inside is judged by that one."""
    carried, direct = _carried(address)
    if carried is not None:
        kind = classify(carried)
        # Through a translator only public addresses make sense; the rest is a way around checks.
        return kind if direct or kind in (PUBLIC, METADATA) else RESERVED
    for kind, network in TABLE:
        if address.version == network.version and address in network:
            return kind
    return PUBLIC


def _carried(address: Address) -> tuple[ipaddress.IPv4Address | None, bool]:
    """The IPv4 address inside an IPv6 one, and whether connecting leads straight to it."""
    if isinstance(address, ipaddress.IPv4Address):
        return None, False
    if address.ipv4_mapped:
        return address.ipv4_mapped, True
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF), False
    return address.sixtofour, False


def literal(host: str) -> Address | None:
    """A host that is an address already; an IPv4 address in IPv6 clothes is undressed."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address
    return address
