"""Plans lessons: a greedy plan, conflicts, a repair loop as a flow that is run until nothing changes. Slips inside."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, TypedDict

from stepkit import Flow, flow


class Day(Enum):
    MON = 0
    TUE = 1
    WED = 2

    def next(self) -> Day:
        return Day((self.value + 1) % len(Day))


@dataclass(frozen=True, order=True)
class Lesson:
    subject: str
    teacher: str
    group: str


Slot: TypeAlias = tuple[Day, int]
Plan: TypeAlias = dict[Lesson, Slot]


class PlanInput(TypedDict):
    lessons: list[Lesson]
    hours: int


class RepairInput(TypedDict):
    plan: Plan
    hours: int


def clashes(plan: Plan) -> list[tuple[Lesson, Lesson]]:
    at: defaultdict[Slot, list[Lesson]] = defaultdict(list)
    for lesson, slot in plan.items():
        at[slot].append(lesson)
    pairs: Iterable[tuple[Lesson, Lesson]] = itertools.chain.from_iterable(
        itertools.combinations(sorted(lessons), 2) for lessons in at.values()
    )
    return [(a, b) for a, b in pairs if a.teacher == b.teacher or a.group == b.group]


class Repair(Flow[RepairInput]):
    @flow.step("clashes")
    def find(self, plan):
        return {"clashes": clashes(plan)}

    @flow.step("move", when=lambda clashes: len(clashes) > 0)
    def move(self, plan, clashes, hours):
        _, moved = clashes[0]
        day, hour = plan[moved]
        slot = (day, hour + 1) if hour + 1 < hours else (day.next(), 0)
        return {"plan": {**plan, moved: slot}, "moved": moved.subject}

    @flow.step("round")
    def round(self, rounds, moved=None):  # E(rounds): [stepkit-missing-key] step "round" reads "rounds"
        return {"rounds": rounds + 1, "stable": moved is None}


class MakePlan(Flow[PlanInput]):
    limit = 50

    @flow.step("greedy")
    def greedy(self, lessons, hours):
        slots = itertools.cycle(itertools.product(Day, range(hours)))
        return {"plan": {lesson: slot for lesson, slot in zip(lessons, slots, strict=False)}}

    @flow.step("repair")
    def repair(self, plan, hours):
        for _ in range(self.limit):
            result = Repair().run_sync({"plan": plan, "hours": hours})
            if result["stabel"]:  # E: [misc] "stabel" is not a valid TypedDict key
                return {"plan": result["plan"]}
            plan = result["plan"]
        raise RuntimeError("no plan found")

    @flow.step("table")
    def table(self, plan):
        rows = sorted(plan.items(), key=lambda item: (item[1][0].value, item[1][1]))
        return {"table": [f"{day.name} {hour}: {lesson.subject}" for lesson, (day, hour) in rows]}

    @flow.step("free")
    def free(self, table, plan, hours):
        taken = {slot for slot in plan.values()}
        return {"free": [slot for slot in itertools.product(Day, range(hours)) if slot not in taken], "rows": table.count()}  # E: [call-arg] Too few arguments for "count"


if __name__ == "__main__":
    lessons = [Lesson("maths", "ana", "1a"), Lesson("art", "ana", "1b"), Lesson("sports", "bob", "1a")]
    plan = MakePlan().greedy(lessons=lessons, hours=2)["plan"]
    assert MakePlan().table(plan=plan)["table"] == ["MON 0: maths", "MON 1: art", "TUE 0: sports"]
    day, hour = plan[lessons[0]]
    clashing: Plan = {lesson: (day, hour) for lesson in lessons}
    assert len(Repair().find(plan=clashing)["clashes"]) == 2
