"""``taskoverflow openapi``: the schema, for those who generate clients."""

import json

import typer

from app.main import create_app
from app.settings import Settings


def openapi() -> None:
    """Print the OpenAPI schema as JSON; needs no server."""
    # The schema depends on no setting, and nothing connects before the application starts.
    nowhere = Settings.model_validate(
        {"database_url": "postgresql://localhost/none", "broker_url": "redis://localhost/0"}
    )
    typer.echo(json.dumps(create_app(nowhere).openapi(), indent=2, ensure_ascii=False))
