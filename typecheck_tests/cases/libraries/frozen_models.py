"""The fields of a frozen pydantic model are fields, though mypy takes them for properties; a marker among them is none."""

from dataclasses import KW_ONLY, asdict, dataclass

from probe import assert_type
from pydantic import BaseModel, SecretStr
from stepkit import Flow, flow


class Key(BaseModel, frozen=True):
    key: SecretStr


class Dump(BaseModel, frozen=True):
    a: int


@dataclass
class Marked:
    x: int
    _: KW_ONLY
    y: int = 0


class Frozen(Flow, codecs=[Key]):
    @flow.step("key")
    def key(self):
        return {"key": Key(key=SecretStr("x"))}

    @flow.step("dump")
    def dump(self):
        return Dump(a=1).model_dump()

    @flow.step("marked")
    def marked(self):
        return asdict(Marked(1))

    @flow.step("use")
    def use(self, a, x, y):
        assert_type(a, int)
        assert_type(y, int)
        return {"z": a + x}

    @flow.step("lost")
    def lost(self, _):  # E: [stepkit-missing-key]
        pass


Frozen().run_sync(on_step_complete=lambda event: print(event.checkpoint))  # E: [stepkit-unsavable] "key"
