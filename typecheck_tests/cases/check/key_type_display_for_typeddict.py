# A display given as the value of a key is a plain dict; a TypedDict constructor makes it a TypedDict.
from typing import TypedDict

from stepkit import Flow, flow


class User(TypedDict):
    name: str


class Values(Flow):
    @flow.step("load")
    def load(self):
        return {"user": User(name="ana")}

    @flow.step("read")
    def read(self, user: User):
        return {"name": user["name"]}
