# A mixin of another module: its steps keep their order, and what the body of one gives is seen again after an edit.
# --- rates.py
def rate() -> int:
    return 1

# --- rates.py (2)
def rate() -> str:
    return "1"

# --- mixin.py
from stepkit import flow

from . import rates


class Mix:
    @flow.step("zero")
    def zero(self):  # type: ignore[no-untyped-def, unused-ignore]
        return {"first": 1}

    @flow.step("added")
    def added(self, first):  # type: ignore[no-untyped-def, unused-ignore]
        return {"mixed": rates.rate(), "added": 1}

# --- mixin.py (3)
from stepkit import flow

from . import rates


class Mix:
    @flow.step("zero")
    def zero(self):  # type: ignore[no-untyped-def, unused-ignore]
        return {"first": 1}

    @flow.step("added")
    def added(self, first):  # type: ignore[no-untyped-def, unused-ignore]
        return {"renamed": rates.rate(), "added": 1}

    @flow.step("new")
    def new(self, unknown):  # type: ignore[no-untyped-def, unused-ignore]
        return {"new": 1}

# --- use.py
from probe import assert_type
from stepkit import Flow, flow

from .mixin import Mix


class Mixed(Mix, Flow):  # E3: [stepkit-missing-key] step "new" reads "unknown", which no earlier step provides
    @flow.step("last")
    def last(self, mixed: int):  # E2(mixed): [stepkit-key-type] "int" ... "str"  # E3(mixed): [stepkit-missing-key]
        return {"last": [mixed]}


assert_type(Mixed().run_sync()["added"], int)
