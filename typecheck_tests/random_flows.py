"""Makes random flows as source text, each right by construction: the plugin has nothing to say against it.

In the text ``reveal_type(value)`` stands for both sides: mypy says there which type it sees, and when the text is run
the value that came is recorded for that line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

KEYS = ("a", "b", "c", "d", "e")
CONSTANTS = ("1", "'x'", "b''", "None", "[1]", "['x']", "(1, 'x')", "{'k': 1}")
INPUTS = {"int": "1", "str": "'x'", "list[int]": "[1]", "int | None": "1 if chance() else None"}

# Chance comes from a module that the test puts in place for each run.
PRELUDE = """\
from typing import NotRequired, TypedDict

from choices import chance, fail_sometimes
from stepkit import Flow, flow


def by_chance() -> bool:
    return chance()


async def by_chance_async() -> bool:
    return chance()
"""
CHOICES = """\
def chance() -> bool:
    return True


def fail_sometimes() -> None:
    pass
"""


@dataclass
class Known:
    """The keys that are there at some place: for certain, and possibly."""

    certain: set[str] = field(default_factory=set)
    possible: set[str] = field(default_factory=set)


@st.composite
def flows(draw: st.DrawFn) -> str:
    """The source of a flow, and of a function ``run_N`` that runs it; ``N`` stands for its number."""
    known = Known()
    required = draw(_some(KEYS, at_most=2))
    optional = [key for key in draw(_some(KEYS, at_most=2)) if key not in required]
    types = {key: draw(st.sampled_from(list(INPUTS))) for key in (*required, *optional)}
    known.certain |= {*required}
    known.possible |= {*required, *optional}

    fields = [f"    {key}: {types[key]}" for key in required]
    fields += [f"    {key}: NotRequired[{types[key]}]" for key in optional]
    lines = ["", "", "class Input_N(TypedDict):", *(fields or ["    pass"]), "", "", "class Flow_N(Flow[Input_N]):"]
    steps = draw(st.integers(1, 6))
    for place in range(steps):
        lines += [*([""] if place else []), *draw(_steps(f"s{place}", known))]

    lines += ["", "", "def watch_N(e: Flow_N.Event) -> None:"]
    for place in range(steps):
        lines += [f'    if e.step_name == "s{place}":', "        reveal_type(e.context)"]
    display = ", ".join(f'"{key}": {INPUTS[types[key]]}' for key in required)
    lines += ["", "", "def run_N() -> None:", f"    data: Input_N = {{{display}}}"]
    for key in optional:
        lines += ["    if chance():", f'        data["{key}"] = {INPUTS[types[key]]}']
    lines += ["    reveal_type(Flow_N().run_sync(data, on_step_complete=watch_N))"]
    return "\n".join(lines) + "\n"


@st.composite
def _steps(draw: st.DrawFn, name: str, known: Known) -> list[str]:
    """The lines of one step; ``known`` is brought up to what is known after it."""
    transform = draw(st.sampled_from([False, False, False, False, True]))
    reads = draw(_some(sorted(known.possible), at_most=3))
    parameters = [key if key in known.certain and draw(st.booleans()) else f"{key}=None" for key in reads]
    parameters.sort(key=lambda each: "=" in each)

    when = draw(_conditions(known))
    on_error = draw(st.sampled_from(["raise", "raise", "continue", "skip-remaining"]))
    merge = "override" if transform else draw(st.sampled_from(["override", "override", "skip", "warn", "error"]))
    if merge == "error" and len(known.possible) == len(KEYS):
        merge = "override"
    keys = [key for key in KEYS if merge != "error" or key not in known.possible]

    returns = [draw(_mappings(keys, reads)) for _ in range(draw(st.integers(1, 3)))]
    given = [set(each) for each in returns]
    ends_in_none = not transform and draw(st.integers(0, 3)) == 0
    if ends_in_none:
        given.append(set())
    always, ever = set.intersection(*given), set.union(*given)
    optional = bool(when) or on_error == "continue"
    if transform:
        known.certain = known.certain & always if optional else always
        known.possible = known.possible | ever if optional else ever
    else:
        known.certain = known.certain if optional else known.certain | always
        known.possible = known.possible | ever

    options = [f'"{name}"']
    if when:
        options.append(f"when={when}")
    if on_error != "raise" or draw(st.booleans()):
        options.append(f'on_error="{on_error}"')
    if merge != "override":
        options.append(f'merge="{merge}"')
    if draw(st.integers(0, 4)) == 0:
        options.append("retries=1")
    decorator = "transform" if transform else "step"
    prefix = "async " if draw(st.integers(0, 3)) == 0 else ""
    lines = [f"    @flow.{decorator}({', '.join(options)})"]
    lines += [f"    {prefix}def {name}({', '.join(['self', *parameters])}):"]
    lines += [f"        reveal_type({key})" for key in reads]
    if on_error != "raise" or draw(st.integers(0, 7)) == 0:
        lines.append("        fail_sometimes()")
    return lines + draw(_bodies(returns, ends_in_none))


@st.composite
def _bodies(draw: st.DrawFn, returns: list[dict[str, str]], ends_in_none: bool) -> list[str]:
    """The returns of a step, one of which is taken by chance."""
    *some, last = [_written(each, draw(st.sampled_from(["display", "call", "variable"]))) for each in returns]
    lines: list[str] = []
    if len(some) == 1 and not ends_in_none and draw(st.booleans()):
        first, second = (_written(each, "display")[-1].removeprefix("return ") for each in returns)
        return [f"        return {first} if chance() else {second}"]
    for each in some:
        lines += ["        if chance():", *(f"            {line}" for line in each)]
    if ends_in_none:
        lines += ["        if chance():", f"            return{draw(st.sampled_from(['', ' None']))}"]
    return lines + [f"        {line}" for line in last]


def _written(mapping: dict[str, str], form: str) -> list[str]:
    if form == "call":
        return ["return dict(" + ", ".join(f"{key}={value}" for key, value in mapping.items()) + ")"]
    display = ", ".join(f'"{key}": {value}' for key, value in mapping.items())
    if form == "variable" and mapping:
        key, value = next(iter(mapping.items()))
        return [f"value = {value}", "return {" + display.replace(f'"{key}": {value}', f'"{key}": value', 1) + "}"]
    return [f"return {{{display}}}"]


@st.composite
def _mappings(draw: st.DrawFn, keys: list[str], reads: list[str]) -> dict[str, str]:
    """A mapping as keys and the text of values, which may use the parameters."""
    values = [*CONSTANTS, *(form.format(key) for key in reads for form in ("{}", "str({})", "[{}]"))]
    return {key: draw(st.sampled_from(values)) for key in draw(_some(keys, at_most=3))}


@st.composite
def _conditions(draw: st.DrawFn, known: Known) -> str:
    """What stands behind ``when=``, or nothing."""
    forms = ["", "", "", "lambda: chance()", "by_chance", "by_chance_async"]
    if known.certain:
        forms.append(f"lambda {min(known.certain)}: chance()")
    if known.possible:
        forms.append(f"lambda {max(known.possible)}=None: chance()")
    return draw(st.sampled_from(forms))


def _some(keys: list[str] | tuple[str, ...], *, at_most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(keys), unique=True, max_size=at_most) if keys else st.just([])
