"""What may be handed to a store; everything else is refused before the store is touched."""

from __future__ import annotations

import base64
import math
from collections.abc import Collection

from ..errors import InvalidIdError
from ..ids import checked_id
from .contract import RunRecord, Status

MAX_FLOW = 300
MAX_PAGE = 1_000
MAX_REASON = 10_000


def checked_status(status: Status, allowed: Collection[Status]) -> Status:
    if status not in allowed:
        raise ValueError(f"a status here is one of {', '.join(sorted(allowed))}")
    return status


def checked_number(number: int, what: str, least: int = 0) -> int:
    if type(number) is not int or not least <= number < 2**53:
        raise ValueError(f"{what} is a whole number, at least {least}")
    return number


def checked_bytes(data: bytes, what: str) -> bytes:
    if type(data) is not bytes:
        raise TypeError(f"{what} is bytes, not {type(data).__qualname__}")
    return data


def checked_text(text: str, what: str) -> str:
    if type(text) is not str or len(text) > MAX_REASON:
        raise InvalidIdError(f"{what} is a string of at most {MAX_REASON:,} characters")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidIdError(f"{what} has NUL or a surrogate, which it cannot have")
    return text


def microseconds(seconds: float | None, what: str) -> int | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not math.isfinite(seconds) or not 0 <= seconds < 1e9:
        raise ValueError(f"{what} is a number of seconds, at least 0")
    return round(seconds * 1_000_000)


def written_cursor(run: RunRecord) -> str:
    return base64.urlsafe_b64encode(f"{run.created_at} {run.id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[int, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, _, id = base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition(" ")
        if not (at.isascii() and at.isdigit() and len(at) <= 16):
            raise ValueError("no time")
        return int(at), checked_id(id, "the id in the cursor")
    except (ValueError, TypeError, AttributeError):
        raise InvalidIdError("the cursor is none that a page of runs gave") from None
