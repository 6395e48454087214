"""Settings that a file holds, which is how container platforms hand over secrets.

Nothing that is said here repeats a file's content, or its name: whoever mixes up the two variables puts a
secret into either.
"""

import os
from pathlib import Path

from pydantic_settings import BaseSettings, EnvSettingsSource

PREFIX = "TASKOVERFLOW_"
_SUFFIX = "_FILE"
_MOST_BYTES = 64 * 1024
"""More than any setting has; a path such as /dev/zero would not end."""


class SettingFilesError(Exception):
    """What is wrong with files that hold settings, a line for each."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class EnvironmentAndFiles(EnvSettingsSource):
    """The environment, where ``NAME_FILE`` is the path of a file that holds the value of ``NAME``."""

    def __init__(self, settings_class: type[BaseSettings]) -> None:
        super().__init__(settings_class)
        found, flaws = dict(self.env_vars), []
        for field in settings_class.model_fields:
            name = variable(field)
            path = found.get(f"{name}{_SUFFIX}".lower())
            if path is None:
                continue
            if found.get(name.lower()) is not None:
                flaws.append(f"{name}{_SUFFIX}: {name} is set as well; give one of them")
                continue
            try:
                found[name.lower()] = _content(Path(path))
            except ValueError as error:
                flaws.append(f"{name}{_SUFFIX}: {error}")
        if flaws:
            raise SettingFilesError(flaws)
        self.env_vars = found


def variable(field: str) -> str:
    """The environment's name for a setting."""
    return f"{PREFIX}{field.upper()}"


def given_variable(field: str) -> str:
    """The variable that a setting comes from: ``NAME_FILE`` where that is set, else ``NAME``."""
    return f"{variable(field)}{_SUFFIX}" if is_from_file(field) else variable(field)


def is_from_file(field: str) -> bool:
    """Whether a file is named for a setting; names count in any case, as everywhere in the environment."""
    wanted = f"{variable(field)}{_SUFFIX}"
    return any(value and name.upper() == wanted for name, value in os.environ.items())


def without(environment: dict[str, str], *fields: str) -> dict[str, str]:
    """An environment in which nothing gives these settings, neither by value nor by file."""
    gone = {f"{variable(field)}{suffix}" for field in fields for suffix in ("", _SUFFIX)}
    return {name: value for name, value in environment.items() if name.upper() not in gone}


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"the file can't be read: {error.strerror}") from None
    if len(content) > _MOST_BYTES:
        raise ValueError(f"the file has more than {_MOST_BYTES // 1024} KiB")
    try:
        # With the mark that some editors put in front of a text.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("the file is not UTF-8") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ValueError("the file is empty")
    return text
