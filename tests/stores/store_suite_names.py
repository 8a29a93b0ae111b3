"""Which ids, names, numbers and bytes every store takes, and gives back as they were. See ``store_suite.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from store_suite import begin, create, payloads, step

from stepkit.errors import InvalidIdError
from stepkit.stores import NewSave, Store

HOSTILE = [
    "../../etc/passwd".replace("/", "\\"),
    "'; DROP TABLE stepkit_runs; --",
    'x" OR "1"="1',
    "%",
    "_",
    "*",
    "?[a-z]",
    "{tag}",
    "a:b:c",
    "a|b\\c",
    "$1 %s ? :id",
    "раураl",
    "paypal",
    "é",
    "e\u0301",
    "\U0001f680",
    "x" * 200,
    "İ",
    "ß",
    "SS",
    "run",
    "RUN",
    "run1",
    "run10",
    "0",
    "00",
    "1e3",
    "None",
    "NULL",
    "nan",
    "a b",
    "a\u00a0b",
    "<script>",
    "return redis.call('FLUSHALL')",
]
REFUSED = [
    "",
    " ",
    " a",
    "a ",
    "a/b",
    "../x",
    "a\0b",
    "a\nb",
    "a\u200bb",
    "a\u202eb",
    "\ud800",
    "x" * 201,
    "x" * 10_000,
]
REFUSED_NAMES = ["", "a\0b", "a\nb", "a\u200bb", "\ud800", "x" * 10_000]


class NamesSuite:
    def test_hostile_ids_are_values(self, store: Store) -> None:
        for id in HOSTILE:
            create(store, id, payload=id.encode())
        assert [store.get(id).id for id in HOSTILE] == HOSTILE
        assert [payloads(store, id) for id in HOSTILE] == [[id.encode()] for id in HOSTILE]
        assert sorted(run.id for run in store.list(limit=1000).runs) == sorted(HOSTILE)
        for id in HOSTILE[::2]:
            store.delete(id)
        assert sorted(run.id for run in store.list(limit=1000).runs) == sorted(HOSTILE[1::2])

    def test_hostile_names_are_values(self, store: Store) -> None:
        names = [*HOSTILE, "a/b", "../../x", " a ", "y" * 300]
        for number, name in enumerate(names):
            run = begin(store, f"r{number}", name)
            store.save(run.id, 1, NewSave(seq=1, step_name=name, payload=b"", full=False))
            store.finish(run.id, 1, "waiting", waiting_for=name)
        for number, name in enumerate(names):
            (run,) = store.list(flow=name).runs
            assert (run.id, run.flow, run.step_name, run.waiting_for) == (f"r{number}", name, name, name)
            assert [each.id for each in store.list(waiting_for=name).runs] == [f"r{number}"]
            assert store.decide(run.id, "approve", gate=name, by=name, reason=name).status == "pending"
            (decision,) = store.read(run.id).decisions
            assert (decision.gate, decision.by, decision.reason) == (name, name, name)

    def test_a_long_path_is_a_value(self, store: Store) -> None:
        path = "/".join(["\U0001f680step"] * 600)
        begin(store)
        store.save("run", 1, step(1, step_name=path))
        store.finish("run", 1, "waiting", waiting_for=path)
        assert [run.step_name for run in store.list(waiting_for=path).runs] == [path]
        store.decide("run", "approve", gate=path)
        assert store.read("run").decisions[0].gate == path

    def test_what_is_no_id_is_refused_everywhere(self, store: Store) -> None:
        calls: list[Callable[[str], Any]] = [
            lambda id: create(store, id),
            lambda id: create(store, "x", parent=id),
            lambda id: create(store, "x", owner=id, lease=1.0),
            lambda id: store.claim(id, "ana", 1.0),
            lambda id: store.claim("x", id, 1.0),
            lambda id: store.renew(id, 1, 1.0),
            lambda id: store.save(id, 1, step(1)),
            lambda id: store.finish(id, 1, "completed"),
            lambda id: store.decide(id, "cancel"),
            lambda id: store.get(id),
            lambda id: store.read(id),
            lambda id: store.history(id),
            lambda id: store.delete(id),
        ]
        for id in REFUSED:
            for call in calls:
                with pytest.raises(InvalidIdError) as caught:
                    call(id)
                assert id.strip() in ("", "a") or id not in str(caught.value)
        assert store.list().runs == ()

    def test_what_is_no_name_is_refused_everywhere(self, store: Store) -> None:
        run = begin(store)
        calls: list[Callable[[str], Any]] = [
            lambda name: create(store, "x", name),
            lambda name: create(store, "x", step_name=name),
            lambda name: create(store, "x", input_digest=name),
            lambda name: store.save("run", 1, step(1, step_name=name)),
            lambda name: store.finish("run", 1, "waiting", waiting_for=name),
            lambda name: store.decide("run", "approve", gate=name),
            lambda name: store.decide("run", "cancel", by=name),
            lambda name: store.list(flow=name),
            lambda name: store.list(waiting_for=name),
            lambda name: store.due(name),
        ]
        for name in REFUSED_NAMES:
            for call in calls:
                with pytest.raises(InvalidIdError):
                    call(name)
        assert [*store.list().runs] == [run]

    @pytest.mark.parametrize("reason", ["a\0b", "\ud800", "x" * 10_001])
    def test_what_is_no_reason_is_refused(self, store: Store, reason: str) -> None:
        before = create(store)
        with pytest.raises(InvalidIdError):
            store.decide("run", "cancel", reason=reason)
        assert store.get("run") == before

    @pytest.mark.parametrize("number", [-1, True, 1.0, "1", None, 2**60])
    def test_what_is_no_number_is_refused(self, store: Store, number: Any) -> None:
        run = begin(store)
        for call in (
            lambda: store.save("run", number, step(1)),
            lambda: store.save("run", 1, step(number, b"x")),
            lambda: store.finish("run", number, "completed"),
        ):
            with pytest.raises(ValueError, match="whole number"):
                call()
        assert store.get("run") == run

    @pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf"), True, 1e12])
    def test_what_is_no_period_is_refused(self, store: Store, seconds: float) -> None:
        run = begin(store)
        for call in (
            lambda: store.claim("run", "ana", seconds),
            lambda: store.renew("run", 1, seconds),
            lambda: store.save("run", 1, step(1), lease=seconds),
            lambda: store.finish("run", 1, "waiting", waiting_for="g", expires_in=seconds),
            lambda: store.finish("run", 1, "pending", due_in=seconds),
            lambda: create(store, "x", due_in=seconds),
            lambda: store.due("Shop", grace=seconds),
            lambda: store.prune(status=["failed"], older_than=seconds),
        ):
            with pytest.raises(ValueError, match="number of seconds"):
                call()
        assert [*store.list().runs] == [run]

    @pytest.mark.parametrize("data", ["text", bytearray(b"x"), None, 1])
    def test_what_is_no_bytes_is_refused(self, store: Store, data: Any) -> None:
        run = begin(store)
        for call in (
            lambda: store.create("x", "Shop", data, input_digest="d"),
            lambda: store.save("run", 1, NewSave(seq=1, step_name="s", payload=data, full=True)),
        ):
            with pytest.raises(TypeError, match="bytes"):
                call()
        assert [*store.list().runs] == [run]
