"""Makes random flows as source text, each right by construction: the plugin has nothing to say against it.

In the text ``reveal_type(value)`` stands for both sides: mypy says there which type it sees, and when the text is run
the value that came is recorded for that line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import strategies as st

KEYS = ("a", "b", "c", "d", "e")
CONSTANTS = ("1", "'x'", "b''", "None", "[1]", "['x']", "(1, 'x')", "{'k': 1}", "json()", "tree()")
FORMS = ("{}", "str({})", "[{}]")
GENERIC = (
    "identity({})",
    "first([{}])",
    "either({}, 1)",
    "(first([{}]) or 'none')",
    "[identity({})]",
    "({} if chance() else 2.5)",
    "next(iter([{}]), None)",
    "{{'k': {}}}.pop('k', None)",
    "call(lambda: first([{}]))",
    "(lambda item: (item, identity(item)))({})",
)
AWAITED = ("await wait_for(load({}), 5)", "await asyncio.wait_for(load(first([{}])), None)", "[await load({})]")
INPUTS = {"int": "1", "str": "'x'", "list[int]": "[1]", "int | None": "1 if chance() else None"}
DEEPEST = 4

# Chance comes from a module that the test puts in place for each run.
PRELUDE = """\
import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import count
from typing import Any, Literal, NotRequired, TypedDict, TypeVar, Union

from choices import chance, fail_sometimes, keep, kept
from stepkit import CircuitBreaker, Flow, flow


T = TypeVar("T")
U = TypeVar("U")
Json = Union[dict[str, "Json"], list["Json"], str, int, None]


class Tree(TypedDict):
    value: int
    children: list["Tree"]


def json() -> Json:
    return [{"k": [1, None]}] if chance() else "x"


def tree() -> Tree:
    return {"value": 1, "children": [tree()] if chance() and chance() else []}


def identity(value: T) -> T:
    return value


def first(values: Iterable[T]) -> T | None:
    return next(iter(values), None) if chance() else None


def either(left: T, right: U) -> T | U:
    return left if chance() else right


def call(function: Callable[[], T]) -> T:
    return function()


async def load(value: T) -> T:
    return value


async def wait_for(awaitable: Awaitable[T], seconds: float) -> T:
    return await awaitable


def by_chance() -> bool:
    return chance()


numbers = count()


async def by_chance_async() -> bool:
    return chance()


def unknown() -> dict[str, Any]:
    return {f"unknown_{next(numbers)}": 1} if chance() else {}
"""
CHOICES = """\
def chance() -> bool:
    return True


def fail_sometimes() -> None:
    pass


def keep(checkpoint: str) -> None:
    pass


def kept() -> list[str]:
    return []
"""
T = TypeVar("T")


@dataclass
class Known:
    """The keys at some place: there for certain, or possibly; written; of a type that is sure."""

    certain: set[str] = field(default_factory=set)
    possible: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    """Those that a step before gives, or may give."""
    sure: set[str] = field(default_factory=set)
    """Inside a nested flow the parent's keys are there too: a key that the flow neither declares nor writes for
    certain may be the parent's, with a type of its own."""

    def write(self, given: Given, *, optional: bool, override: bool = True) -> None:
        self.possible |= given.ever
        self.written |= given.ever
        if optional:
            return
        self.certain |= given.always
        if override:
            self.sure |= given.always


@dataclass
class Given:
    """The keys that something gives: always, and ever."""

    always: set[str]
    ever: set[str]


def flows(*, containers: bool = False) -> st.SearchStrategy[str]:
    """The source of a flow, and of a function ``run_N`` that runs it; ``N`` stands for its number."""

    @st.composite
    def make(draw: st.DrawFn) -> str:
        return _Maker(draw, containers).program()

    return make()


class _Maker:
    """Writes one program; ``draw`` is hypothesis's."""

    def __init__(self, draw: st.DrawFn, containers: bool) -> None:
        self.draw = draw
        self.containers = containers
        self.classes: list[str] = []
        self.count = 0
        self.methods: list[list[str]] = []
        """Methods that the classes being written need, the innermost last."""

    def program(self) -> str:
        required = self.some(KEYS, at_most=2)
        optional = [key for key in self.some(KEYS, at_most=2) if key not in required]
        types = {key: self.one(list(INPUTS)) for key in (*required, *optional)}
        name, paths, known = self.flow(types, optional, depth=0)
        run = name
        if self.one([False, False, True]):
            run, paths = self.subclass(name, paths, known)

        lines = [*self.classes, "", "", f"def watch_N(e: {run}.Event) -> None:"]
        for path in paths:
            lines += [f'    if e.step_name == "{path}":', "        reveal_type(e.context)"]
        lines += ["    if chance():", "        keep(e.checkpoint)"]
        lines += ["", "", f"def stop_N(e: {run}.Event) -> None:", "    keep(e.checkpoint)"]
        lines += ["    if chance() and chance():", "        e.stop_pipeline()"]
        display = ", ".join(f'"{key}": {INPUTS[types[key]]}' for key in required)
        lines += ["", "", "def run_N() -> None:", f"    data: Input_{name} = {{{display}}}"]
        for key in optional:
            lines += ["    if chance():", f'        data["{key}"] = {INPUTS[types[key]]}']
        stop = self.one([False, True])
        callback = "stop_N" if stop else "watch_N"
        lines += [f"    reveal_type({run}().run_sync(data, on_step_complete={callback}))"]
        constant = [key for key in required if key in known.certain and key not in known.written]
        override = f'{{"{constant[0]}": {INPUTS[types[constant[0]]]}}}' if constant else "{}"
        lines += ["    for checkpoint in kept():"]
        lines += [f"        reveal_type({run}().run_checkpoint_sync(checkpoint, override_data={override}))"]
        return "\n".join(lines) + "\n"

    def subclass(self, base: str, paths: list[str], known: Known) -> tuple[str, list[str]]:
        """Write a subclass with one step more, and perhaps a method that stops its runs."""
        name = "Sub_N"
        lines = ["", "", f"class {name}({base}):"]
        lines += self.step("more", known, transform=False, nested=False)
        if self.one([False, False, True]):
            lines += ["", "    def on_step_complete(self, e):", "        if chance() and chance():"]
            lines += ["            e.stop_pipeline()"]
        self.classes += lines
        return name, [*paths, "more"]

    def flow(self, types: dict[str, str], optional: Sequence[str], depth: int) -> tuple[str, list[str], Known]:
        """Write a flow class: its name, the paths of its events, what is known at its end."""
        name = f"Flow_N_{self.count}"
        self.count += 1
        known = Known({*types} - {*optional}, {*types}, set(), {*types})
        fields = [f"    {key}: {f'NotRequired[{type}]' if key in optional else type}" for key, type in types.items()]
        lines = ["", "", f"class Input_{name}(TypedDict):", *(fields or ["    pass"])]
        lines += ["", "", f"class {name}(Flow[Input_{name}]):"]
        paths: list[str] = []
        self.methods.append([])
        for place in range(self.draw(st.integers(1, 5 if depth == 0 else 3))):
            kinds = ["step", "step", "step", "step", "transform"]
            if self.containers and depth < DEEPEST:
                kinds += (
                    ["subflow", "branch", "parallel"] if depth < 2 else [self.one(["subflow", "branch", "parallel"])]
                )
            kind = self.one(kinds)
            if place:
                lines.append("")
            if kind in ("step", "transform"):
                lines += self.step(f"s{place}", known, transform=kind == "transform", nested=depth > 0)
                paths.append(f"s{place}")
            else:
                text, inside = getattr(self, kind)(f"s{place}", known, depth)
                lines += text
                paths += [*inside, f"s{place}"]
        self.classes += [*lines, *self.methods.pop()]
        return name, paths, known

    # -- rows --------------------------------------------------------------------------------------------------------

    def step(self, name: str, known: Known, *, transform: bool, nested: bool) -> list[str]:
        merges = ["override", "override", "skip", "warn", "error"]
        merge = "override" if transform else self.one(merges)
        # What a nested flow would collide with is not known here: the parent's keys are there too.
        if merge == "error" and (nested or len(known.possible) == len(KEYS)):
            merge = "override"
        keys = [key for key in KEYS if merge != "error" or key not in known.possible]
        when, on_error = self.condition(known), self.one(["raise", "raise", "continue", "skip-remaining"])
        breaker = self.one(["", "", "", "", "raise", "skip"])
        options = self.options(when, on_error, merge)
        if breaker:
            options.append(f'circuit_breaker=CircuitBreaker(failure_threshold=1, cooldown=1e-6, on_open="{breaker}")')
        reads = self.some(sorted(known.sure & known.possible), at_most=3)
        fails = on_error != "raise" or bool(breaker)
        body, given = self.function(name, known, reads, keys, may_be_none=not transform, fails=fails)
        optional = bool(when) or on_error == "continue" or breaker == "skip"
        if transform:
            known.written |= given.ever
            known.certain = known.certain & given.always if optional else set(given.always)
            known.possible = known.possible | given.ever if optional else set(given.ever)
            known.sure = known.sure & known.possible if optional else set(given.ever)
        else:
            before = set(known.sure)
            known.write(given, optional=optional, override=merge != "skip")
            if not nested:
                known.sure |= given.ever
            elif merge == "skip":
                known.sure = before
        decorator = "transform" if transform else "step"
        options = [f'"{name}"', *options]
        return [f"    @flow.{decorator}({', '.join(options)})", *body]

    def subflow(self, name: str, known: Known, depth: int) -> tuple[list[str], list[str]]:
        when, on_error, merge = self.container_options(known)
        child, paths, given = self.child(known, depth)
        known.write(given, optional=bool(when) or on_error == "continue", override=merge != "skip" and depth == 0)
        if depth == 0:
            known.sure |= given.ever
        options = ", ".join([f'"{name}"', child, *self.options(when, on_error, merge)])
        return [f"    {name} = flow.subflow({options})"], [f"{name}/{path}" for path in paths]

    def branch(self, name: str, known: Known, depth: int) -> tuple[list[str], list[str]]:
        when, on_error, merge = self.container_options(known)
        reads = self.some(sorted(known.sure & known.possible), at_most=1)
        cases: list[str] = []
        paths: list[str] = []
        gives: list[Given] = []
        for case in ("left", "middle", "right")[: self.draw(st.integers(1, 3))]:
            child, inside, given = self.child(known, depth)
            cases.append(f'"{case}": {child}')
            paths += [f"{name}/{case}/{path}" for path in inside]
            gives.append(given)
        names = [case.split(":")[0] for case in cases]
        none = self.one([False, False, True])
        if none:
            gives.append(Given(set(), set()))
        given = Given(set.intersection(*(each.always for each in gives)), set().union(*(each.ever for each in gives)))
        known.write(given, optional=bool(when) or on_error == "continue", override=merge != "skip" and depth == 0)
        if depth == 0:
            known.sure |= given.ever
        options = [f'"{name}"', f"cases={{{', '.join(cases)}}}", *self.options(when, on_error, merge)]
        literal = f"Literal[{', '.join(names)}]"
        returns = self.one(["", "", f" -> {literal}", " -> str"])
        if returns and none:
            returns += " | None"
        lines = [f"    @flow.branch({', '.join(options)})"]
        lines += [f"    def {name}({', '.join(['self', *(f'{key}=None' for key in reads)])}){returns}:"]
        lines += [f"        reveal_type({key})" for key in reads]
        for case in names[1:]:
            lines += ["        if chance():", f"            return {case}"]
        if none:
            lines += ["        if chance():", "            return None"]
        return [*lines, f"        return {names[0]}"], paths

    def parallel(self, name: str, known: Known, depth: int) -> tuple[list[str], list[str]]:
        when, on_error, merge = self.container_options(known)
        mode = self.one(["all", "settled"])
        options = [f'"{name}"', *([f'mode="{mode}"'] if mode != "all" else []), *self.options(when, on_error, merge)]
        lines = [f"    {name} = flow.parallel({', '.join(options)})"]
        paths: list[str] = []
        before = Known(set(known.certain), set(known.possible), set(known.written), set(known.sure))
        for number in range(self.draw(st.integers(1, 3))):
            member = f"{name}_m{number}"
            member_when = self.condition(before)
            member_error = self.one(["raise", "raise", "continue"])
            some = self.options(member_when, member_error, "override")
            if self.one([False, False, True]):
                child, inside, given = self.child(before, depth, fewer=True)
                lines += [f"    {member} = {name}.subflow({', '.join([child, *some])})"]
                paths += [f"{name}/{member}/{path}" for path in inside]
            else:
                reads = self.some(sorted(before.sure & before.possible), at_most=2)
                body, given = self.function(
                    member, before, reads, list(KEYS), may_be_none=True, fails=member_error != "raise" or mode != "all"
                )
                lines += ["", f"    @{name}.step({', '.join(some)})", *body]
            paths.append(f"{name}/{member}")
            optional = bool(when or member_when) or "continue" in (on_error, member_error) or mode == "settled"
            known.write(given, optional=optional, override=merge != "skip" and depth == 0)
            if depth == 0:
                known.sure |= given.ever
        return lines, paths

    def child(self, known: Known, depth: int, *, fewer: bool = False) -> tuple[str, list[str], Given]:
        """A flow that fits the context, and what it gives."""
        required = self.some(sorted(known.certain), at_most=2)
        optional = [key for key in self.some(KEYS, at_most=2) if key not in required]
        types = dict.fromkeys((*required, *optional), "object")
        name, paths, inside = self.flow(types, optional, DEEPEST if fewer else depth + 1)
        return self.source(name), paths, Given(inside.certain & inside.written, inside.possible & inside.written)

    def source(self, flow: str) -> str:
        """A flow as class, as instance, or as a function of ``self`` that makes one."""
        method = ["", f"    def make_{flow}(self) -> {flow}:", f"        return {flow}()"]
        form = self.one(["class", "class", "instance", "lambda", "method", "function"])
        if form == "method":
            self.methods[-1] += method
            return f"lambda self: self.make_{flow}()"
        if form == "function":
            self.classes += ["", "", f"def make_{flow}(outer: object) -> {flow}:", f"    return {flow}()"]
            return f"make_{flow}"
        return {"class": flow, "instance": f"{flow}()", "lambda": f"lambda self: {flow}()"}[form]

    # -- parts of rows -----------------------------------------------------------------------------------------------

    def container_options(self, known: Known) -> tuple[str, str, str]:
        on_error = self.one(["raise", "raise", "continue", "skip-remaining"])
        return self.condition(known), on_error, self.one(["override", "override", "skip", "warn"])

    def options(self, when: str, on_error: str, merge: str) -> list[str]:
        options = [f"when={when}"] if when else []
        if on_error != "raise" or self.one([False, True]):
            options.append(f'on_error="{on_error}"')
        if merge != "override":
            options.append(f'merge="{merge}"')
        if self.one([False, False, False, True]):
            options.append("retries=1")
        return options

    def condition(self, known: Known) -> str:
        """What stands behind ``when=``, or nothing."""
        forms = ["", "", "", "lambda: chance()", "by_chance", "by_chance_async"]
        if known.certain & known.sure:
            forms.append(f"lambda {min(known.certain & known.sure)}: chance()")
        if known.possible & known.sure:
            forms.append(f"lambda {max(known.possible & known.sure)}=None: chance()")
        return self.one(forms)

    def function(
        self, name: str, known: Known, reads: list[str], keys: list[str], *, may_be_none: bool, fails: bool
    ) -> tuple[list[str], Given]:
        """A step's method, and what it gives."""
        parameters = [key if key in known.certain and self.one([True, False]) else f"{key}=None" for key in reads]
        parameters.sort(key=lambda each: "=" in each)
        prefix = "async " if self.one([False, False, False, True]) else ""
        forms = [*FORMS, *GENERIC, *(AWAITED if prefix else ())]
        returns = [self.mapping(keys, reads, forms) for _ in range(self.draw(st.integers(1, 3)))]
        given = [set(each) for each in returns]
        ends_in_none = may_be_none and self.one([False, False, False, True])
        if ends_in_none:
            given.append(set())
        lines = [f"    {prefix}def {name}({', '.join(['self', *parameters])}):"]
        lines += [f"        reveal_type({key})" for key in reads]
        if fails or self.draw(st.integers(0, 7)) == 0:
            lines.append("        fail_sometimes()")
        lines += self.body(returns, ends_in_none)
        return lines, Given(set.intersection(*given), set().union(*given))

    def body(self, returns: list[dict[str, str]], ends_in_none: bool) -> list[str]:
        """The returns of a step, one of which is taken by chance."""
        if len(returns) == 2 and not ends_in_none and self.one([True, False]):
            first, second = (_display(each) for each in returns)
            return [f"        return {first} if chance() else {second}"]
        forms = [self.one(["display", "call", f"value_{number}"]) for number in range(len(returns))]
        if self.draw(st.integers(0, 99)) == 0:
            forms[0] = "unknown"
        *some, last = [_written(each, form) for each, form in zip(returns, forms, strict=True)]
        lines: list[str] = []
        for each in some:
            lines += ["        if chance():", *(f"            {line}" for line in each)]
        if ends_in_none:
            lines += ["        if chance():", f"            return{self.one(['', ' None'])}"]
        return lines + [f"        {line}" for line in last]

    def mapping(self, keys: list[str], reads: list[str], forms: list[str]) -> dict[str, str]:
        """A mapping as keys and the text of values, which may use the parameters."""
        values = [*CONSTANTS, *(form.format(each) for each in (*reads, "1", "tree()") for form in forms)]
        return {key: self.one(values) for key in self.some(keys, at_most=3)}

    def one(self, choices: Sequence[T]) -> T:
        return self.draw(st.sampled_from(choices))

    def some(self, keys: Sequence[str], *, at_most: int) -> list[str]:
        return self.draw(st.lists(st.sampled_from(keys), unique=True, max_size=at_most)) if keys else []


def _written(mapping: dict[str, str], form: str) -> list[str]:
    """The return of a mapping: as a display, as a call of dict, with one value in a variable of that name, or open."""
    if form == "call":
        return ["return dict(" + ", ".join(f"{key}={value}" for key, value in mapping.items()) + ")"]
    if form == "unknown":
        return [f"return {{**unknown(), {_display(mapping)[1:]}"]
    if form != "display" and mapping:
        key, value = next(iter(mapping.items()))
        return [f"{form} = {value}", f"return {_display({**mapping, key: form})}"]
    return [f"return {_display(mapping)}"]


def _display(mapping: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{key}": {value}' for key, value in mapping.items()) + "}"
