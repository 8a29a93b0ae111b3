"""The programs that the type checkers read: the same flows with the types inferred, and with them written by hand.

``inferred``: nothing but the flow's input has a type. ``by hand``: parameters, returns (a TypedDict each) and the
context after every step (a TypedDict that extends the one before). ``lean``: by hand, but of the contexts only the
last: less than what the plugin knows, and the least that a careful author writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

HEAD = "from typing import Literal, NotRequired, TypedDict\n\nfrom stepkit import Flow, flow\n"
VARIANTS = ("inferred", "by hand", "lean")

Keys = dict[str, str]
"""Keys with the source of their types; ``NotRequired[...]`` where they may be missing."""


@dataclass(frozen=True)
class Program:
    """Files by name, and an edit: in which file which line becomes which."""

    files: dict[str, str]
    edit: tuple[str, tuple[tuple[str, str], ...]]


@dataclass
class Writer:
    """The source of one file, under one of the variants."""

    variant: str
    typed_dicts: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)

    @property
    def inferred(self) -> bool:
        return self.variant == "inferred"

    def typed_dict(self, name: str, keys: Keys, base: str = "TypedDict") -> str:
        lines = [f"    {key}: {type}" for key, type in keys.items()] or ["    pass"]
        self.typed_dicts.append("\n".join([f"class {name}({base}):", *lines]))
        return name

    def source(self) -> str:
        return "\n\n".join([HEAD, *self.typed_dicts, *self.classes, *self.functions]) + "\n"


class FlowWriter:
    """One flow class: its steps, and by hand the TypedDicts that go with them."""

    def __init__(self, writer: Writer, name: str, input: Keys) -> None:
        self.writer, self.name, self.keys = writer, name, dict(input)
        self.input = self.last = writer.typed_dict(f"{name}Input", input)
        self.lines: list[str] = []
        self.count = 0

    def _method(self, reads: Iterable[str], returns: str) -> str:
        if self.writer.inferred:
            return f"    def step_{self.count}(self, {', '.join(reads)}):"
        typed = [f"{key}: {self.keys[key]}" for key in reads]
        return f"    def step_{self.count}(self, {', '.join(typed)}) -> {returns}:"

    def _after(self, change: Keys) -> None:
        self.keys |= change
        if self.writer.variant == "by hand":
            self.last = self.writer.typed_dict(f"{self.name}After{self.count}", change, self.last)

    def step(self, reads: Sequence[str], gives: dict[str, tuple[str, str]], merge: str = "") -> None:
        """``gives``: by key, its type and the expression that gives it."""
        self.count += 1
        change = {key: type for key, (type, _) in gives.items()}
        returns = ""
        if not self.writer.inferred:
            returns = self.writer.typed_dict(f"{self.name}Gives{self.count}", change)
        shown = ", ".join(f'"{key}": {expression}' for key, (_, expression) in gives.items())
        self.lines += [f'    @flow.step("step-{self.count}"{merge})', self._method(reads, returns)]
        self.lines += [f"        return {{{shown}}}", ""]
        self._after(change)

    def subflow(self, flow: FlowWriter) -> None:
        self.count += 1
        self.lines += [f'    step_{self.count} = flow.subflow("step-{self.count}", {flow.name})', ""]
        self._after({key: type for key, type in flow.keys.items() if key not in self.keys})

    def branch(self, read: str, left: FlowWriter, right: FlowWriter) -> None:
        self.count += 1
        cases = f'cases={{"left": {left.name}, "right": {right.name}}}'
        self.lines += [f'    @flow.branch("step-{self.count}", {cases})']
        self.lines += [self._method([read], 'Literal["left", "right"]')]
        self.lines += [f'        return "left" if {read} > {self.count} else "right"', ""]
        change: Keys = {}
        for flow, other in ((left, right), (right, left)):
            for key, type in flow.keys.items():
                if key not in self.keys:
                    certain = key in other.keys or type.startswith("NotRequired")
                    change[key] = type if certain else f"NotRequired[{type}]"
        self._after(change)

    def group(self, read: str, gives: Sequence[str]) -> None:
        self.count += 1
        group = f"group_{self.count}"
        self.lines += [f'    {group} = flow.parallel("group-{self.count}")', ""]
        for key in gives:
            returns = self.writer.typed_dict(f"{self.name}{key}", {key: "int"}) if not self.writer.inferred else ""
            self.lines += [f"    @{group}.step", self._method([read], returns).replace("step_", f"{key}_")]
            self.lines += [f'        return {{"{key}": {read} + 1}}', ""]
        self._after(dict.fromkeys(gives, "int"))

    def end(self) -> FlowWriter:
        """The class is complete: write it, and a function that runs it and reads a key."""
        given = self.input
        if not self.writer.inferred:
            if self.writer.variant == "lean":
                self.last = self.writer.typed_dict(f"{self.name}Output", self.keys)
            given = f"{self.input}, {self.last}"
        self.writer.classes.append("\n".join([f"class {self.name}(Flow[{given}]):", *self.lines]))
        return self

    def use(self, key: str) -> None:
        start = ", ".join(f'"{name}": 1' for name in ("k0",))
        self.writer.functions.append(
            f'def use_{self.name.lower()}() -> int:\n    return {self.name}().run_sync({{{start}}})["{key}"]'
        )


def _steps(flow: FlowWriter, count: int) -> None:
    """Steps that each read the key before and give one of their own."""
    for number in range(count):
        flow.step([f"k{number}"], {f"k{number + 1}": ("int", f"k{number} + {number + 1}")})


def _edit(variant: str, name: str, step: int) -> tuple[tuple[str, str], ...]:
    """Step ``step`` gives one key more."""
    line = f'return {{"k{step}": k{step - 1} + {step}}}'
    more = line.replace("}", ', "more": True}')
    if variant == "inferred":
        return ((line, more),)
    given = f"class {name}Gives{step}(TypedDict):\n    k{step}: int"
    edits = [(line, more), (given, given + "\n    more: bool")]
    if variant == "by hand":
        head = f"class {name}After{step}("
        edits.append((head, f"class {name}More(TypedDict):\n    more: bool\n\n{head}{name}More, "))
    return tuple(edits)


def chain(variant: str, steps: int) -> Program:
    """One flow of ``steps`` steps, each with a key of its own."""
    writer = Writer(variant)
    flow = FlowWriter(writer, "Chain", {"k0": "int"})
    _steps(flow, steps)
    flow.end().use(f"k{steps}")
    return Program({"chain.py": writer.source()}, ("chain.py", _edit(variant, "Chain", max(1, steps // 2))))


def many(variant: str, flows: int, *, modules: int = 100, steps: int = 10) -> Program:
    """``flows`` flows of ten steps over a hundred modules."""
    files = {}
    for module in range(modules):
        writer = Writer(variant)
        for number in range(flows // modules):
            flow = FlowWriter(writer, f"Flow{number}", {"k0": "int"})
            _steps(flow, steps)
            flow.end().use(f"k{steps}")
        files[f"flows_{module}.py"] = writer.source()
    return Program(files, ("flows_50.py", _edit(variant, "Flow0", 5)))


def branches(variant: str, count: int) -> Program:
    """Branches in a row: each case is a flow of its own and gives a key of its own."""
    writer = Writer(variant)
    flow = FlowWriter(writer, "Chain", {"k0": "int"})
    _steps(flow, 1)
    for number in range(count):
        cases = []
        for side, type, value in (("left", "int", "k0"), ("right", "str", '"r"')):
            case = FlowWriter(writer, f"{side.title()}{number}", {"k0": "int"})
            case.step(["k0"], {f"{side}{number}": (type, value), f"both{number}": ("int", "k0 + 1")})
            cases.append(case.end())
        flow.branch("k0", *cases)
    flow.end().use(f"both{count - 1}")
    return Program({"chain.py": writer.source()}, ("chain.py", _edit(variant, "Chain", 1)))


def deep(variant: str, depth: int) -> Program:
    """At each level ten steps, a nested flow, a branch whose one case goes deeper, and a group."""
    writer = Writer(variant)
    below: FlowWriter | None = None
    for level in range(depth, -1, -1):
        flow = FlowWriter(writer, f"Level{level}", {"k0": "int"})
        _steps(flow, 5)
        if below is not None:
            other = FlowWriter(writer, f"Other{level}", {"k0": "int"})
            other.step(["k0"], {f"other{level}": ("int", "k0")})
            flow.subflow(below)
            flow.branch("k5", below, other.end())
        flow.group("k5", [f"g{level}", f"h{level}"])
        for number in range(5):
            flow.step([f"g{level}"], {f"l{level}n{number}": ("int", f"g{level} + 1")})
        below = flow.end()
    assert below is not None
    below.use("l0n4")
    return Program({"chain.py": writer.source()}, ("chain.py", _edit(variant, f"Level{depth}", 3)))
