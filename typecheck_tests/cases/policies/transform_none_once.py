# A transform that may return None is told once: it raises then, so behind it is what its other returns give.
from abc import abstractmethod
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Always(Flow[Input]):
    @flow.transform("t")
    def t(self, n):
        return None  # E: [stepkit-return] step "t" returns "None"

    @flow.step("u")
    def u(self, n, m):
        return {"u": n}


class Sometimes(Flow[Input]):
    @flow.transform("t")
    def t(self, n):
        if n > 3:
            return None  # E: [stepkit-return] step "t" returns "None"
        return {"x": n}

    @flow.step("u")
    def u(self, x: int):
        return {"u": x}

    @flow.step("v")
    def v(self, n):  # E: [stepkit-missing-key] step "v" reads "n"
        return {"v": n}


class Conditional(Flow[Input]):
    @flow.transform("t")
    def t(self, n):
        return {"x": n} if n > 3 else None  # E: [stepkit-return] step "t" returns "None"

    @flow.step("u")
    def u(self, x: int):
        return {"u": x}


class Annotated(Flow[Input]):
    @flow.transform("t")
    def t(self, n: int) -> dict[str, int] | None:  # E: [stepkit-return] step "t" returns "dict[str, int] | None"
        return None

    @flow.step("u")
    def u(self, n: int):
        return {"u": n}


class NoReturn(Flow[Input]):
    @flow.transform("t")
    def t(self, n):  # E: [stepkit-return] step "t" returns "None"
        print(n)

    @flow.step("u")
    def u(self, n):
        return {"u": n}


class Bare(Flow[Input]):
    @flow.transform("t")
    def t(self, n):
        return  # E: [stepkit-return] step "t" returns "None"

    @flow.step("u")
    def u(self, n):
        return {"u": n}


class Abstract(Flow[Input]):
    @flow.transform("t")
    @abstractmethod
    def t(self, n): ...

    @flow.step("u")
    def u(self, x):
        return {"u": x}


class Raises(Flow[Input]):
    @flow.transform("t")
    def t(self, n):
        raise NotImplementedError


assert_type(Sometimes().run_sync({"n": 1})["u"], int)
