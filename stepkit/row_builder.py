"""Reads one declaration of a flow class into a row of its step table, and says what is wrong with it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, cast

from typing_extensions import is_typeddict

from .backoff import Backoff, seconds_of
from .errors.wording import quoted
from .fallback import read_fallback
from .flow import Declaration
from .signature import UnreadableSignature, is_async, read_parameters
from .table import (
    ERROR_POLICIES,
    MAX_LEVELS,
    MERGE_POLICIES,
    NOT_IN_GROUP,
    PARALLEL_MODES,
    TOO_DEEP,
    CircuitBreaker,
    Condition,
    FlowOptions,
    FlowSource,
    Parameters,
    StepRow,
)

NO_KEYWORDS = FlowOptions("")

# What the mypy plugin says too, where it sees it beforehand.
NO_MEMBERS = "the group has no members; decorate methods with @{attribute}.step"
NO_METHOD = "a step is a method, not {found}; put the decorator of stepkit outermost"
ASYNC_IN_THREAD = "thread=True is for sync steps; an async step runs on the event loop"
ONCE_WITH_RETRIES = "at_most_once=True and retries= contradict each other; leave one of them out"
NO_PAYLOAD = (
    "the payload of an approval is a TypedDict, a dataclass, a msgspec Struct, a pydantic model or an attrs class, "
    "not {found}"
)


def option_problems(attribute: str, options: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with these options of a step. The mypy plugin asks: it knows some beforehand."""
    problems: list[str] = []
    builder = builder_of(attribute, Declaration("step", options), problems)
    for option in options:
        getattr(builder, f"_{option}")()
    return problems


def name_problem(name: object) -> str | None:
    """Return what is wrong with a step's, alias's or case's name, or None."""
    if not isinstance(name, str):
        return f"a name is a string, not {name!r}"
    if "/" in name:
        return f'the name {name!r} has a "/", which separates the segments of a step\'s path'
    return text_problem(name)


def text_problem(name: str) -> str | None:
    """Return why a name cannot stand in a line of a log, or None."""
    if not name.strip():
        return f"the name {name!r} is empty"
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in name):
        return f"the name {name!r} has control characters"
    return None


def size_problem(limit: object) -> str | None:
    """Return what is wrong with a limit for the size of checkpoints, or None."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        return f"max_checkpoint_size is a number of bytes from 1, not {limit!r}"
    return None


def retries_problem(retries: object) -> str | None:
    """Return what is wrong with a number of retries, or None."""
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        return f"retries is a whole number from 0, not {retries!r}"
    return None


def timeout_problem(timeout: object) -> str | None:
    """Return what is wrong with a timeout, or None. Infinity is no limit."""
    if not seconds_of(timeout) and (timeout != math.inf or isinstance(timeout, bool)):
        return f"timeout is a number of seconds over 0, or a timedelta, not {timeout!r}"
    return None


def is_payload_type(value: object) -> bool:
    """Return whether a class can be the payload of an approval; no library is imported to find out."""
    return isinstance(value, type) and (
        is_typeddict(value)
        or any(
            hasattr(value, mark)
            for mark in ("__dataclass_fields__", "__struct_fields__", "__pydantic_fields__", "__attrs_attrs__")
        )
    )


class RowBuilder:
    """Reads one declaration into a row. Each kind of step is a subclass, or shares one."""

    has_class_options: ClassVar[bool] = False
    """Whether ``retries=``, ``timeout=`` and ``thread=`` of the class are for it; a container's are its steps'."""

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
        fields = self._naming()
        fields |= {
            **self._on_error(),
            "merge": self._choice("merge", MERGE_POLICIES),
            "retries": self._retries(),
            "retry_delay": self._retry_delay(),
            "should_retry": self._should_retry(),
            "timeout": self._timeout(),
            "circuit_breaker": self._circuit_breaker(),
            "thread": self._flag("thread", None),
        }
        fields |= self.own_fields(members)
        if fields["thread"] and fields.get("is_async"):
            self.problem(ASYNC_IN_THREAD)
        if fields["thread"] is None and self.has_class_options:
            fields["thread"] = self.usual.thread and not fields["is_async"]
        fields["thread"] = bool(fields["thread"])
        return StepRow(**fields)

    def _naming(self) -> dict[str, Any]:
        """Return the fields that every row has."""
        name = self.arguments["name"]
        if name is None:
            name = self.attribute
        if problem := name_problem(name):
            self.problem(problem)
        return {
            "name": name,
            "kind": self.declaration.kind,
            "attribute": self.attribute,
            "aliases": self._aliases(),
            "when": self._when(),
            "log": self._flag("log", None),
        }

    def own_fields(self, members: Iterable[tuple[str, Declaration]]) -> dict[str, Any]:
        """Return the fields that only this kind has."""
        raise NotImplementedError

    def _function(self) -> dict[str, Any]:
        function: object = getattr(self.declaration, "function", None)
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
            return self.usual.retries if self.has_class_options else 0
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
            return self.usual.timeout if self.has_class_options else None
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


class FunctionRow(RowBuilder):
    """``flow.step`` and ``flow.transform``."""

    has_class_options = True

    def own_fields(self, members: Iterable[tuple[str, Declaration]]) -> dict[str, Any]:
        return {**self._function(), "at_most_once": self._at_most_once()}

    def _at_most_once(self) -> bool:
        once = bool(self._flag("at_most_once", False))
        if once and self.arguments["retries"]:
            self.problem(ONCE_WITH_RETRIES)
        return once

    def _retries(self) -> int:
        once = self.arguments.get("at_most_once") is True and self.arguments["retries"] is None
        return 0 if once else super()._retries()


class BranchRow(RowBuilder):
    """``flow.branch``."""

    def own_fields(self, members: Iterable[tuple[str, Declaration]]) -> dict[str, Any]:
        return {**self._function(), "cases": self._cases()}


class SubflowRow(RowBuilder):
    """``flow.subflow``."""

    def own_fields(self, members: Iterable[tuple[str, Declaration]]) -> dict[str, Any]:
        return {"source": self._source(self.arguments["flow"], "a nested flow")}


class GroupRow(RowBuilder):
    """``flow.parallel``."""

    def own_fields(self, members: Iterable[tuple[str, Declaration]]) -> dict[str, Any]:
        mode = self._choice("mode", PARALLEL_MODES)
        rows = [
            builder_of(attribute, member, self.problems, self.usual, self.flow_class).row()
            for attribute, member in members
        ]
        if not rows:
            self.problem(NO_MEMBERS.format(attribute=self.attribute))
        for row in rows:
            for nested in row.flow_classes:
                if found := nested.__stepkit_table__.outside_groups:
                    self.problem(NOT_IN_GROUP.format(found=found, flow=nested.__qualname__))
        return {"mode": mode, "members": tuple(rows)}


class ApprovalRow(RowBuilder):
    """``flow.approval``."""

    def row(self, members: Iterable[tuple[str, Declaration]] = ()) -> StepRow:
        return StepRow(**self._naming(), **self.own_fields(members))

    def own_fields(self, members: Iterable[tuple[str, Declaration]]) -> dict[str, Any]:
        payload, expires = self.arguments["payload"], self.arguments["expires"]
        if not is_payload_type(payload):
            self.problem(NO_PAYLOAD.format(found=repr(payload)))
        if expires is not None and not seconds_of(expires):
            self.problem(f"expires is a number of seconds over 0, or a timedelta, not {expires!r}")
        return {"payload": payload, "expires": seconds_of(expires) or None}


_BUILDERS: dict[str, type[RowBuilder]] = {
    "step": FunctionRow,
    "transform": FunctionRow,
    "branch": BranchRow,
    "subflow": SubflowRow,
    "parallel": GroupRow,
    "approval": ApprovalRow,
}


def builder_of(
    attribute: str,
    declaration: Declaration,
    problems: list[str],
    usual: FlowOptions = NO_KEYWORDS,
    flow_class: type = object,
) -> RowBuilder:
    """Return what reads a declaration; it appends to ``problems`` what is wrong."""
    return _BUILDERS[declaration.kind](attribute, declaration, problems, usual, flow_class)
