"""Text for a terminal: one line, of a known width."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

ERROR_LIMIT = 1000
KEY_LIMIT = 100
KEYS_LIMIT = 40

_JOINER = "\u200d"
_NON_JOINER = "\u200c"
_EMOJI_STYLE = "\ufe0f"  # variation selector 16

# Drawn as text in one cell, as an emoji in two: the narrow ones of Unicode's emoji-variation-sequences.txt.
_WIDENED = frozenset(
    "#*0123456789©®‼⁉™ℹ↔↕↖↗↘↙↩↪⌨⏏⏭⏮⏯⏱⏲⏸⏹⏺Ⓜ▪▫▶◀◻◼☀☁☂☃☄☎☑☘☝☠☢☣☦☪☮☯☸☹☺♀♂♟♠♣♥♦♨♻♾"
    "⚒⚔⚕⚖⚗⚙⚛⚜⚠⚧⚰⚱⛈⛏⛑⛓⛩⛰⛱⛴⛷⛸⛹✂✈✉✌✍✏✒✔✖✝✡✳✴❄❇❣❤➡⤴⤵⬅⬆⬇🅰🅱🅾🅿🌡🌤🌥🌦🌧🌨🌩🌪🌫🌬🌶🍽🎖🎗🎙🎚🎛🎞🎟🏋🏌🏍"
    "🏎🏔🏕🏖🏗🏘🏙🏚🏛🏜🏝🏞🏟🏳🏵🏷🐿👁📽🕉🕊🕯🕰🕳🕴🕵🕶🕷🕸🕹🖇🖊🖋🖌🖍🖐🖥🖨🖱🖲🖼🗂🗃🗄🗑🗒🗓🗜🗝🗞🗡🗣🗨🗯🗳🗺🛋🛍🛎🛏🛠🛡🛢🛣🛤🛥🛩🛰🛳"
)


def escape(text: str) -> str:
    """Escape everything in the text that could start a line, move the cursor or hide: controls, line and
    paragraph separators, format and bidi characters, surrogates.

    The two joiners stay between characters that are not ASCII: emoji and several scripts need them.
    """
    if text.isprintable():
        return text
    shown: list[str] = []
    for place, char in enumerate(text):
        if char.isprintable() or unicodedata.category(char) in ("Zs", "Co"):
            shown.append(char)
        elif char in (_JOINER, _NON_JOINER) and 0 < place < len(text) - 1 and _joins(text[place - 1], text[place + 1]):
            shown.append(char)
        else:
            shown.append(char.encode("unicode_escape").decode("ascii"))
    return "".join(shown)


def _joins(before: str, after: str) -> bool:
    return all(not char.isascii() and char.isprintable() for char in (before, after))


def display_width(text: str) -> int:
    """Return how many cells of a terminal the text takes, which must be free of controls.

    After UAX #11: wide and fullwidth characters take two cells, combining marks none, an emoji with a variation
    selector 16 two, emoji joined to the one before none, everything else one, also what UAX #11 calls ambiguous.
    Terminals disagree about ligatures of Indic scripts; they are counted letter by letter.
    """
    return sum(_widths(text))


def _widths(text: str) -> list[int]:
    """Yield the cells that each character adds."""
    if text.isascii():
        return [1] * len(text)
    widths: list[int] = []
    before = ""  # the last character that is not a mark
    joined = False
    pairs = False  # whether the last half of a flag was the second
    for char in text:
        if char == _EMOJI_STYLE:
            width = 1 if before and before in _WIDENED else 0
        elif unicodedata.category(char) in ("Mn", "Me", "Cf") or "\u1160" <= char <= "\u11ff":
            width = 0
        elif _is_flag_half(char):
            pairs = not pairs and _is_flag_half(before)
            width = 0 if pairs else 2
        elif unicodedata.east_asian_width(char) in ("W", "F"):
            skin_tone = "\U0001f3fb" <= char <= "\U0001f3ff"
            width = 0 if before and _is_emoji(before) and (joined or skin_tone) else 2
        else:
            width = 1
        widths.append(width)
        joined = char == _JOINER or (joined and char == _EMOJI_STYLE)
        if char == _EMOJI_STYLE and width:
            before = "\u231a"  # drawn as an emoji from here on, like every other
        elif unicodedata.category(char) not in ("Mn", "Me", "Cf"):
            before = char
    return widths


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_emoji(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk") and unicodedata.east_asian_width(char) == "W"


def cut(text: str, width: int, ellipsis: str = "…") -> str:
    """Return the text if it fits into ``width`` cells, else as much of it as does, and an ellipsis."""
    if display_width(text) <= width:
        return text
    kept = 0
    room = width - len(ellipsis)
    widths = _widths(text)
    while kept < len(text) and widths[kept] <= room:
        room -= widths[kept]
        kept += 1
    # Not inside of a joined or widened character: its head alone would be drawn with another width.
    while 0 < kept < len(text) and (text[kept] in (_EMOJI_STYLE, _JOINER) or text[kept - 1] == _JOINER):
        kept -= 1
    return text[:kept] + ellipsis


def pad(text: str, width: int) -> str:
    """Fill the text with spaces to ``width`` cells."""
    return text + " " * (width - display_width(text))


def show_keys(keys: Collection[str]) -> str:
    """Show names of keys in a line: ``a, b``; long names and long lists are cut."""
    shown: list[str] = []
    for key in keys:
        if len(shown) == KEYS_LIMIT:
            shown.append(f"and {len(keys) - KEYS_LIMIT} more")
            break
        shown.append(escape(_limit(key, KEY_LIMIT)))
    return ", ".join(shown)


def show_progress(done: float, total: float | None, message: str) -> str:
    """Show progress in a line: ``30 of 120 (25%) pages``."""
    shown = f"{done:,g}" if total is None else f"{done:,g} of {total:,g}"
    if total and 0 <= done <= total:
        shown += f" ({done / total:.0%})"
    return f"{shown} {escape(_limit(message, KEY_LIMIT))}" if message else shown


def show_error(error: BaseException) -> str:
    """Show an error in a line: ``ValueError: boom``, whatever its own ``str`` does."""
    name = type(error).__name__
    try:
        message = str(error)
    except Exception as failure:
        message = f"(its message cannot be shown: {type(failure).__name__})"
    return escape(_limit(f"{name}: {message}" if message else name, ERROR_LIMIT))


def _limit(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def format_duration(seconds: float) -> str:
    """Write ``2ms``, ``1.5s``, ``3m`` or ``2.1h``: milliseconds without decimals, all else with at most one."""
    milliseconds = round(seconds * 1000)
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    for size, unit in ((1000, "s"), (60_000, "m")):
        amount = f"{milliseconds / size:.1f}"
        if amount != "60.0" and milliseconds < 60 * size:
            return amount.removesuffix(".0") + unit
    return f"{milliseconds / 3_600_000:.1f}".removesuffix(".0") + "h"
