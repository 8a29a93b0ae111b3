"""What every store must tell, remove and refuse. See ``store_suite.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from store_suite import LAPSED, RESTING, begin, create, payloads, step, wait

from stepkit.errors import InvalidIdError, RunClaimedError, RunNotFoundError
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


class ReadSuite:
    def test_reading_up_to_a_number(self, store: Store) -> None:
        begin(store)
        for save in (step(1), step(2, b"whole", full=True), step(3), step(4)):
            store.save("run", 1, save)
        assert payloads(store, upto=0) == [b"input"]
        assert payloads(store, upto=1) == [b"input", b"change 1"]
        assert payloads(store, upto=2) == [b"whole"]
        assert payloads(store, upto=3) == [b"whole", b"change 3"]
        assert payloads(store, upto=4) == payloads(store, upto=99) == payloads(store)

    def test_what_was_removed_cannot_be_read(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1, b"whole", full=True), keep="last")
        with pytest.raises(LookupError):
            store.read("run", upto=0)

    def test_the_history_is_every_save_in_order(self, store: Store) -> None:
        begin(store)
        for seq in range(1, 13):
            store.save("run", 1, step(seq, full=seq % 5 == 0))
        assert [save.seq for save in store.history("run")] == list(range(13))
        assert [save.seq for save in store.history("run", after=4)] == list(range(5, 13))
        assert [save.seq for save in store.history("run", after=4, limit=3)] == [5, 6, 7]
        assert store.history("run", after=12) == []

    def test_nothing_cannot_be_read(self, store: Store) -> None:
        for read in (store.get, store.read, store.history):
            with pytest.raises(RunNotFoundError) as caught:
                read("run")
            assert isinstance(caught.value, LookupError)

    def test_records_do_not_show_what_they_hold(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1, b"s3cr3t"))
        store.finish("run", 1, "waiting", waiting_for="g")
        store.decide("run", "approve", gate="g", payload=b"s3cr3t", reason="s3cr3t")
        epoch = store.claim("run", "ana", 60.0).run.epoch
        store.finish("run", epoch, "failed", error=b"s3cr3t")
        assert "s3cr3t" not in repr((store.read("run"), store.history("run"), store.list(), step(2, b"s3cr3t"), store))

    def test_setting_up_again_changes_nothing(self, store: Store) -> None:
        before = create(store)
        store.setup()
        store.setup()
        assert store.get("run") == before

    def test_a_closed_store_opens_again(self, store: Store) -> None:
        with store:
            create(store)
        if type(store).__name__ != "MemoryStore":
            assert store.get("run").id == "run"
        store.close()
        store.close()


class ListSuite:
    @pytest.fixture
    def runs(self, store: Store) -> list[str]:
        """Twelve runs of two flows: pending, running, waiting and failed, three each."""
        for number in range(12):
            id, flow = f"r{number:02}", ("Shop", "Bank")[number % 2]
            create(store, id, flow)
            if number // 3 > 0:
                store.claim(id, "ana", 60.0)
            if number // 3 == 2:
                store.finish(id, 1, "waiting", waiting_for=f"gate-{number % 2}")
            if number // 3 == 3:
                store.finish(id, 1, "failed")
        return [f"r{number:02}" for number in range(12)]

    def ids(self, store: Store, **filters: Any) -> list[str]:
        return [run.id for run in store.list(**filters).runs]

    def test_an_empty_store_lists_nothing(self, store: Store) -> None:
        assert store.list().runs == ()
        assert store.list().cursor is None

    def test_the_newest_come_first(self, store: Store, runs: list[str]) -> None:
        assert self.ids(store) == runs[::-1]

    def test_a_page_has_the_same_rows_as_get(self, store: Store, runs: list[str]) -> None:
        assert [store.get(id) for id in runs[::-1]] == [*store.list().runs]

    def test_by_status(self, store: Store, runs: list[str]) -> None:
        assert self.ids(store, status="pending") == ["r02", "r01", "r00"]
        assert self.ids(store, status="failed") == ["r11", "r10", "r09"]
        assert self.ids(store, status="completed") == []

    def test_by_flow(self, store: Store, runs: list[str]) -> None:
        assert self.ids(store, flow="Bank") == runs[1::2][::-1]
        assert self.ids(store, flow="Ban") == self.ids(store, flow="bank") == self.ids(store, flow="%") == []

    def test_by_gate(self, store: Store, runs: list[str]) -> None:
        assert self.ids(store, waiting_for="gate-0") == ["r08", "r06"]
        assert self.ids(store, waiting_for="gate") == []

    def test_by_all_of_them(self, store: Store, runs: list[str]) -> None:
        assert self.ids(store, status="waiting", flow="Shop", waiting_for="gate-0") == ["r08", "r06"]
        assert self.ids(store, status="waiting", flow="Bank", waiting_for="gate-0") == []
        assert self.ids(store, status="running", flow="Bank") == ["r05", "r03"]

    def test_before_a_time(self, store: Store, runs: list[str]) -> None:
        assert self.ids(store, before=store.get("r03").created_at) == ["r02", "r01", "r00"]
        assert self.ids(store, before=store.get("r03").created_at, flow="Bank") == ["r01"]
        assert self.ids(store, before=0) == []

    @pytest.mark.parametrize(
        "filters", [{}, {"flow": "Shop"}, {"status": "running"}, {"flow": "Bank", "status": "failed"}]
    )
    def test_pages_are_the_whole_list_without_a_gap(self, store: Store, runs: list[str], filters: Any) -> None:
        whole = self.ids(store, **filters)
        paged: list[str] = []
        cursor = None
        while True:
            page = store.list(limit=2, cursor=cursor, **filters)
            assert len(page.runs) <= 2
            paged += [run.id for run in page.runs]
            cursor = page.cursor
            if cursor is None:
                break
        assert paged == whole

    def test_a_page_stays_as_it_was_when_new_runs_come(self, store: Store, runs: list[str]) -> None:
        page = store.list(limit=5)
        create(store, "new")
        assert self.ids(store, limit=5, cursor=page.cursor) == runs[::-1][5:10]

    def test_a_status_that_changes_is_found_under_the_new_one(self, store: Store, runs: list[str]) -> None:
        store.claim("r00", "ana", 60.0)
        assert "r00" not in self.ids(store, status="pending")
        assert "r00" in self.ids(store, status="running")
        assert "r00" in self.ids(store, status="running", flow="Shop")

    @pytest.mark.parametrize("cursor", ["", "x", "é", "AAAA", "MTIz", "' OR 1=1", "a" * 10_000, "\0", "MSBhL2I"])
    def test_a_cursor_that_no_page_gave_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(InvalidIdError):
            store.list(cursor=cursor)

    @pytest.mark.parametrize(
        "options", [{"limit": 0}, {"limit": True}, {"before": -1}, {"before": 1.5}, {"status": "x"}]
    )
    def test_filters_that_make_no_sense_are_refused(self, store: Store, options: Any) -> None:
        with pytest.raises(ValueError, match=r"number|status"):
            store.list(**options)


class DueSuite:
    def due(self, store: Store, **options: Any) -> list[str]:
        return sorted(run.id for run in store.due("Shop", **options))

    def test_what_goes_well_is_not_due(self, store: Store) -> None:
        begin(store, "running")
        create(store, "pending")
        wait(store, "waiting")
        wait(store, "expiring", expires_in=60.0)
        create(store, "later", due_in=60.0)
        for status in RESTING:
            begin(store, status)
            store.finish(status, 1, status)  # type: ignore[arg-type]
        assert self.due(store) == []

    def test_a_lapsed_lease_is(self, store: Store) -> None:
        begin(store, "run", lease=LAPSED)
        (run,) = store.due("Shop")
        assert run == store.get("run")

    def test_a_gate_that_has_expired_is(self, store: Store) -> None:
        wait(store, expires_in=0.0)
        assert self.due(store) == ["run"]
        store.decide("run", "expire", gate="manager")
        assert self.due(store) == []

    def test_what_should_run_by_now_is(self, store: Store) -> None:
        create(store, due_in=0.0)
        begin(store, "back")
        store.finish("back", 1, "pending", due_in=0.0)
        assert self.due(store) == ["back", "run"]

    def test_what_has_been_pending_for_long_is(self, store: Store) -> None:
        create(store)
        assert self.due(store, grace=0.0) == ["run"]
        assert self.due(store, grace=60.0) == []

    def test_what_was_approved_is_after_the_grace(self, store: Store) -> None:
        wait(store)
        store.decide("run", "approve", gate="manager")
        assert self.due(store, grace=0.0) == ["run"]

    def test_what_was_claimed_is_no_longer(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        store.claim("run", "bob", 60.0)
        assert self.due(store, grace=0.0) == []

    def test_only_the_flows_own_are(self, store: Store) -> None:
        begin(store, "a", "Shop", lease=LAPSED)
        begin(store, "b", "Bank", lease=LAPSED)
        assert self.due(store) == ["a"]

    def test_no_more_than_wanted(self, store: Store) -> None:
        for number in range(5):
            begin(store, f"r{number}", lease=LAPSED)
            create(store, f"p{number}")
        assert len(store.due("Shop", limit=3, grace=0.0)) == 3


class RemoveSuite:
    def test_a_deleted_run_is_gone(self, store: Store) -> None:
        wait(store)
        store.decide("run", "approve", gate="manager", payload=b"x")
        assert store.delete("run")
        assert not store.delete("run")
        with pytest.raises(RunNotFoundError):
            store.get("run")
        assert store.list().runs == ()

    def test_its_id_is_free_again_and_knows_nothing_of_before(self, store: Store) -> None:
        wait(store)
        store.decide("run", "approve", gate="manager", payload=b"x")
        store.delete("run")
        create(store, input_digest="other", payload=b"new")
        state = store.read("run")
        assert ([save.payload for save in state.saves], state.decisions, state.run.epoch) == ([b"new"], (), 0)

    def test_what_runs_is_not_deleted(self, store: Store) -> None:
        before = begin(store)
        with pytest.raises(RunClaimedError):
            store.delete("run")
        assert store.get("run") == before

    def test_the_owner_of_what_was_deleted_finds_nothing(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        store.delete("run")
        with pytest.raises(RunNotFoundError):
            store.save("run", 1, step(1))

    def test_others_stay(self, store: Store) -> None:
        for id in ("a", "ab", "b"):
            wait(store, id)
        store.delete("a")
        assert [run.id for run in store.list().runs] == ["b", "ab"]
        assert payloads(store, "ab") == [b"input"]

    def test_old_runs_are_pruned_by_status(self, store: Store) -> None:
        for status in RESTING:
            begin(store, status)
            store.finish(status, 1, status)  # type: ignore[arg-type]
        assert store.prune(status=["completed", "failed"], older_than=60.0) == 0
        assert store.prune(status=["completed", "failed"], older_than=0.0) == 2
        assert sorted(run.id for run in store.list().runs) == ["cancelled", "expired", "rejected", "stopped"]
        with pytest.raises(RunNotFoundError):
            store.read("failed")

    def test_what_runs_is_never_pruned(self, store: Store) -> None:
        with pytest.raises(ValueError, match="status"):
            store.prune(status=["running"], older_than=0.0)

    def test_nothing_is_pruned_of_nothing(self, store: Store) -> None:
        assert store.prune(status=["completed"], older_than=0.0) == 0
        assert store.prune(status=[], older_than=0.0) == 0


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
