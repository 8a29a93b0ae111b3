"""A rule engine: functions, classes and bound methods are values of the context; nobody saves this one."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any, Protocol, TypeAlias, TypedDict

from stepkit import Flow, flow

Predicate: TypeAlias = Callable[[Mapping[str, Any]], bool]
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, ">": operator.gt, "=": operator.eq}


class Action(Protocol):
    def __call__(self, facts: Mapping[str, Any], /) -> str: ...


@dataclass(frozen=True)
class Rule:
    name: str
    predicate: Predicate
    action: Action
    priority: int = 0


def compare(key: str, compared: Callable[[Any, Any], bool], value: object, facts: Mapping[str, Any]) -> bool:
    return key in facts and compared(facts[key], value)


class RuleInput(TypedDict):
    conditions: list[str]
    facts: dict[str, float]


class Engine(Flow[RuleInput]):
    def __init__(self, actions: Mapping[str, Action]) -> None:
        self.actions = actions

    def reject(self, facts: Mapping[str, Any], /) -> str:
        return f"rejected {len(facts)} facts"

    @flow.step("compile")
    def compile(self, conditions):
        predicates = {}
        for condition in conditions:
            key, sign, value = condition.split()
            predicates[condition] = partial(compare, key, OPERATORS[sign], float(value))
        return {"predicates": predicates, "combine": all, "negate": operator.not_}

    @flow.step("rules")
    def rules(self, predicates):
        rules = [
            Rule(name, predicate, self.actions.get(name, self.reject), priority)
            for priority, (name, predicate) in enumerate(predicates.items())
        ]
        return {"rules": sorted(rules, key=lambda rule: -rule.priority), "rule_type": Rule}

    @flow.step("fire")
    def fire(self, rules: list[Rule], facts: dict[str, float]):
        fired = [rule for rule in rules if rule.predicate(facts)]
        return {"fired": [rule.action(facts) for rule in fired], "first": next(iter(fired), None)}

    @flow.step("sum up")
    def sum_up(self, fired: list[str], first: Rule | None, combine: Callable[[Iterable[object]], bool], rule_type: type[Rule]):
        text = reduce(lambda left, right: f"{left}; {right}", fired, "fired")
        return {"text": text, "complete": combine(fired), "kind": rule_type.__name__, "name": first.name if first else ""}

    @flow.transform("public")
    def public(self, text: str, complete: bool, name: str):
        return {"text": text, "complete": complete, "name": name}


if __name__ == "__main__":
    engine = Engine({"age > 17": lambda facts: f"adult of {facts['age']:.0f}"})
    result = engine.run_sync({"conditions": ["age > 17", "debt < 100"], "facts": {"age": 30, "debt": 50}})
    assert result == {"text": "fired; rejected 2 facts; adult of 30", "complete": True, "name": "debt < 100"}, result
    assert engine.run_sync({"conditions": [], "facts": {}})["name"] == ""
