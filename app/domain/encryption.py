"""Whether what is said to Postgres can be read on its way."""

from ipaddress import IPv4Address, IPv6Address

from app.domain.findings import Finding, Level

_SUBJECT = "postgres encryption"
_VERIFIED = "sslmode=verify-full&sslrootcert=/path/to/ca.pem"


def encryption(tls: str | None, server: IPv4Address | IPv6Address | None, *, sslmode: str | None) -> Finding:
    """Judge a connection by its version of TLS and the server's address; None are none, and a Unix socket."""
    if tls is not None:
        if sslmode in {"verify-ca", "verify-full"}:
            return Finding(_SUBJECT, Level.OK, f"{tls}, and the server's certificate was verified")
        return Finding(
            _SUBJECT, Level.OK, f"{tls}; the server's certificate is not verified, which takes {_VERIFIED}"
        )
    if server is None or server.is_loopback:
        return Finding(_SUBJECT, Level.OK, "none, and none is needed: the server is on this machine")
    return Finding(
        _SUBJECT,
        Level.WARNING,
        f"the connection to {server} is not encrypted: who is between can read todos and passwords",
        f"have the server use TLS, and add ?{_VERIFIED} to TASKOVERFLOW_DATABASE_URL, or ?sslmode=require",
    )
