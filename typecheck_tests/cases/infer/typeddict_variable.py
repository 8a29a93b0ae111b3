# A variable whose type is a TypedDict gives its keys.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class User(TypedDict):
    name: str
    age: NotRequired[int]


class Variable(Flow):
    @flow.step("load")
    def load(self):
        user: User = {"name": "ana"}
        user["age"] = 3
        return user


class Out(TypedDict):
    name: str
    age: NotRequired[int]


assert_type(Variable().run_sync(), Out)
