"""Requests as bytes, made once and sent many times."""

import json

_HEAD = "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n"


def request(method: str, path: str, body: object = None, **headers: str) -> bytes:
    """One request; underscores in the names of headers stand for hyphens."""
    content = b"" if body is None else json.dumps(body).encode()
    if body is not None:
        headers["Content-Type"] = "application/json"
    if method not in {"GET", "HEAD"}:
        headers["Content-Length"] = str(len(content))
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return _HEAD.format(method=method, path=path, headers=lines).encode() + content
