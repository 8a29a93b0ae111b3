"""Which ids are allowed. One rule for every id that comes from outside, and for wherever one is kept."""

from __future__ import annotations

import unicodedata

from .errors import InvalidIdError

MAX_LENGTH = 200
MAX_NAME_LENGTH = 4_000
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


def checked_id(id: object, what: str) -> str:
    """The id itself. ``what`` names it in the message, which does not show it. Raises ``InvalidIdError``.

    An id is a string of 1 to 200 characters without "/" (an idempotency key is ``run/path``), without control
    characters, format characters and surrogates, and neither begins nor ends with whitespace.
    """
    text = _checked(id, what, MAX_LENGTH)
    if (place := text.find("/")) >= 0:
        raise InvalidIdError(f'{what} has a "/" at position {place}, which an id cannot have')
    if text != text.strip():
        raise InvalidIdError(f"{what} begins or ends with whitespace, which an id cannot")
    return text


def checked_name(name: object, what: str, length: int = MAX_NAME_LENGTH) -> str:
    """The same for names of flows, paths of steps and the like: "/" and spaces around them are allowed."""
    return _checked(name, what, length)


def _checked(text: object, what: str, length: int) -> str:
    if type(text) is not str:
        raise InvalidIdError(f"{what} is a string, not {type(text).__qualname__}")
    if not text:
        raise InvalidIdError(f"{what} is empty")
    if len(text) > length:
        raise InvalidIdError(f"{what} has {len(text):,} characters; at most {length} are allowed")
    if text.isascii() and text.isprintable():
        return text
    for place, character in enumerate(text):
        if unicodedata.category(character) in _INVISIBLE:
            raise InvalidIdError(
                f"{what} has a control character, a format character or a surrogate at position {place}, "
                "which it cannot have"
            )
    return text
