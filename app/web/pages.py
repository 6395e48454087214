"""The schema as pages, with assets of our own: they work with no internet."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

_FOLDER = Path(__file__).parent / "static"

_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def mount(application: FastAPI) -> None:
    """Serve Swagger UI at ``/docs`` and Redoc at ``/redoc``."""

    @application.get("/docs", include_in_schema=False)
    async def swagger() -> FileResponse:
        return FileResponse(_FOLDER / "swagger.html", headers=_HEADERS)

    @application.get("/redoc", include_in_schema=False)
    async def redoc() -> FileResponse:
        return FileResponse(_FOLDER / "redoc.html", headers=_HEADERS)

    application.mount("/static", StaticFiles(directory=_FOLDER), name="static")
