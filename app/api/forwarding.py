"""What a proxy says of its client: who it is, and how it asked."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

_Address = IPv4Address | IPv6Address
_SCHEMES = {"http", "https"}
_PEERS = 1024
"""How many are remembered by whether they are proxies."""


class Forwarding:
    """Makes a request that came through a trusted proxy look as it did to the proxy.

    Of ``X-Forwarded-Proto``, ``-Host`` and ``-For`` the proxy's own entry is the last; those before it are
    whatever the client sent. From anybody else none of them counts. The scope is changed in place, for the
    server's own log to name the client.
    """

    def __init__(self, app: ASGIApp, *, trusted: tuple[IPv4Network | IPv6Network, ...]) -> None:
        self._app = app
        self._trusted = trusted
        # Most requests come from a few.
        self._is_proxy = lru_cache(_PEERS)(lambda client: self._trusts(_address(client)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("client") and self._is_proxy(scope["client"][0]):
            self._believe(scope)
        await self._app(scope, receive, send)

    def _believe(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if (scheme := _last(headers, "x-forwarded-proto").lower()) in _SCHEMES:
            scope["scheme"] = scheme
        if host := _last(headers, "x-forwarded-host"):
            MutableHeaders(scope=scope)["host"] = host
        if client := self._client(_entries(headers, "x-forwarded-for")):
            scope["client"] = (str(client), 0)

    def _client(self, hops: Iterable[str]) -> _Address | None:
        """The nearest that is no proxy of ours; what it says of who is behind it may be made up."""
        client = None
        for hop in reversed(list(hops)):
            found = _address(hop)
            if found is None:
                break
            client = found
            if not self._trusts(client):
                break
        return client

    def _trusts(self, address: _Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _entries(headers: Headers, name: str) -> list[str]:
    # A proxy may add a line of its own, and need not add to the client's.
    return [entry.strip() for line in headers.getlist(name) for entry in line.split(",")]


def _last(headers: Headers, name: str) -> str:
    return (_entries(headers, name) or [""])[-1]


def _address(text: str) -> _Address | None:
    """Read an address, with the port that some load balancers add; None is a Unix socket, or junk."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    # A socket that listens for both kinds shows IPv4 so.
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
