"""What a random flow does, told a second time: plain and slow, without events, checkpoints, tasks or threads.

It shares with the library only the names of the errors, and with the flows the bodies of their steps.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from random_nodes import FlowSpec, Node, World, choose, perform, wanted

from stepkit.errors import ContextCollisionError, MissingKeyError, UnknownCaseError

MISTAKES = (ContextCollisionError, MissingKeyError, UnknownCaseError)
"""Another attempt makes the same mistake; so there is none."""


class Ambiguous(Exception):
    """Two members of an ``all`` group fail: which is first is chance."""


class Level:
    """An open flow."""

    def __init__(self, nodes: tuple[Node, ...], context: dict[str, Any], prefix: str, copies: bool) -> None:
        self.nodes = nodes
        self.context = context
        self.prefix = prefix
        self.copies = copies
        self.place = 0
        self.ended_early = False  # a member that said that nothing else shall run
        self.written: set[str] = set()
        self.inside: Level | list[Level] | None = None  # of the node at this place, once it was entered

    def changed(self) -> dict[str, Any]:
        return {key: value for key, value in self.context.items() if key in self.written}


class Model:
    """One run of a flow on an input: ``result`` or ``error``, and what happened outside."""

    def __init__(self, spec: FlowSpec, input: Mapping[str, Any]) -> None:
        self.flow = f"Flow{spec.id}"
        self.world = World()
        self.loose: set[int] = set()
        """Nodes of which nobody can say how often they run: they were beside one that failed."""
        self.completed: list[str] = []
        self.result: dict[str, Any] | None = None
        self.error: Exception | None = None
        root = Level(spec.nodes, copy.deepcopy(dict(input)), "", False)
        try:
            self.run(root)
            self.result = root.context
        except Exception as error:
            if isinstance(error, Ambiguous):
                raise
            self.error = error

    def run(self, level: Level) -> bool:
        """Run what is left. False if a step said that nothing else shall run."""
        while level.place < len(level.nodes):
            node = level.nodes[level.place]
            path = level.prefix + node.name
            try:
                if level.inside is None and not self.is_wanted(level, node, path):
                    level.place += 1
                    continue
                outputs, to_the_end = self.attempts(level, node, path)
                self.merge(level, node, path, outputs)
            except Exception as error:
                if isinstance(error, Ambiguous):
                    raise
                if not isinstance(error, MISTAKES) and not hasattr(error, "__notes__"):
                    error.add_note(f'in flow {self.flow}, step "{path}"')
                if node.on_error == "raise":
                    raise
                level.inside = None
                if node.on_error == "skip-remaining":
                    return False
            else:
                level.inside = None
                if not to_the_end:
                    return False
                self.completed.append(path)
            level.place += 1
        return True

    def is_wanted(self, level: Level, node: Node, path: str) -> bool:
        when = node.when
        if isinstance(when, bool):
            return when
        if when.required and when.key not in level.context:
            raise MissingKeyError(self.flow, path, when.key, level.context)
        return wanted(node, when, self.world, {key: level.context[key] for key in [when.key] if key in level.context})

    def attempts(self, level: Level, node: Node, path: str) -> tuple[list[dict[str, Any]], bool]:
        for number in range(node.retries + 1):
            try:
                return self.attempt(level, node, path)
            except Exception as error:
                if number == node.retries or isinstance(error, Ambiguous) or is_mistake(error):
                    raise
        raise AssertionError

    def attempt(self, level: Level, node: Node, path: str) -> tuple[list[dict[str, Any]], bool]:
        if node.kind in ("step", "transform"):
            return [perform(node, self.world, self.read(level, node, path)) or {}], True
        if level.inside is None:
            level.inside = self.enter(level, node, path)
        inside = level.inside
        if inside is None:
            return [{}], True
        if isinstance(inside, list):
            return self.group(node, inside)
        to_the_end = self.run(inside)
        return [inside.changed()], to_the_end

    def enter(self, level: Level, node: Node, path: str) -> Level | list[Level] | None:
        if node.kind == "parallel":
            return [Level((member,), dict(level.context), path + "/", True) for member in node.members]
        place = 0
        if node.kind == "branch":
            case = choose(node, self.world, self.read(level, node, path))
            if case is None:
                return None
            cases = [f"case {place}" for place in range(len(node.flows))]
            if case not in cases:
                raise UnknownCaseError(self.flow, path, case, cases)
            place = cases.index(case)
            path += f"/{case}"
        return Level(node.flows[place].nodes, dict(level.context), path + "/", level.copies or node.guarded)

    def group(self, node: Node, members: list[Level]) -> tuple[list[dict[str, Any]], bool]:
        outputs: list[dict[str, Any]] = []
        errors: list[Exception] = []
        to_the_end = True
        for member in members:
            try:
                member.ended_early = member.ended_early or not self.run(member)
                to_the_end = to_the_end and not member.ended_early
                outputs.append(member.changed())
            except Exception as error:
                if isinstance(error, Ambiguous):
                    raise
                errors.append(error)
                failed = member
        if errors and not node.settled:
            if len(errors) > 1:
                raise Ambiguous
            for member in members:
                if member is not failed:
                    self.loose.update(each.id for each in inner_nodes(member.nodes))
            raise errors[0]
        if len(errors) == len(members):
            raise ExceptionGroup(f'all members of the parallel group "{node.name}" failed', errors)
        return outputs, to_the_end

    def read(self, level: Level, node: Node, path: str) -> dict[str, Any]:
        for key in node.reads:
            if key not in level.context:
                raise MissingKeyError(self.flow, path, key, level.context)
        keys = level.context if node.whole else (*node.reads, *node.reads_if_present)
        values = {key: level.context[key] for key in keys if key in level.context}
        return copy.deepcopy(values) if level.copies or node.guarded else values

    def merge(self, level: Level, node: Node, path: str, outputs: list[dict[str, Any]]) -> None:
        if node.kind == "transform":
            level.context = dict(outputs[0])
            level.written = set(level.context)
            return
        after = dict(level.context)
        written = set(level.written)
        for output in outputs:
            for key, value in output.items():
                if key in after and node.merge == "error":
                    raise ContextCollisionError(self.flow, path, key)
                if key in after and node.merge == "skip":
                    continue
                after[key] = value
                written.add(key)
        level.context = after
        level.written = written


def is_mistake(error: Exception) -> bool:
    return all(map(is_mistake, error.exceptions)) if isinstance(error, ExceptionGroup) else isinstance(error, MISTAKES)


def inner_nodes(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """The nodes and everything inside them."""
    for node in nodes:
        yield node
        yield from inner_nodes(node.members)
        for spec in node.flows:
            yield from inner_nodes(spec.nodes)
