# What only reads a dict leaves it as it is.
import copy
import json
import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, TypedDict

from probe import assert_type
from stepkit import Flow, flow

log = logging.getLogger(__name__)


class Input(TypedDict):
    n: int


def total(data: Mapping[str, Any], *, scale: int = 1) -> int:
    return len(data) * scale


def keywords(**data: Any) -> int:
    return len(data)


class Reads(Flow[Input]):
    @flow.transform("read")
    def read(self, n):
        out: dict[str, Any] = {"a": 1}
        print(out, len(out), list(out), f"{out} {out['a']:>3}", "{}".format(out), "%s" % out)
        log.info("built %s", out)
        logging.debug("built %s", out)
        if out and "a" in out and out == {"a": 1} and not (out["a"] or out.get("b")):
            out["total"] = total(out, scale=2)
        else:
            out["total"] = total(data=out)
        keys = [key for key in out if key != "a"]
        pairs = {key: value for key, value in out.items()}
        text = json.dumps(out) + str(out) + repr(sorted(out))
        copied = copy.deepcopy(out)
        copied["only-there"] = 1
        more = out | {"other": 1}
        keywords(**out)
        print(keys, pairs, text, more, *out)
        for key, value in out.items():
            print(key, value)
        return out


class Out(TypedDict):
    a: int
    total: int


assert_type(Reads().run_sync({"n": 1}), Out)


class Copies(Flow[Input]):
    @flow.transform("copy")
    def copy_(self, n):
        out = OrderedDict(a=n)
        again = copy.copy(out)
        again["b"] = 2
        third = dict(again)
        third["c"] = 3
        fourth = {**third}
        fourth.clear()
        fourth["d"] = 4
        return {**third, **fourth}


class CopiesOut(TypedDict):
    a: int
    b: int
    c: int
    d: int


assert_type(Copies().run_sync({"n": 1}), CopiesOut)
