# Where a value has no annotation, and all that read it ask for one type, it is judged against that.
from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Shape:
    area = 1.0


class Circle(Shape):
    radius = 1.0


class User(TypedDict):
    name: str
    age: NotRequired[int]


class Input(TypedDict):
    number: int
    names: list[str]


class Drawing(TypedDict):
    shapes: list[Shape]


class Draw(Flow[Drawing]):
    @flow.step("draw")
    def draw(self, shapes):
        return {"drawn": len(shapes)}


class Judged(Flow[Input]):
    @flow.step("displays")
    def displays(self, number, names):
        return {
            "shapes": [Circle()],
            "prices": {"a": 1},
            "parity": "even" if number % 2 == 0 else "odd",
            "level": 3,
            "user": {"name": "ana"},
            "users": [{"name": each} for each in names],
            "pairs": [(Circle(), 1)],
            "by_name": {each: Circle() for each in names},
            "kinds": {Circle},
            "maybe": [None] if number else ["x"],
        }

    @flow.step("read")
    def read(
        self,
        shapes: list[Shape],
        prices: dict[str, float],
        parity: Literal["even", "odd"],
        level: Literal[1, 2, 3],
        user: User,
        users: list[User],
        pairs: list[tuple[Shape, float]],
        by_name: dict[str, Shape],
        kinds: set[type[Shape]],
        maybe: list[str | None],
    ):
        return None

    @flow.step("others")
    def others(self, shapes: Sequence[Shape], prices: Mapping[str, object], parity: str, level, user, users):
        assert_type(level, Literal[1, 2, 3])
        assert_type(user, User)
        assert_type(users, list[User])

    @flow.step("several")
    def several(self, number):
        if number > 3:
            return {"state": "big", "found": [Circle()]}
        out = {"found": [Circle()]}
        if number > 2:
            out["found"] = []
        return {**out, "state": "small"}

    @flow.step("read-several")
    async def read_several(self, state: Literal["big", "small"], found: list[Shape]):
        return dict(shapes=[Circle()])

    draw = flow.subflow("draw", Draw)
    group = flow.parallel("group")

    @group.step()
    def member(self):
        return {"drawings": [Circle()]}

    @flow.transform("keep")
    def keep(self, drawings: list[Shape], drawn):
        return {"drawn": drawn, "last": [Circle()]}

    @flow.step("show")
    def show(self, last: list[Shape] | None = None):
        return {"shown": last}


class Anew(Flow[Input]):
    @flow.step("first")
    def first(self):
        return {"shapes": [Circle()]}

    @flow.step("read")
    def read(self, shapes: list[Shape]):
        return {"shapes": [Circle()]}

    @flow.step("read-again")
    def read_again(self, shapes: list[Circle]):
        return {"radius": shapes[0].radius}


out = Judged().run_sync({"number": 1, "names": []})
assert_type(out["drawn"], int)
