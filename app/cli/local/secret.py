"""Passwords of the embedded servers: other users of the machine can reach the loopback interface too."""

import secrets
from pathlib import Path


def kept_secret(file: Path) -> str:
    """The password in a file that its owner alone may read; made at the first call."""
    if not file.exists():
        draft = file.with_name(f"{file.name}.new")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(24), encoding="ascii")
        draft.rename(file)
    return file.read_text(encoding="ascii")
