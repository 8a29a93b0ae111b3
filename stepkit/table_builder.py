"""Reads a flow class into its step table, and judges everything that was declared in it, at once."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol, TypeVar, cast

from . import callback_methods
from .backoff import Backoff, seconds_of
from .errors import FlowDefinitionError, quoted
from .fallback import read_fallback
from .flow import Branch, BranchDecorator, Declaration, Step, StepDecorator
from .signature import UnreadableSignature, is_async, read_parameters
from .table import (
    ERROR_POLICIES,
    MAX_LEVELS,
    MERGE_POLICIES,
    PARALLEL_MODES,
    TOO_DEEP,
    CircuitBreaker,
    Condition,
    FlowOptions,
    FlowSource,
    Parameters,
    StepRow,
    StepTable,
)

NO_KEYWORDS = FlowOptions("")

# The kinds that the class's retries=, timeout= and thread= are for; what holds others has its inside for that.
PLAIN_KINDS = ("step", "transform")

# What a flow has of its own, and what durable runs will add: a step of that name would hide it.
RESERVED = frozenset(
    ["Event", "Input", "Output", "circuit_breaker", "describe", "mermaid"]
    + [*callback_methods.CALLBACKS]
    + ["resume", "run", "run_checkpoint", "run_checkpoint_sync", "run_sync", "start", "start_checkpoint"]
)

# What the mypy plugin says too, where it sees it beforehand.
HIDES_OWN_NAME = (
    "a {kind} cannot be called like one of Flow's own names; "
    "rename the method and give the step its name in the decorator"
)
WITHOUT_METHOD = "flow.{kind}() stands without a method; write it above one with @"
HIDDEN_BY_DECORATOR = (
    "a decorator stands above that of stepkit and hides the step; put the decorator of stepkit outermost"
)
HIDES_INHERITED = (
    "it hides an inherited step; decorate it to take the step's place, "
    "or write {attribute} = None to go without the step"
)
GROUP_IS_GONE = (
    "member of a parallel group that is no attribute of the flow; keep the group as one, or "
    "declare the member in the group that took its place"
)
NO_MEMBERS = "the group has no members; decorate methods with @{attribute}.step"
NO_METHOD = "a step is a method, not {found}; put the decorator of stepkit outermost"
ASYNC_IN_THREAD = "thread=True is for sync steps; an async step runs on the event loop"


def input_problem(name: str) -> str:
    """What is to be said of an input that is no mapping."""
    key = name.rpartition(".")[2].partition("[")[0]
    key = key.lower() if key.isidentifier() and not key.islower() else "value"
    return (
        f"Flow[{name}]: a flow's input is a mapping of keys. Write a TypedDict with its fields, or one that has it "
        f"under a key: class Input(TypedDict): {key}: {name}"
    )


def collect(cls: type, options: FlowOptions, problems: list[str]) -> StepTable:
    """The step table of a flow class.

    Steps of base classes come first; what a class declares under an inherited attribute takes the old
    one's place. Raises ``FlowDefinitionError`` with ``problems`` and everything else that is wrong.
    """
    declared = _declarations(cls, problems)
    members: dict[int, list[tuple[str, Declaration]]] = {}
    for attribute, declaration in declared.items():
        if declaration.group is not None:
            members.setdefault(id(declaration.group), []).append((attribute, declaration))

    rows: list[StepRow] = []
    groups: set[int] = set()
    for attribute, declaration in declared.items():
        if declaration.group is None:
            group_members = members.get(id(declaration), [])
            groups.add(id(declaration))
            rows.append(_Reader(attribute, declaration, problems, options, cls).row(group_members))
    for group, lost in members.items():
        if group not in groups:
            problems.append(f"{quoted(attribute for attribute, _ in lost)}: {GROUP_IS_GONE}")

    problems += [text for _, _, text in name_clashes(rows)]
    problems += callback_methods.problems_of(cls)
    progress = getattr(cls, "on_progress", None)
    if progress is not None and is_async(progress):
        problems.append("on_progress is a plain method: it is called inside of steps, which cannot wait for it")
    levels = max((_levels(row) for row in rows), default=0)
    if problems:
        raise FlowDefinitionError(cls.__qualname__, problems)
    return StepTable(flow=options.name, steps=tuple(rows), options=options, levels=levels)


def _levels(row: StepRow) -> int:
    """How deep flows are nested in a step."""
    sources = [row.source] if row.source is not None else list(row.cases.values())
    return max([source.levels for source in sources] + [_levels(member) for member in row.members], default=0)


def _declarations(cls: type, problems: list[str]) -> dict[str, Declaration]:
    """What the class and its bases declare, by attribute, in the order of the table."""
    declared: dict[str, Declaration] = {}
    for base in reversed(cls.__mro__):
        for attribute, value in vars(base).items():
            if isinstance(value, Declaration):
                if attribute in RESERVED and base is cls:
                    problems.append(f"{attribute}: {HIDES_OWN_NAME.format(kind=value.kind)}")
                declared[attribute] = value
            elif isinstance(value, StepDecorator | BranchDecorator):
                problems.append(f"{attribute}: {WITHOUT_METHOD.format(kind=value.kind)}")
            elif base is cls and _hides_a_step(value):
                problems.append(f"{attribute}: {HIDDEN_BY_DECORATOR}")
            elif attribute in declared:
                if value is None:
                    del declared[attribute]  # as with __hash__ = None: the subclass goes without
                elif base is cls:
                    problems.append(f"{attribute}: {HIDES_INHERITED.format(attribute=attribute)}")
    return declared


def _hides_a_step(value: object) -> bool:
    """Whether another decorator was put around a step; it would silently be none."""
    for _ in range(100):  # what wraps itself has an end too
        if isinstance(value, property):
            value = value.fget
        elif isinstance(value, cached_property):
            value = value.func
        else:
            value = getattr(value, "__dict__", {}).get("__wrapped__", getattr(value, "__func__", None))
        if value is None:
            return False
        if isinstance(value, Declaration):
            return True
    return False


class Named(Protocol):
    """A row, as far as names must be told apart."""

    @property
    def attribute(self) -> str: ...
    @property
    def names(self) -> Sequence[str]: ...
    @property
    def members(self) -> Sequence[Named]: ...


NamedT = TypeVar("NamedT", bound=Named)


def name_clashes(rows: Iterable[NamedT], where: str = "") -> Iterator[tuple[NamedT, int, str]]:
    """Names and aliases that are taken: the row, the place of the name in it, and what is to be said."""
    owners: dict[str, str] = {}
    for row in rows:
        for place, name in enumerate(row.names):
            if name in owners and isinstance(name, str):
                word = "alias" if place else "name"
                yield (
                    row,
                    place,
                    f'{where}{row.attribute}: the {word} "{name}" is taken by {owners[name]}; '
                    "names and aliases must be unique in a flow",
                )
            else:
                owners[name] = row.attribute
        if row.members:
            yield from name_clashes(cast("Sequence[NamedT]", row.members), f"{row.attribute}: ")


def option_problems(attribute: str, options: Mapping[str, Any]) -> list[str]:
    """What is wrong with these options of a step. The mypy plugin asks: it knows some beforehand."""
    problems: list[str] = []
    reader = _Reader(attribute, Declaration("step", options), problems)
    for option in options:
        getattr(reader, f"_{option}")()
    return problems


def name_problem(name: object) -> str | None:
    """What is wrong with a step's, alias's or case's name, or None."""
    if not isinstance(name, str):
        return f"a name is a string, not {name!r}"
    if "/" in name:
        return f'the name {name!r} has a "/", which separates the segments of a step\'s path'
    return text_problem(name)


def text_problem(name: str) -> str | None:
    """Why a name cannot be told in a line of a log, or None."""
    if not name.strip():
        return f"the name {name!r} is empty"
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in name):
        return f"the name {name!r} has control characters"
    return None


def size_problem(limit: object) -> str | None:
    """What is wrong with a limit for the size of checkpoints, or None."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        return f"max_checkpoint_size is a number of bytes from 1, not {limit!r}"
    return None


def retries_problem(retries: object) -> str | None:
    """What is wrong with a number of retries, or None."""
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        return f"retries is a whole number from 0, not {retries!r}"
    return None


def timeout_problem(timeout: object) -> str | None:
    """What is wrong with a timeout, or None. Infinity is no limit."""
    if not seconds_of(timeout) and (timeout != math.inf or isinstance(timeout, bool)):
        return f"timeout is a number of seconds over 0, or a timedelta, not {timeout!r}"
    return None


class _Reader:
    """Reads one declaration into a row, and notes what is wrong with it."""

    def __init__(
        self,
        attribute: str,
        declaration: Declaration,
        problems: list[str],
        usual: FlowOptions = NO_KEYWORDS,
        flow_class: type = object,
    ) -> None:
        self.usual = usual
        self.flow_class = flow_class
        self.attribute = attribute
        self.declaration = declaration
        self.arguments: dict[str, Any] = declaration.arguments
        self.problems = problems

    def problem(self, text: str) -> None:
        self.problems.append(f"{self.attribute}: {text}")

    def row(self, members: Iterable[tuple[str, Declaration]] = ()) -> StepRow:
        declaration, arguments = self.declaration, self.arguments
        name = arguments["name"]
        if name is None:
            name = self.attribute
        if problem := name_problem(name):
            self.problem(problem)
        fields: dict[str, Any] = {
            "name": name,
            "kind": declaration.kind,
            "attribute": self.attribute,
            "aliases": self._aliases(),
            "when": self._when(),
            **self._on_error(),
            "merge": self._choice("merge", MERGE_POLICIES),
            "retries": self._retries(),
            "retry_delay": self._retry_delay(),
            "should_retry": self._should_retry(),
            "timeout": self._timeout(),
            "circuit_breaker": self._circuit_breaker(),
            "thread": self._flag("thread", None),
            "log": self._flag("log", None),
        }
        if isinstance(declaration, (Step, Branch)):
            fields |= self._function(declaration.function)
            if fields["thread"] and fields["is_async"]:
                self.problem(ASYNC_IN_THREAD)
            if fields["thread"] is None and declaration.kind in PLAIN_KINDS:
                fields["thread"] = self.usual.thread and not fields["is_async"]
        fields["thread"] = bool(fields["thread"])
        if declaration.kind == "branch":
            fields["cases"] = self._cases()
        elif declaration.kind == "subflow":
            fields["source"] = self._source(arguments["flow"], "a nested flow")
        elif declaration.kind == "parallel":
            fields["mode"] = self._choice("mode", PARALLEL_MODES)
            fields["members"] = tuple(
                _Reader(each, member, self.problems, self.usual, self.flow_class).row() for each, member in members
            )
            if not fields["members"]:
                self.problem(NO_MEMBERS.format(attribute=self.attribute))
        return StepRow(**fields)

    def _function(self, function: object) -> dict[str, Any]:
        if not callable(function) or isinstance(function, (type, staticmethod, classmethod, Declaration)):
            self.problem(NO_METHOD.format(found=repr(function)))
            return {"is_async": False}
        try:
            parameters = read_parameters(function, method=True)
        except UnreadableSignature as error:
            self.problem(str(error))
            parameters = Parameters()
        return {"function": function, "parameters": parameters, "is_async": is_async(function)}

    def _aliases(self) -> tuple[str, ...]:
        aliases = self.arguments["aliases"] if "aliases" in self.arguments else ()
        if isinstance(aliases, str) or not isinstance(aliases, Iterable):
            self.problem(f"aliases is a tuple of former names, not {aliases!r}")
            return ()
        aliases = tuple(aliases)
        for alias in aliases:
            if problem := name_problem(alias):
                self.problem(f"aliases: {problem}")
        return tuple(alias for alias in aliases if isinstance(alias, str))

    def _when(self) -> bool | Condition:
        when = self.arguments["when"]
        if isinstance(when, bool):
            return when
        if not callable(when):
            self.problem(f"when is a bool or a function of the context, not {when!r}")
            return True
        try:
            parameters = read_parameters(cast(Callable[..., Any], when), method=False)
        except UnreadableSignature as error:
            self.problem(f"when: {error}")
            return True
        return Condition(when, parameters, is_async(when))

    def _choice(self, option: str, allowed: tuple[str, ...]) -> str:
        value = self.arguments.get(option, allowed[0])
        if not isinstance(value, str) or value not in allowed:
            self.problem(f"{option} is one of {quoted(allowed)}, not {value!r}")
            return allowed[0]
        return value

    def _on_error(self) -> dict[str, Any]:
        value = self.arguments["on_error"]
        if isinstance(value, str) and value in ERROR_POLICIES:
            return {"on_error": value}
        try:
            return {"on_error": "fallback", "fallback": read_fallback(value, self.flow_class)}
        except UnreadableSignature as error:
            self.problem(str(error))
            return {}

    def _flag(self, option: str, default: bool | None) -> bool | None:
        value = self.arguments.get(option, default)
        if value is not default and not isinstance(value, bool):
            self.problem(f"{option} is True or False, not {value!r}")
            return default
        return value

    def _retries(self) -> int:
        retries = self.arguments["retries"]
        if retries is None:
            return self.usual.retries if self.declaration.kind in PLAIN_KINDS else 0
        if problem := retries_problem(retries):
            self.problem(problem)
            return 0
        return cast(int, retries)

    def _retry_delay(self) -> Any:
        delay = self.arguments["retry_delay"]
        if isinstance(delay, Backoff):
            for problem in delay.problems():
                self.problem(f"retry_delay: {problem}")
        if callable(delay):
            return delay
        seconds = seconds_of(delay)
        if seconds is None:
            self.problem(
                "retry_delay is a number of seconds from 0, a timedelta, or a function of (attempt, error), "
                f"not {delay!r}"
            )
        return seconds or 0.0

    def _should_retry(self) -> Any:
        rule = self.arguments["should_retry"]
        classes = rule if isinstance(rule, tuple | list) else (rule,)
        if rule is None:
            return None
        if all(isinstance(each, type) and issubclass(each, BaseException) for each in classes):
            if wrong := [each.__name__ for each in classes if not issubclass(each, Exception)]:
                self.problem(f"should_retry names {quoted(wrong)}, which passes through every step untried")
            return tuple(classes)
        if callable(rule) and not isinstance(rule, type):
            return rule
        self.problem(f"should_retry is a function of the error or exception classes, not {rule!r}")
        return None

    def _timeout(self) -> float | None:
        timeout = self.arguments["timeout"]
        if timeout is None:
            return self.usual.timeout if self.declaration.kind in PLAIN_KINDS else None
        if problem := timeout_problem(timeout):
            self.problem(problem)
        return seconds_of(timeout) or None

    def _circuit_breaker(self) -> CircuitBreaker | None:
        breaker = self.arguments["circuit_breaker"]
        if breaker is None:
            return None
        if not isinstance(breaker, CircuitBreaker):
            self.problem(f"circuit_breaker is a CircuitBreaker(...), not {breaker!r}")
            return None
        threshold = breaker.failure_threshold
        if isinstance(threshold, bool) or not isinstance(threshold, int) or threshold < 1:
            self.problem(f"circuit_breaker: failure_threshold is a whole number from 1, not {threshold!r}")
        cooldown = seconds_of(breaker.cooldown)
        if not cooldown:
            self.problem(
                f"circuit_breaker: cooldown is a number of seconds over 0 or a timedelta, not {breaker.cooldown!r}"
            )
        if breaker.on_open not in ("raise", "skip"):
            self.problem(f'circuit_breaker: on_open is "raise" or "skip", not {breaker.on_open!r}')
        return replace(breaker, cooldown=cooldown or 0.0)

    def _cases(self) -> dict[str, FlowSource]:
        cases = self.arguments["cases"]
        if not isinstance(cases, Mapping) or not cases:
            self.problem(f"cases maps the names of cases to flows, not {cases!r}")
            return {}
        sources: dict[str, FlowSource] = {}
        for name, flow in cases.items():
            if problem := name_problem(name):
                self.problem(f"cases: {problem}")
            elif source := self._source(flow, f'the case "{name}"'):
                sources[name] = source
        return sources

    def _source(self, flow: object, what: str) -> FlowSource | None:
        source: FlowSource | None = None
        if isinstance(flow, type):
            if hasattr(flow, "__stepkit_table__"):
                source = FlowSource("class", flow, flow)
        elif hasattr(type(flow), "__stepkit_table__"):
            source = FlowSource("instance", flow, type(flow))
        elif callable(flow) and not isinstance(flow, Declaration):
            source = FlowSource("factory", flow, None)
        if source is None:
            self.problem(
                f"{what} is a flow class, an instance of one, or a function of self that makes one, not {flow!r}"
            )
        elif source.flow_class is not None and source.levels > MAX_LEVELS:
            self.problem(f"{what}, {source.flow_class.__qualname__}, is too deep: {TOO_DEEP}")
            return None
        return source
