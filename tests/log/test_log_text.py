"""The text of a log: one line, escaped, short, of a known width; and the box that is drawn with it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from stepkit.log.summary import Timing, box, statistics
from stepkit.log.text import cut, display_width, escape, format_duration, show_error, show_keys


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain name", "plain name"),
        ("two\nlines\r\n", "two\\nlines\\r\\n"),
        ("tab\t", "tab\\t"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u2028b\u2029c\x85d\x0be", "a\\u2028b\\u2029c\\x85d\\x0be"),
        ("abc\u202etxt\u2066", "abc\\u202etxt\\u2066"),
        ("half\ud800", "half\\ud800"),
        ("hid\u200bden\ufeff", "hid\\u200bden\\ufeff"),
        ("pay\u200d", "pay\\u200d"),
        ("a\u200db", "a\\u200db"),
        ("می\u200cخواهم 👩\u200d🚀", "می\u200cخواهم 👩\u200d🚀"),
        ("全角\u3000空白 C:\\new", "全角\u3000空白 C:\\new"),
    ],
)
def test_control_characters_are_escaped(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_long_lists_of_keys_and_long_keys_are_cut() -> None:
    assert show_keys([str(number) for number in range(43)]) == ", ".join(map(str, range(40))) + ", and 3 more"
    assert show_keys(["k" * 101]) == "k" * 99 + "…"


def test_an_error_is_shown_with_its_type_on_one_line_of_bounded_length() -> None:
    class Unshowable(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert show_error(KeyError("zum")) == "KeyError: 'zum'"
    assert show_error(ValueError()) == "ValueError"
    assert show_error(Unshowable()) == "Unshowable: (its message cannot be shown: RuntimeError)"
    assert show_error(ValueError("x" * 5000)) == "ValueError: " + "x" * 987 + "…"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0ms"),
        (0.0004, "0ms"),
        (0.002, "2ms"),
        (0.9994, "999ms"),
        (0.9996, "1s"),
        (1.54, "1.5s"),
        (59.94, "59.9s"),
        (59.96, "1m"),
        (90, "1.5m"),
        (3596, "59.9m"),
        (3598, "1h"),
        (7560, "2.1h"),
        (36_000_000, "10000h"),
    ],
)
def test_durations_are_short(seconds: float, shown: str) -> None:
    assert format_duration(seconds) == shown


# The box. Widths are judged by wcwidth, which shares no code with ours.

NAMES = [
    "add-one",
    "日本語の手順",
    "한국어",
    "ｆｕｌｌ",
    "cafe\u0301",
    "ไทย ก็",
    "⏭️ ❤️ 1️⃣",
    "👩\u200d🚀 👍🏽 🇩🇪",
    "load-session/" * 12,
    "長い名前" * 30,
    "❤️\u200d🔥" * 60,
    "a\u0301" * 120,
    "\x1b[2K\n",
]
# Characters as people see them: what a joiner or a skin tone after a plain letter looks like is anyone's guess.
SEEN = ["日", "한", "ｆ", "e\u0301", "ก็", "⏭️", "❤️", "1️⃣", "👩\u200d🚀", "❤️\u200d🔥", "👍🏽", "🇩🇪", "\u202e", "\x1b"]
NAME = st.lists(st.one_of(st.characters(max_codepoint=0x2FF), st.sampled_from(SEEN)), max_size=90).map("".join)


def assert_aligned(lines: list[str]) -> None:
    widths = {wcswidth(line) for line in lines}
    assert len(widths) == 1
    assert 56 <= widths.pop() <= 80


@pytest.mark.parametrize("emoji", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_the_lines_of_the_box_take_the_same_number_of_cells(name: str, emoji: bool) -> None:
    timings = [Timing("short", "success", 0.002), Timing(name, "skipped", 0), Timing(name, "failed", 90)]
    assert_aligned(box(timings, emoji=emoji))


@given(names=st.lists(NAME, max_size=5), status=st.sampled_from(["success", "failed", "skipped"]), emoji=st.booleans())
def test_the_box_is_aligned_for_every_name(names: list[str], status: Any, emoji: bool) -> None:
    assert_aligned(box([Timing(name, status, 1.5) for name in names], emoji=emoji))


@given(NAME)
def test_display_width_is_that_of_wcwidth(text: str) -> None:
    shown = escape(text)
    assert display_width(shown) == wcswidth(shown)


@given(text=NAME, width=st.integers(1, 100))
def test_a_cut_text_fits_and_is_a_beginning_of_the_text(text: str, width: int) -> None:
    shown = escape(text)
    result = cut(shown, width)
    assert wcswidth(result) <= width
    assert result == shown or (result.endswith("…") and shown.startswith(result[:-1]))


def test_the_box_grows_to_80_columns_and_then_names_are_cut() -> None:
    assert box([Timing("n" * 60, "success", 0.002)], emoji=True)[1] == "│ ✅ " + "n" * 60 + " 2ms │"
    assert box([Timing("n" * 90, "success", 0.002)], emoji=True)[1] == "│ ✅ " + "n" * 68 + "… 2ms │"
    assert box([Timing("長" * 90, "success", 0.002)], emoji=True)[1] == "│ ✅ " + "長" * 34 + "… 2ms │"
    assert box([Timing("n" * 90, "success", 0.002)], emoji=False)[1] == "| " + "n" * 69 + "... 2ms |"


def test_statistics_are_of_the_steps_that_succeeded_and_hold_no_others() -> None:
    timings = [
        Timing("a", "success", 0.010),
        Timing("load/fetch", "success", 0.040),
        Timing("load", "success", 0.050),
        Timing("b", "failed", 9),
        Timing("c", "skipped", 0),
    ]
    assert statistics(timings) == ["   Average: 25ms", "   Slowest: load/fetch (40ms)", "   Fastest: a (10ms)"]
    assert statistics(timings[3:]) == []
