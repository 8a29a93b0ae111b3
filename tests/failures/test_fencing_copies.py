"""What an attempt reads is a copy, which shares only what cannot be copied."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from stepkit import Flow, flow
from stepkit.runtime.isolation import copy_context, copy_value


class Uncopyable:
    def __deepcopy__(self, memo: object) -> Any:
        raise TypeError("there is only one")


class Holder:
    def __init__(self, lock: Any) -> None:
        self.lock = lock


def test_a_copy_shares_only_what_cannot_be_copied() -> None:
    lock, only = threading.Lock(), Uncopyable()
    items = [1]
    value = {
        "lock": lock,
        "list": [only, items],
        "again": items,
        "tuple": (items, only),
        "set": {1},
        "holder": Holder(lock),
    }
    copied = copy_value(value)
    assert copied["lock"] is lock
    assert copied["list"][0] is only
    assert copied["holder"] is value["holder"]  # as a whole: half of an object is none
    assert copied["list"][1] == [1]
    assert copied["list"][1] is not items
    assert copied["again"] is copied["list"][1] is copied["tuple"][0]
    assert copied["set"] == {1}
    assert copied["set"] is not value["set"]


def test_a_value_that_holds_itself_is_copied_too() -> None:
    value: dict[str, Any] = {"lock": threading.Lock()}
    value["self"] = value
    copied = copy_value(value)
    assert copied is not value
    assert copied["self"] is copied


def test_a_value_too_deep_to_copy_is_shared() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    assert copy_value(value) is value
    while value:  # freed step by step
        value = value.pop()


@pytest.mark.parametrize("keys", [None, ["a", "absent"]])
def test_a_context_is_copied_as_far_as_it_is_read(keys: Any) -> None:
    context = {"a": [1], "b": {"x": 1}}
    copied = copy_context(context, keys)
    assert copied == (context if keys is None else {"a": [1]})
    assert copied["a"] is not context["a"]


@pytest.mark.in_one_piece
def test_a_step_shares_with_the_context_what_cannot_be_copied() -> None:
    lock = threading.Lock()

    class Uses(Flow):
        @flow.step("use", retries=1)
        def use(self, tools):
            return {"same": tools["lock"] is lock, "list": tools["list"]}

    given = {"lock": lock, "list": [1]}
    result = Uses().run_sync({"tools": given})
    assert result["same"] is True
    assert result["list"] == [1]
    assert result["list"] is not given["list"]
