# A flow whose input is some dict is open from the start.
from typing import Any

from probe import assert_type
from stepkit import Flow, flow


class Open(Flow[dict[str, Any]]):
    @flow.step("read")
    def read(self, anything):
        return {"b": 1, "c": anything}

    @flow.step("more")
    def more(self, b, other=None):
        assert_type(b, int)
        return {"d": other}


Open().run_sync({"x": 1})
