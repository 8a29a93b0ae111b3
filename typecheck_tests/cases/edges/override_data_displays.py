# What stands in a display is compared, too.
from typing import Any, TypedDict

from stepkit import Flow, flow


class Item(TypedDict):
    name: str


class Input(TypedDict):
    names: list[str]
    counts: dict[str, int]
    tags: set[str]
    pair: tuple[int, str]
    item: Item
    items: list[Item]
    deep: dict[str, list[float]]
    maybe: list[str] | None
    anything: list[Any]


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, names):
        return {"first": names[0]}


def resume(checkpoint: str, any_list: list[Any]) -> None:
    calc = Calc()
    calc.run_checkpoint_sync(checkpoint, override_data={"names": ["x"], "counts": {"a": 1}, "tags": {"x"}})
    calc.run_checkpoint_sync(checkpoint, override_data={"names": [], "counts": {}, "tags": set(), "pair": (1, "x")})
    calc.run_checkpoint_sync(checkpoint, override_data={"item": {"name": "x"}, "items": [{"name": "x"}]})
    calc.run_checkpoint_sync(checkpoint, override_data={"deep": {"a": [1, 2.5]}, "maybe": None, "anything": [1, "x"]})
    calc.run_checkpoint_sync(checkpoint, override_data={"maybe": ["x"], "names": any_list, "tags": {n for n in "abc"}})
    calc.run_checkpoint_sync(checkpoint, override_data={"names": ["x"] if any_list else [], "first": "y"})
    calc.run_checkpoint_sync(checkpoint, override_data={"names": [1]})  # E: [stepkit-override] "names" as "list[int]"
    calc.run_checkpoint_sync(checkpoint, override_data={"names": ["x", 1]})  # E: [stepkit-override] "names"
    calc.run_checkpoint_sync(checkpoint, override_data={"counts": {"a": "x"}})  # E: [stepkit-override] "counts"
    calc.run_checkpoint_sync(checkpoint, override_data={"tags": {1}})  # E: [stepkit-override] "tags"
    calc.run_checkpoint_sync(checkpoint, override_data={"pair": (1, 2)})  # E: [stepkit-override] "pair"
    calc.run_checkpoint_sync(checkpoint, override_data={"item": {"nam": "x"}})  # E: [stepkit-override] "item"
    calc.run_checkpoint_sync(checkpoint, override_data={"items": [{"name": 1}]})  # E: [stepkit-override] "items"
    calc.run_checkpoint_sync(checkpoint, override_data={"deep": {"a": ["x"]}})  # E: [stepkit-override] "deep"
    calc.run_checkpoint_sync(checkpoint, override_data={"maybe": [1]})  # E: [stepkit-override] "maybe"
