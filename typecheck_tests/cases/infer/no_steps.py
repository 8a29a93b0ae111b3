# A flow without steps gives its input.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow


class Input(TypedDict):
    a: int


class Nothing(Flow[Input]):
    pass


assert_type(Nothing().run_sync({"a": 1}), Input)
