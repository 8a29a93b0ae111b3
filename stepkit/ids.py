"""Which ids are allowed. One rule for every id that comes from outside, and for wherever one is kept."""

from __future__ import annotations

import unicodedata

from .errors import InvalidIdError

MAX_LENGTH = 200
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


def checked_id(id: object, what: str) -> str:
    """The id itself. ``what`` names it in the message, which does not show it. Raises ``InvalidIdError``.

    An id is a string of 1 to 200 characters without "/" (an idempotency key is ``run/path``), without control
    characters, format characters and surrogates, and neither begins nor ends with whitespace.
    """
    if type(id) is not str:
        raise InvalidIdError(f"{what} is a string, not {type(id).__qualname__}")
    if not id:
        raise InvalidIdError(f"{what} is empty")
    if len(id) > MAX_LENGTH:
        raise InvalidIdError(f"{what} has {len(id):,} characters; at most {MAX_LENGTH} are allowed")
    for place, character in enumerate(id):
        if character == "/" or unicodedata.category(character) in _INVISIBLE:
            kind = 'a "/"' if character == "/" else "a control character, a format character or a surrogate"
            raise InvalidIdError(f"{what} has {kind} at position {place}, which an id cannot have")
    if id != id.strip():
        raise InvalidIdError(f"{what} begins or ends with whitespace, which an id cannot")
    return id
