"""Text from strangers, made safe to show on a terminal."""


def printable(text: str) -> str:
    r"""Write out what a terminal would obey or a reader could not see, as Python does: ``\x1b``, ``\n``."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
