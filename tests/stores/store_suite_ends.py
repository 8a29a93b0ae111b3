"""What every store must do when runs end, wait and are decided. See ``store_suite.py``."""

from __future__ import annotations

from typing import Any

import pytest
from store_suite import FINAL, LAPSED, RESTING, begin, create, payloads, step, wait

from stepkit.errors import AlreadyDecidedError, RunExpiredError, RunLostError, RunNotFoundError, RunStatusError
from stepkit.stores import Store


class FinishSuite:
    @pytest.mark.parametrize("status", RESTING)
    def test_a_run_ends(self, store: Store, status: Any) -> None:
        begin(store)
        run = store.finish("run", 1, status)
        assert (run.status, run.owner, run.lease_until, run.epoch) == (status, None, None, 1)
        assert run.status_at == run.updated_at
        assert store.get("run") == run

    def test_a_run_fails_with_its_error(self, store: Store) -> None:
        begin(store)
        store.finish("run", 1, "failed", error=b"\x00boom\xff")
        assert store.get("run").error == b"\x00boom\xff"

    def test_what_is_resumed_keeps_its_error_until_it_ends(self, store: Store) -> None:
        begin(store)
        store.finish("run", 1, "failed", error=b"boom")
        assert store.claim("run", "ana", 60.0).run.error == b"boom"
        assert store.finish("run", 2, "completed").error is None

    def test_the_last_save_can_come_with_the_end(self, store: Store) -> None:
        begin(store)
        run = store.finish("run", 1, "completed", save=step(1, b"whole", full=True))
        assert (run.status, run.seq, run.full_seq, run.step_name) == ("completed", 1, 1, "step-1")
        assert payloads(store) == [b"whole"]

    def test_an_end_with_a_save_that_is_there(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1))
        run = store.finish("run", 1, "completed", save=step(1))
        assert (run.status, run.seq) == ("completed", 1)
        assert [save.seq for save in store.history("run")] == [0, 1]

    def test_an_end_with_a_save_out_of_order_ends_nothing(self, store: Store) -> None:
        before = begin(store)
        with pytest.raises(ValueError, match="number 1"):
            store.finish("run", 1, "completed", save=step(3))
        assert store.get("run") == before

    def test_an_end_can_remove_what_no_resume_needs(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1))
        store.finish("run", 1, "completed", save=step(2, b"whole", full=True), keep="last")
        assert [save.seq for save in store.history("run")] == [2]

    def test_the_same_end_again_changes_nothing(self, store: Store) -> None:
        begin(store)
        first = store.finish("run", 1, "failed", error=b"boom", save=step(1))
        assert store.finish("run", 1, "failed", error=b"boom", save=step(1)) == first
        assert store.get("run") == first
        assert [save.seq for save in store.history("run")] == [0, 1]

    def test_the_same_end_again_after_the_gate_was_decided(self, store: Store) -> None:
        wait(store)
        decided = store.decide("run", "approve", gate="manager")
        assert store.finish("run", 1, "waiting", waiting_for="manager") == decided

    def test_another_end_is_lost(self, store: Store) -> None:
        begin(store)
        first = store.finish("run", 1, "failed", error=b"boom")
        with pytest.raises(RunLostError):
            store.finish("run", 1, "completed")
        assert store.get("run") == first

    def test_an_old_epoch_ends_nothing(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        after = store.claim("run", "bob", 60.0).run
        with pytest.raises(RunLostError):
            store.finish("run", 1, "completed", save=step(1))
        assert store.get("run") == after
        assert [save.seq for save in store.history("run")] == [0]

    def test_a_run_is_given_back(self, store: Store) -> None:
        begin(store)
        run = store.finish("run", 1, "pending", due_in=60.0)
        assert (run.status, run.due_at) == ("pending", run.updated_at + 60_000_000)

    def test_a_run_waits_and_its_gate_expires(self, store: Store) -> None:
        begin(store)
        run = store.finish("run", 1, "waiting", waiting_for="a/b", expires_in=7.5)
        assert (run.status, run.waiting_for) == ("waiting", "a/b")
        assert run.expires_at == run.updated_at + 7_500_000

    def test_a_gate_may_have_no_end(self, store: Store) -> None:
        wait(store)
        assert store.get("run").expires_at is None

    def test_nothing_cannot_end(self, store: Store) -> None:
        with pytest.raises(RunNotFoundError):
            store.finish("run", 1, "completed")

    @pytest.mark.parametrize(
        "options",
        [
            {"status": "running"},
            {"status": "waiting"},
            {"status": "completed", "waiting_for": "gate"},
            {"status": "completed", "expires_in": 1.0},
            {"status": "completed", "due_in": 1.0},
            {"status": "done"},
            {"status": "completed", "keep": "some"},
        ],
        ids=str,
    )
    def test_what_makes_no_sense_is_refused(self, store: Store, options: Any) -> None:
        before = begin(store)
        with pytest.raises(ValueError, match=r"status|keep"):
            store.finish("run", 1, **options)
        assert store.get("run") == before


class DecideSuite:
    def test_an_approval_ends_the_waiting(self, store: Store) -> None:
        wait(store, expires_in=60.0)
        run = store.decide("run", "approve", gate="manager", payload=b'{"by":1}', by="ana", reason="fine\nso")
        assert (run.status, run.waiting_for, run.expires_at, run.decided) == ("pending", None, None, 1)
        assert store.get("run") == run
        (decision,) = store.read("run").decisions
        assert (decision.gate, decision.kind, decision.payload) == ("manager", "approve", b'{"by":1}')
        assert (decision.by, decision.reason, decision.at) == ("ana", "fine\nso", run.updated_at)

    def test_an_approval_needs_nothing_else(self, store: Store) -> None:
        wait(store)
        store.decide("run", "approve", gate="manager")
        (decision,) = store.read("run").decisions
        assert (decision.payload, decision.by, decision.reason) == (None, None, None)

    def test_an_empty_payload_is_not_none(self, store: Store) -> None:
        wait(store)
        store.decide("run", "approve", gate="manager", payload=b"")
        assert store.read("run").decisions[0].payload == b""

    def test_a_rejection_ends_the_run(self, store: Store) -> None:
        wait(store)
        run = store.decide("run", "reject", gate="manager", by="ana", reason="no")
        assert (run.status, run.waiting_for) == ("rejected", None)
        assert [(each.kind, each.reason) for each in store.read("run").decisions] == [("reject", "no")]

    def test_an_approved_run_can_be_claimed(self, store: Store) -> None:
        wait(store)
        store.decide("run", "approve", gate="manager", payload=b"yes")
        claim = store.claim("run", "bob", 60.0)
        assert [each.payload for each in claim.decisions] == [b"yes"]

    @pytest.mark.parametrize("kind", ["approve", "reject"])
    def test_the_same_again_changes_nothing(self, store: Store, kind: Any) -> None:
        wait(store)
        first = store.decide("run", kind, gate="manager", payload=b"1", by="ana")
        decisions = store.read("run").decisions
        assert store.decide("run", kind, gate="manager", payload=b"1", by="ana") == first
        assert store.read("run").decisions == decisions

    def test_the_same_again_gives_the_run_as_it_is_by_then(self, store: Store) -> None:
        wait(store)
        store.decide("run", "approve", gate="manager", payload=b"1")
        store.finish("run", store.claim("run", "ana", 60.0).run.epoch, "completed")
        assert store.decide("run", "approve", gate="manager", payload=b"1").status == "completed"

    @pytest.mark.parametrize(
        "other",
        [
            {"kind": "approve", "payload": b"2", "by": "ana"},
            {"kind": "approve", "payload": None, "by": "ana"},
            {"kind": "approve", "payload": b"1", "by": "bob"},
            {"kind": "reject", "payload": b"1", "by": "ana"},
        ],
        ids=str,
    )
    def test_another_one_is_refused_and_says_what_was_decided(self, store: Store, other: Any) -> None:
        wait(store)
        first = store.decide("run", "approve", gate="manager", payload=b"1", by="ana")
        with pytest.raises(AlreadyDecidedError) as caught:
            store.decide("run", gate="manager", **other)
        error = caught.value
        assert (error.run, error.gate, error.decision, error.by) == ("run", "manager", "approve", "ana")
        assert round(error.at.timestamp() * 1_000_000) // 10 == first.updated_at // 10
        assert store.get("run") == first
        assert len(store.read("run").decisions) == 1

    def test_a_gate_that_has_expired_cannot_be_decided(self, store: Store) -> None:
        wait(store, expires_in=0.0)
        before = store.get("run")
        for kind in ("approve", "reject"):
            with pytest.raises(RunExpiredError) as caught:
                store.decide("run", kind, gate="manager")  # type: ignore[arg-type]
            assert (caught.value.run, caught.value.gate) == ("run", "manager")
        assert store.get("run") == before

    def test_expiry_ends_the_run_once(self, store: Store) -> None:
        wait(store, expires_in=0.0)
        run = store.decide("run", "expire", gate="manager")
        assert (run.status, run.waiting_for, run.expires_at) == ("expired", None, None)
        assert store.decide("run", "expire", gate="manager") == run
        with pytest.raises(RunExpiredError):
            store.decide("run", "approve", gate="manager")

    def test_expiry_waits_for_its_time(self, store: Store) -> None:
        wait(store, expires_in=60.0)
        before = store.get("run")
        with pytest.raises(RunStatusError, match="before its time"):
            store.decide("run", "expire", gate="manager")
        assert store.get("run") == before

    def test_a_gate_without_an_end_does_not_expire(self, store: Store) -> None:
        wait(store)
        with pytest.raises(RunStatusError):
            store.decide("run", "expire", gate="manager")

    def test_a_decision_does_not_expire(self, store: Store) -> None:
        wait(store, expires_in=60.0)
        store.decide("run", "approve", gate="manager")
        with pytest.raises(AlreadyDecidedError):
            store.decide("run", "expire", gate="manager")

    def test_another_gate_is_not_decided(self, store: Store) -> None:
        wait(store)
        with pytest.raises(RunStatusError) as caught:
            store.decide("run", "approve", gate="managers")
        assert (caught.value.status, caught.value.waiting_for) == ("waiting", "manager")

    @pytest.mark.parametrize("status", ["pending", *RESTING])
    def test_what_does_not_wait_is_not_decided(self, store: Store, status: Any) -> None:
        begin(store)
        before = store.finish("run", 1, status)
        with pytest.raises(RunStatusError):
            store.decide("run", "approve", gate="manager")
        assert store.get("run") == before

    def test_what_runs_is_not_decided(self, store: Store) -> None:
        begin(store)
        with pytest.raises(RunStatusError):
            store.decide("run", "reject", gate="manager")

    def test_nothing_is_not_decided(self, store: Store) -> None:
        with pytest.raises(RunNotFoundError):
            store.decide("run", "approve", gate="manager")

    def test_gates_in_a_row(self, store: Store) -> None:
        wait(store, gate="g0")
        for number in range(1, 5):
            store.decide("run", "approve", gate=f"g{number - 1}", payload=b"%d" % number)
            epoch = store.claim("run", "ana", 60.0).run.epoch
            store.finish("run", epoch, "waiting", waiting_for=f"g{number}")
        assert [each.gate for each in store.read("run").decisions] == ["g0", "g1", "g2", "g3"]
        assert store.get("run").decided == 4

    def test_a_run_does_not_wait_for_what_has_been_decided(self, store: Store) -> None:
        wait(store)
        store.decide("run", "approve", gate="manager", by="ana")
        before = store.claim("run", "ana", 60.0).run
        with pytest.raises(AlreadyDecidedError):
            store.finish("run", 2, "waiting", waiting_for="manager")
        assert store.get("run") == before

    def test_the_same_gate_of_two_runs(self, store: Store) -> None:
        for id in ("a", "b"):
            wait(store, id)
        store.decide("a", "approve", gate="manager")
        assert (store.get("a").status, store.get("b").status) == ("pending", "waiting")
        assert store.read("b").decisions == ()

    @pytest.mark.parametrize("gate", ["a", "a/b", "a/b/c", "A", "a b", "a%", "a_"])
    def test_gates_are_told_apart(self, store: Store, gate: str) -> None:
        gates = ["a", "a/b", "a/b/c", "A", "a b", "a%", "a_"]
        wait(store, gate=gate)
        for other in gates:
            if other != gate:
                with pytest.raises(RunStatusError):
                    store.decide("run", "approve", gate=other)
        assert store.decide("run", "approve", gate=gate).status == "pending"


class CancelSuite:
    @pytest.mark.parametrize("status", ["pending", "stopped", "failed"])
    def test_what_nobody_runs_ends(self, store: Store, status: Any) -> None:
        begin(store)
        store.finish("run", 1, status)
        run = store.decide("run", "cancel", by="ana", reason="no longer")
        assert (run.status, run.owner, run.due_at) == ("cancelled", None, None)
        assert [(each.gate, each.kind, each.reason) for each in store.read("run").decisions] == [
            ("", "cancel", "no longer")
        ]

    def test_what_waits_ends(self, store: Store) -> None:
        wait(store, expires_in=60.0)
        run = store.decide("run", "cancel")
        assert (run.status, run.waiting_for, run.expires_at) == ("cancelled", None, None)
        with pytest.raises(RunStatusError):
            store.decide("run", "approve", gate="manager")

    def test_what_runs_is_told(self, store: Store) -> None:
        begin(store)
        run = store.decide("run", "cancel")
        assert (run.status, run.owner, run.cancel_requested) == ("running", "ana", True)
        assert store.renew("run", 1, 60.0).cancel_requested
        assert store.save("run", 1, step(1)).cancel_requested
        assert store.finish("run", 1, "cancelled").status == "cancelled"

    def test_what_nobody_runs_any_more_ends_and_its_owner_has_lost_it(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        assert store.decide("run", "cancel").status == "cancelled"
        with pytest.raises(RunLostError):
            store.save("run", 1, step(1))

    def test_a_second_request_changes_nothing(self, store: Store) -> None:
        begin(store)
        first = store.decide("run", "cancel", reason="one")
        assert store.decide("run", "cancel", reason="two") == first
        assert [each.reason for each in store.read("run").decisions] == ["one"]

    @pytest.mark.parametrize("status", ["waiting", "stopped", "pending"])
    def test_what_was_to_be_cancelled_does_not_rest(self, store: Store, status: Any) -> None:
        begin(store)
        store.decide("run", "cancel")
        options: Any = {"waiting_for": "g", "expires_in": 60.0} if status == "waiting" else {}
        options |= {"due_in": 60.0} if status == "pending" else {}
        run = store.finish("run", 1, status, save=step(1), **options)
        assert (run.status, run.waiting_for, run.expires_at, run.due_at) == ("cancelled", None, None, None)
        assert run.seq == 1

    def test_what_completes_before_it_was_told_has_completed(self, store: Store) -> None:
        begin(store)
        store.decide("run", "cancel")
        assert store.finish("run", 1, "completed").status == "completed"

    def test_what_failed_meanwhile_can_be_resumed_and_cancelled_again(self, store: Store) -> None:
        begin(store)
        store.decide("run", "cancel")
        run = store.finish("run", 1, "failed", error=b"boom")
        assert (run.status, run.cancel_requested) == ("failed", False)
        store.claim("run", "ana", 60.0)
        assert store.decide("run", "cancel").cancel_requested
        assert store.read("run").run.decided == len(store.read("run").decisions) == 1

    def test_the_next_owner_is_told_too(self, store: Store) -> None:
        begin(store)
        store.decide("run", "cancel")
        store.renew("run", 1, LAPSED)
        assert store.claim("run", "bob", 60.0).run.cancel_requested

    @pytest.mark.parametrize("status", [each for each in FINAL if each != "cancelled"])
    def test_what_is_final_stays_so(self, store: Store, status: Any) -> None:
        begin(store)
        before = store.finish("run", 1, status)
        with pytest.raises(RunStatusError):
            store.decide("run", "cancel")
        assert store.get("run") == before

    def test_cancelling_again_is_no_error(self, store: Store) -> None:
        create(store)
        first = store.decide("run", "cancel")
        assert store.decide("run", "cancel") == first

    @pytest.mark.parametrize(
        "options",
        [{"kind": "cancel", "gate": "g"}, {"kind": "approve"}, {"kind": "agree", "gate": "g"}],
        ids=str,
    )
    def test_what_makes_no_sense_is_refused(self, store: Store, options: Any) -> None:
        create(store)
        with pytest.raises(ValueError, match=r"gate|decision"):
            store.decide("run", **options)
