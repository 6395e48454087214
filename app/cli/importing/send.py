"""Sends todos to the public API, one after the other."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from app.cli.importing.rows import Row

_PATH = "/api/v1/todos"
_REFUSALS = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True, slots=True)
class Taken:
    """The service has stored it."""

    line: int
    id: int
    title: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It is not stored, and will not be as it is."""

    line: int
    reason: str


class StoppedError(Exception):
    """The service can't take this todo now, and so none of those after it either."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"stopped at line {line}: {reason}")


def send(client: httpx.Client, rows: Iterable[Row]) -> Iterator[Taken | Refused]:
    """Send each row in order and tell what became of it, or raise ``StoppedError``."""
    for row in rows:
        if row.todo is None:
            yield Refused(row.line, row.reason or "it can't be read")
        else:
            yield _read(row.line, _post(client, row.line, row.todo))


def _post(client: httpx.Client, line: int, todo: dict[str, object]) -> httpx.Response:
    try:
        # In ASCII: what a file may hold and UTF-8 can't is then the service's to refuse.
        return client.post(_PATH, content=json.dumps(todo), headers={"content-type": "application/json"})
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise StoppedError(line, f"can't reach {client.base_url}: {error}") from None
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise StoppedError(line, f"{client.base_url}: {error}") from None
    except httpx.HTTPError as error:
        # The request may have arrived: to send it once more could store it twice.
        reason = str(error) or type(error).__name__
        raise StoppedError(line, f"no answer, so it may have been taken: {reason}") from None


def _read(line: int, response: httpx.Response) -> Taken | Refused:
    if response.status_code in _REFUSALS:
        return Refused(line, _reason(response))
    if response.status_code == HTTPStatus.CREATED:
        match _json(response):
            case {"id": int(todo_id), "title": str(title)}:
                return Taken(line, todo_id, title)
    raise StoppedError(line, f"{response.url} answered {response.status_code} {_reason(response)}")


def _reason(response: httpx.Response) -> str:
    """What a problem (RFC 9457) says, on one line."""
    match _json(response):
        case {"errors": [_, *_] as flaws}:
            return "; ".join(_flaw(flaw) for flaw in flaws)
        case {"detail": str(detail)}:
            return " ".join(detail.split())
    return response.reason_phrase


def _flaw(flaw: object) -> str:
    match flaw:
        case {"pointer": str(pointer), "detail": str(detail)}:
            return ": ".join(part for part in (pointer.lstrip("/"), " ".join(detail.split())) if part)
    return str(flaw)


def _json(response: httpx.Response) -> object:
    try:
        value: object = response.json()
    except ValueError:
        return None
    return value
