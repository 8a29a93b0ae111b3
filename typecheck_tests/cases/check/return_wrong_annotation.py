# A return annotation that is no mapping of keys.
from stepkit import Flow, flow


class Wrong(Flow):
    @flow.step("number")
    def number(self) -> int:  # E: [stepkit-return] step "number" ... "int"
        return 5

    @flow.step("after")
    def after(self):
        return {"a": 1}
