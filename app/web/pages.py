"""The page for people, and the schema as pages, with assets of our own: they work with no internet."""

import secrets
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOLDER = Path(__file__).parent / "static"

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
)
# FullCalendar and Redoc write style sheets of their own, which a policy allows by what nobody can guess.
_PAGE_POLICY = _POLICY + "font-src data:; style-src 'self' 'nonce-{nonce}'"
_SWAGGER_POLICY = _POLICY + "style-src 'self'"
# Redoc is told the secret only after it has written two of them: an empty one, and one of its scroll bars.
_REDOC_POLICY = _POLICY + (
    "worker-src blob:; style-src 'self' 'nonce-{nonce}' "
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
)
_HEADERS = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


class _Assets(StaticFiles):
    """Files that browsers keep, and ask about each time: their names say nothing of their version."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update({**_HEADERS, "cache-control": "no-cache"})
        return response


def mount(application: FastAPI) -> None:
    """Serve the page at ``/``, Swagger UI at ``/docs`` and Redoc at ``/redoc``."""
    _serve(application, "/", "index.html", _PAGE_POLICY)
    _serve(application, "/docs", "swagger.html", _SWAGGER_POLICY)
    _serve(application, "/redoc", "redoc.html", _REDOC_POLICY)
    application.mount("/static", _Assets(directory=_FOLDER), name="static")


def _serve(application: FastAPI, path: str, name: str, policy: str) -> None:
    html = (_FOLDER / name).read_text(encoding="utf-8")

    @application.get(path, include_in_schema=False)
    async def page() -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        headers = {
            **_HEADERS,
            "content-security-policy": policy.format(nonce=nonce),
            "cache-control": "no-store",
        }
        return HTMLResponse(html.replace("{nonce}", nonce), headers=headers)
