"""What an event holds is the event's own, and costs nothing until it is asked for."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from stepkit import Flow, StepEvent, flow
from stepkit.errors import UnsavableValueError


class Changing(Flow):
    """Its steps change values of the context in place."""

    @flow.step("first")
    def first(self):
        return {"items": [{"n": 1}]}

    @flow.step("second")
    def second(self, items):
        items[0]["n"] = 2
        items.append("second")

    @flow.step("third")
    async def third(self, items):
        items[0]["n"] = 3
        return {"done": True}


EXPECTED = [{"items": [{"n": 1}]}, {"items": [{"n": 2}, "second"]}, {"items": [{"n": 3}, "second"], "done": True}]


def output_of(event: StepEvent) -> Any:
    return json.loads(event.checkpoint)["output"]


def test_a_context_that_was_read_in_the_callback_stays_as_it_was() -> None:
    contexts: list[Any] = []
    Changing().run_sync(on_step_complete=lambda event: contexts.append(event.context))
    assert contexts == EXPECTED


def test_an_event_that_is_kept_unread_stays_as_it_was_too() -> None:
    events: list[StepEvent] = []
    asyncio.run(Changing().run(on_step_complete=events.append))
    assert [event.context for event in events] == EXPECTED
    assert [output_of(event) for event in events] == EXPECTED


def test_an_event_that_is_kept_by_a_task_stays_as_it_was() -> None:
    async def read_later(event: StepEvent, run_is_over: asyncio.Event) -> tuple[Any, Any]:
        await run_is_over.wait()
        return event.context, output_of(event)

    async def main() -> list[tuple[Any, Any]]:
        run_is_over = asyncio.Event()
        tasks: list[asyncio.Task[tuple[Any, Any]]] = []

        def keep(event: StepEvent) -> None:
            tasks.append(asyncio.create_task(read_later(event, run_is_over)))

        await Changing().run(on_step_complete=keep)
        run_is_over.set()
        return [await task for task in tasks]

    assert asyncio.run(main()) == [(expected, expected) for expected in EXPECTED]


def test_changing_what_an_event_gave_changes_neither_the_run_nor_the_checkpoint() -> None:
    outputs: list[Any] = []

    def spoil(event: StepEvent) -> None:
        event.context["items"].clear()
        event.context["new"] = 1
        outputs.append(output_of(event))

    assert Changing().run_sync(on_step_complete=spoil) == EXPECTED[-1]
    assert outputs == EXPECTED


def test_the_result_is_not_the_context_of_an_event() -> None:
    events: list[StepEvent] = []
    result = Changing().run_sync(on_step_complete=events.append)
    result["items"].clear()
    assert [event.context for event in events] == EXPECTED


def test_reading_twice_gives_the_same() -> None:
    def read(event: StepEvent) -> None:
        assert event.context is event.context
        assert event.checkpoint is event.checkpoint

    Changing().run_sync(on_step_complete=read)


def test_a_value_that_two_keys_share_is_shared_in_the_snapshot_too() -> None:
    class Shares(Flow):
        @flow.step
        def share(self):
            items = [1]
            return {"a": items, "b": items}

    contexts: list[Any] = []
    Shares().run_sync(on_step_complete=lambda event: contexts.append(event.context))
    assert contexts[0]["a"] is contexts[0]["b"]


def test_an_event_shows_its_step_in_its_repr() -> None:
    shown: list[str] = []
    Changing().run_sync(on_step_complete=lambda event: shown.append(repr(event).partition(",")[0]))
    assert shown[0] == "<StepEvent 'first'"


# Nobody listens


class Counted:
    """Counts how often it was copied, pickled or read."""

    def __init__(self) -> None:
        self.looked = 0

    def __deepcopy__(self, memo: Any) -> Counted:
        self.looked += 1
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        self.looked += 1
        return super().__reduce_ex__(protocol)


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    one, other = socket.socketpair()
    with one, other:
        yield one


class Holds(Flow):
    @flow.step("hold")
    def hold(self, connection):
        return {"lock": threading.Lock(), "same": connection}

    @flow.step("use")
    async def use(self, lock, same):
        with lock:
            return {"number": same.fileno()}


@pytest.mark.in_one_piece
def test_what_no_checkpoint_can_hold_may_be_in_the_context_while_nobody_reads_one(connection: socket.socket) -> None:
    seen: list[str] = []
    expected = connection.fileno()
    assert Holds().run_sync({"connection": connection})["number"] == expected
    assert asyncio.run(Holds().run({"connection": connection}))["number"] == expected
    callback = seen.append
    result = Holds().run_sync({"connection": connection}, on_step_complete=lambda event: callback(event.step_name))
    assert result["number"] == expected
    assert seen == ["hold", "use"]


def test_an_event_that_is_kept_says_later_what_could_not_be_saved(connection: socket.socket) -> None:
    events: list[StepEvent] = []
    Holds().run_sync({"connection": connection}, on_step_complete=events.append)
    assert events[0].step_name == "hold"
    with pytest.raises(UnsavableValueError):
        _ = events[0].checkpoint


def test_reading_the_checkpoint_names_step_key_path_and_type(connection: socket.socket) -> None:
    class Deep(Flow):
        @flow.step("collect")
        def collect(self, connection):
            return {"order": {"items": [{"conn": None}, {"conn": connection}]}}

    def read(event: StepEvent) -> None:
        _ = event.checkpoint

    with pytest.raises(UnsavableValueError) as caught:
        Deep().run_sync({"connection": connection}, on_step_complete=read)
    error = caught.value
    assert error.type is socket.socket
    assert error.step == "collect"
    assert error.flow == "Deep"
    assert error.path in ("$.order.items[1].conn", "$.connection")
    prefix = f'flow Deep: after step "collect" the value at {error.path} (socket.socket) '
    assert str(error).startswith(prefix)


def test_what_cannot_be_saved_stops_the_run_as_any_failing_callback_does(connection: socket.socket) -> None:
    ran: list[str] = []

    class Continues(Flow):
        @flow.step("first", on_error="continue")
        def first(self):
            return {"connection": connection}

        @flow.step("second")
        def second(self):
            ran.append("second")

    def read(event: StepEvent) -> None:
        _ = event.checkpoint

    with pytest.raises(UnsavableValueError):
        Continues().run_sync(on_step_complete=read)
    assert ran == []


@pytest.mark.in_one_piece
def test_nothing_is_copied_or_encoded_where_nobody_reads_it() -> None:
    class Large(Flow):
        @flow.step
        def one(self, value): ...

        @flow.step
        def two(self, value): ...

    value = Counted()
    Large().run_sync({"value": value})
    Large().run_sync({"value": value}, on_step_complete=lambda event: None)
    Large().run_sync({"value": value}, on_step_complete=lambda event: event.stop_pipeline())
    assert value.looked == 0
    Large().run_sync({"value": value}, on_step_complete=lambda event: event.context["value"])
    assert value.looked == 2
