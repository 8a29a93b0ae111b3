# flow.step under other names: of an import, of the module, of the class, and as a partial function.
import functools
from typing import TypedDict

import stepkit
import stepkit.flow as sf
from probe import assert_type
from stepkit import Flow, flow
from stepkit.flow import step as s
from stepkit.flow import transform

step = flow.step
another = step
retried = functools.partial(flow.step, retries=3)
safe = functools.partial(retried, on_error="continue")
loading = functools.partial(flow.step, "loading")
SAFE = flow.step("safe", on_error="continue")


class Input(TypedDict):
    a: int


class Aliases(Flow[Input]):
    own = flow.step
    patient = functools.partial(flow.step, retries=5, timeout=30)
    gather = flow.parallel

    @s("one")
    def one(self, a):
        return {"one": a}

    @another
    def two(self, one):
        return {"two": one}

    @own("three")
    def three(self, two):
        return {"three": str(two)}

    @patient("four")
    async def four(self, three):
        assert_type(three, str)
        return {"four": three}

    @retried("five")
    def five(self, four):
        return {"five": [four]}

    @safe("six")
    def six(self, five):
        return {"six": five}

    @loading()
    def seven(self, five):
        return {"seven": five}

    @SAFE
    def eight(self, seven):
        return {"eight": seven}

    @sf.step
    def nine(self, seven):
        return {"nine": seven}

    @stepkit.flow.step("ten")
    def ten(self, nine):
        return {"ten": nine}

    signals = gather("signals")
    member = signals.step

    @member("left")
    def left(self, ten):
        return {"left": ten}

    @member
    def right(self, ten):
        return {"right": len(ten)}

    @flow.step
    def read(
        self,
        six,  # E(six): [stepkit-maybe-missing] step "six" has on_error="continue"
        eight,  # E(eight): [stepkit-maybe-missing] step "safe" has on_error="continue"
        left,
        right,
        eleven,  # E(eleven): [stepkit-missing-key]
    ):
        assert_type(left, list[str])
        assert_type(right, int)
        return None

    @transform
    def only(self, left):
        return {"only": left}


class Output(TypedDict):
    only: list[str]


assert_type(Aliases().run_sync({"a": 1}), Output)
