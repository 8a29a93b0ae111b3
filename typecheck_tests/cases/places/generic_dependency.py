# A flow that is generic in what it depends on.
from typing import Generic, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

RowT = TypeVar("RowT")


class Repository(Generic[RowT]):
    def load(self, key: int) -> RowT:
        raise NotImplementedError


class User:
    name = "ana"


class Input(TypedDict):
    key: int


class Load(Flow[Input]):
    def __init__(self, users: Repository[User]) -> None:
        self.users = users

    @flow.step("load")
    def load(self, key):
        return {"user": self.users.load(key)}

    @flow.step("show")
    def show(self, user):
        assert_type(user, User)
        return {"name": user.name}


assert_type(Load(Repository()).run_sync({"key": 1})["name"], str)
