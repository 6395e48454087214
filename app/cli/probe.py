"""``python -m app.cli.probe URL``: whether a container's own server answers, for its health check.

It runs every few seconds, and so loads nothing but what it needs of the standard library. Variables are put
into the URL here (``$TASKOVERFLOW_PORT``), since a health check without a shell can't.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

_PATIENCE_SECONDS = 4
"""Less than the health check allows, so that it is this that says what was wrong."""


def probe(url: str) -> str | None:
    """What is wrong with an ``http://`` address, or None if it answers with a status below 400."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException) as error:
        return f"{url}: {error or type(error).__name__}"
    finally:
        connection.close()
    return None if answer.status < 400 else f"{url}: answered {answer.status}"  # noqa: PLR2004 - RFC 9110


if __name__ == "__main__":
    sys.exit(probe(os.path.expandvars(sys.argv[1])))
