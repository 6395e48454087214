"""What can be seen of the database itself."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address

from sqlalchemy import column, func, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage import migrations

_SSL = table("pg_stat_ssl", column("pid"), column("version"))


@dataclass(frozen=True, slots=True)
class Seen:
    """The server, its clock, and how far it is migrated."""

    version: str
    clock: datetime
    migration: str | None
    tls: str | None
    """The version of TLS that this connection uses, such as ``TLSv1.3``."""
    address: IPv4Address | IPv6Address | None
    """The server's; None at the other end of a Unix socket."""


async def look(session: AsyncConnection) -> Seen:
    """Ask the server about itself."""
    # Everybody may see their own connection in pg_stat_ssl.
    tls = select(_SSL.c.version).where(_SSL.c.pid == func.pg_backend_pid()).scalar_subquery()
    asked = select(
        func.current_setting("server_version"), func.clock_timestamp(), tls, func.inet_server_addr()
    )
    version, clock, tls_version, address = (await session.execute(asked)).one()
    return Seen(version, clock, await migrations.current(session), tls_version, address)
