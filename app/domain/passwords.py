"""Passwords that are given apart from the URL that they belong to."""

import re
from urllib.parse import parse_qs, quote

_AUTHORITY = re.compile(r"([^:/?#]+://)([^/?#]*)(.*)", re.DOTALL)


def has_password(url: str) -> bool:
    """Whether a URL holds one, before its host or as a parameter."""
    found = _AUTHORITY.fullmatch(url)
    if found is None:
        return False
    user_information = found[2].rpartition("@")[0]
    query = found[3].partition("?")[2].partition("#")[0]
    return bool(user_information.partition(":")[2]) or "password" in parse_qs(query)


def with_password(url: str, password: str) -> str:
    """Put a password of any characters into a URL that has none."""

    def complete(found: re.Match[str]) -> str:
        user_information, _, host = found[2].rpartition("@")
        user = user_information.partition(":")[0]
        return f"{found[1]}{user}:{quote(password, safe='')}@{host}{found[3]}"

    return _AUTHORITY.sub(complete, url, count=1)
