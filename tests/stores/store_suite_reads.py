"""What every store must tell, remove and refuse. See ``store_suite.py``."""

from __future__ import annotations

from typing import Any

import pytest
from store_suite import LAPSED, RESTING, begin, create, payloads, step, wait

from stepkit.errors import InvalidIdError, RunClaimedError, RunNotFoundError
from stepkit.stores import Store


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
