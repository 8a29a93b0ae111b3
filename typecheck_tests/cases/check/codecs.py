# What stands in codecs= and makes no sense is said at the class, as when it is created.
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypedDict, TypeVar

from stepkit import Codec, Flow, flow

T = TypeVar("T")


@dataclass
class Box(Generic[T]):
    content: T


class Plain:
    pass


class Movie(TypedDict):
    box: Box[int]


class Right(Flow, codecs=[Box[int], Movie, ValueError, Codec(Plain, encode=str, decode=lambda plain: Plain())]):
    @flow.step("box")
    def box(self):
        return {"box": Box(1), "plain": [Plain()], "error": ValueError("x")}


class Text(Flow, codecs=["x"]):  # E+: [list-item]
    pass


class Nothing(Flow, codecs=[Box, None]):  # E+: [list-item]
    pass


class Builtins(Flow, codecs=[list[int], Box, list, datetime]):  # E(list[int]): [stepkit-definition] codecs[0]: every checkpoint can save list; leave it out # E: [stepkit-definition] codecs[2]: every checkpoint can save list # E(datetime): [stepkit-definition] codecs[3] ... datetime
    pass


class NoFields(Flow, codecs=(Plain, OSError)):  # E(Plain): [stepkit-definition] codecs[0]: Plain has no fields ... register a Codec(Plain, # E(OSError): [stepkit-definition] codecs[1]: OSError
    pass


Right().run_sync(on_step_complete=lambda event: print(event.checkpoint))
