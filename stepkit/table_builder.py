"""Reads a flow class into its step table, and judges everything that was declared in it, at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Protocol, TypeVar, cast

from . import callback_methods
from .errors import FlowDefinitionError
from .errors.wording import quoted
from .flow import BranchDecorator, Declaration, StepDecorator
from .row_builder import builder_of
from .signature import is_async
from .table import FlowOptions, StepRow, StepTable

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


def input_problem(name: str) -> str:
    """Return what to say of an input that is not a mapping."""
    key = name.rpartition(".")[2].partition("[")[0]
    key = key.lower() if key.isidentifier() and not key.islower() else "value"
    return (
        f"Flow[{name}]: a flow's input is a mapping of keys. Write a TypedDict with its fields, or one that has it "
        f"under a key: class Input(TypedDict): {key}: {name}"
    )


def collect(cls: type, options: FlowOptions, problems: list[str], reserved: Collection[str]) -> StepTable:
    """Return the step table of a flow class; ``reserved`` are the names that no step may have.

    Steps of base classes come first; what a class declares under an inherited attribute takes the old
    one's place. Raises ``FlowDefinitionError`` with ``problems`` and everything else that is wrong.
    """
    declared = _declarations(cls, problems, reserved)
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
            rows.append(builder_of(attribute, declaration, problems, options, cls).row(group_members))
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
    """Return how deep flows are nested in a step."""
    sources = [row.source] if row.source is not None else list(row.cases.values())
    return max([source.levels for source in sources] + [_levels(member) for member in row.members], default=0)


def _declarations(cls: type, problems: list[str], reserved: Collection[str]) -> dict[str, Declaration]:
    """Return what the class and its bases declare, by attribute, in the order of the table."""
    declared: dict[str, Declaration] = {}
    for base in reversed(cls.__mro__):
        for attribute, value in vars(base).items():
            if isinstance(value, Declaration):
                if attribute in reserved and base is cls:
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
    """Return whether another decorator was put around a step; it would silently not be one."""
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
    """Find names and aliases that are taken: the row, the place of the name in it, and what to say."""
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
