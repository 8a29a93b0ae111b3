"""What every store must do, as classes whose tests take a fixture ``store``, empty at first.

``test_store_contract.py`` runs them on each of ours.
"""

from __future__ import annotations

from typing import Any

import pytest

from stepkit.errors import (
    RunClaimedError,
    RunConflictError,
    RunLostError,
    RunNotFoundError,
    RunStatusError,
)
from stepkit.stores import NewSave, RunRecord, Store

LAPSED = 0.0
"""A lease that has lapsed once it was given."""
RESTING = ["stopped", "completed", "failed", "rejected", "expired", "cancelled"]
FINAL = ["completed", "rejected", "expired", "cancelled"]


def create(store: Store, id: str = "run", flow: str = "Shop", **options: Any) -> RunRecord:
    options = {"input_digest": "one", "payload": b"input", **options}
    return store.create(id, flow, options.pop("payload"), **options)[0]


def begin(store: Store, id: str = "run", flow: str = "Shop", lease: float = 60.0) -> RunRecord:
    """A new run, claimed at once."""
    return create(store, id, flow, owner="ana", lease=lease)


def step(seq: int, payload: bytes | None = None, *, full: bool = False, **options: Any) -> NewSave:
    name = options.pop("step_name", f"step-{seq}")
    return NewSave(seq=seq, step_name=name, payload=payload or b"change %d" % seq, full=full, **options)


def wait(store: Store, id: str = "run", gate: str = "manager", expires_in: float | None = None, **options: Any) -> None:
    """A new run that waits for a gate."""
    run = begin(store, id, **options)
    store.finish(id, run.epoch, "waiting", waiting_for=gate, expires_in=expires_in)


def payloads(store: Store, id: str = "run", upto: int | None = None) -> list[bytes]:
    return [save.payload for save in store.read(id, upto).saves]


class CreateSuite:
    def test_a_new_run_is_pending_and_has_its_input(self, store: Store) -> None:
        run = create(store, flow="Shop", payload=b"\x00\xff{}")
        assert (run.id, run.flow, run.status, run.epoch, run.seq) == ("run", "Shop", "pending", 0, 0)
        assert (run.owner, run.lease_until, run.step_name, run.waiting_for, run.error) == (None,) * 5
        (save,) = store.read("run").saves
        assert (save.seq, save.kind, save.step_name, save.payload, save.full) == (0, "input", None, b"\x00\xff{}", True)

    def test_its_times_are_those_of_the_store(self, store: Store) -> None:
        run = create(store)
        assert run.created_at == run.updated_at == run.status_at == store.read("run").saves[0].at
        assert run.created_at > 1_700_000_000_000_000

    def test_what_create_gives_is_what_get_gives(self, store: Store) -> None:
        assert create(store, due_in=5.0) == store.get("run")

    def test_a_run_can_be_claimed_as_it_is_made(self, store: Store) -> None:
        run = begin(store, lease=60.0)
        assert (run.status, run.epoch, run.owner) == ("running", 1, "ana")
        assert run.lease_until == run.created_at + 60_000_000
        assert store.get("run") == run

    def test_the_same_again_gives_the_run_as_it_is(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1))
        run, made = store.create("run", "Shop", b"input", input_digest="one")
        assert not made
        assert run == store.get("run")
        assert (run.status, run.seq) == ("running", 1)

    def test_the_first_call_says_that_it_made_the_run(self, store: Store) -> None:
        assert store.create("run", "Shop", b"input", input_digest="one")[1]

    def test_a_second_start_does_not_claim(self, store: Store) -> None:
        create(store)
        run, made = store.create("run", "Shop", b"input", input_digest="one", owner="bob", lease=60.0)
        assert (made, run.status, run.owner) == (False, "pending", None)

    def test_another_input_is_a_conflict(self, store: Store) -> None:
        before = create(store)
        with pytest.raises(RunConflictError) as caught:
            create(store, input_digest="two")
        assert (caught.value.run, caught.value.flow) == ("run", "Shop")
        assert store.get("run") == before

    def test_another_flow_is_a_conflict(self, store: Store) -> None:
        create(store)
        with pytest.raises(RunConflictError):
            create(store, flow="Other")

    def test_a_fork_knows_its_parent_and_its_step(self, store: Store) -> None:
        create(store, "new", parent="old", step_name="a/b")
        run = store.get("new")
        assert (run.parent, run.step_name) == ("old", "a/b")
        assert store.read("new").saves[0].step_name == "a/b"

    def test_a_large_input_comes_back(self, store: Store) -> None:
        large = bytes(range(256)) * 8192
        create(store, payload=large)
        assert payloads(store) == [large]

    def test_an_empty_payload_comes_back(self, store: Store) -> None:
        create(store, payload=b"")
        assert payloads(store) == [b""]


class ClaimSuite:
    def test_a_claim_gives_an_epoch_a_lease_and_the_saves(self, store: Store) -> None:
        create(store)
        claim = store.claim("run", "ana", 30.0)
        assert (claim.run.status, claim.run.epoch, claim.run.owner, claim.previous) == ("running", 1, "ana", "pending")
        assert claim.run.lease_until == claim.run.updated_at + 30_000_000
        assert [save.payload for save in claim.saves] == [b"input"]
        assert claim.decisions == ()
        assert store.get("run") == claim.run

    def test_a_live_lease_keeps_others_out(self, store: Store) -> None:
        run = begin(store)
        with pytest.raises(RunClaimedError) as caught:
            store.claim("run", "bob", 60.0)
        assert (caught.value.run, caught.value.owner) == ("run", "ana")
        assert int(caught.value.until.timestamp() * 1_000_000) // 10 == (run.lease_until or 0) // 10
        assert store.get("run") == run

    def test_the_same_owner_is_kept_out_too(self, store: Store) -> None:
        begin(store)
        with pytest.raises(RunClaimedError):
            store.claim("run", "ana", 60.0)

    def test_a_lapsed_lease_is_free(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        claim = store.claim("run", "bob", 60.0)
        assert (claim.run.epoch, claim.run.owner, claim.previous) == (2, "bob", "running")

    def test_the_epoch_only_grows(self, store: Store) -> None:
        create(store)
        epochs = []
        for _ in range(4):
            epoch = store.claim("run", "ana", 60.0).run.epoch
            store.finish("run", epoch, "failed")
            epochs.append(epoch)
        assert epochs == [1, 2, 3, 4]

    @pytest.mark.parametrize("status", ["stopped", "failed", "pending"])
    def test_what_rests_can_be_claimed(self, store: Store, status: Any) -> None:
        begin(store)
        store.finish("run", 1, status)
        assert store.claim("run", "bob", 60.0).previous == status

    @pytest.mark.parametrize("status", FINAL)
    def test_what_is_final_cannot_be_claimed(self, store: Store, status: Any) -> None:
        begin(store)
        before = store.finish("run", 1, status)
        with pytest.raises(RunStatusError) as caught:
            store.claim("run", "bob", 60.0)
        assert (caught.value.run, caught.value.status) == ("run", status)
        assert store.get("run") == before

    def test_what_waits_cannot_be_claimed(self, store: Store) -> None:
        wait(store)
        with pytest.raises(RunStatusError) as caught:
            store.claim("run", "bob", 60.0)
        assert caught.value.waiting_for == "manager"

    def test_a_claim_may_take_some_statuses_only(self, store: Store) -> None:
        begin(store)
        store.finish("run", 1, "failed")
        with pytest.raises(RunStatusError):
            store.claim("run", "bob", 60.0, statuses=("pending", "running"))
        assert store.claim("run", "bob", 60.0, statuses=("failed",)).run.epoch == 2

    def test_a_claim_gives_what_a_resume_needs(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        for save in (step(1), step(2, b"whole", full=True), step(3)):
            store.save("run", 1, save)
        claim = store.claim("run", "bob", 60.0)
        assert [(save.seq, save.payload, save.full) for save in claim.saves] == [
            (2, b"whole", True),
            (3, b"change 3", False),
        ]
        assert claim.run.step_name == "step-3"

    def test_a_claim_gives_the_decisions_in_order(self, store: Store) -> None:
        wait(store, gate="z")
        store.decide("run", "approve", gate="z", payload=b"1")
        store.finish("run", store.claim("run", "ana", 60.0).run.epoch, "waiting", waiting_for="a")
        store.decide("run", "approve", gate="a", payload=b"2")
        claim = store.claim("run", "ana", 60.0)
        assert [(each.gate, each.payload) for each in claim.decisions] == [("z", b"1"), ("a", b"2")]

    def test_there_is_no_claim_on_nothing(self, store: Store) -> None:
        with pytest.raises(RunNotFoundError) as caught:
            store.claim("run", "ana", 60.0)
        assert caught.value.run == "run"

    def test_a_claim_forgets_when_the_run_was_due(self, store: Store) -> None:
        create(store, due_in=100.0)
        assert store.get("run").due_at is not None
        assert store.claim("run", "ana", 60.0).run.due_at is None

    def test_a_long_chain_comes_whole(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        for seq in range(1, 41):
            store.save("run", 1, step(seq))
        assert [save.seq for save in store.claim("run", "bob", 60.0).saves] == list(range(41))


class RenewSuite:
    def test_a_renewal_moves_the_lease(self, store: Store) -> None:
        begin(store, lease=1.0)
        lease = store.renew("run", 1, 100.0)
        run = store.get("run")
        assert run.lease_until == lease.until == run.updated_at + 100_000_000
        assert not lease.cancel_requested

    def test_a_lapsed_lease_is_still_the_owners_until_another_claims(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        store.renew("run", 1, 60.0)
        with pytest.raises(RunClaimedError):
            store.claim("run", "bob", 60.0)

    def test_it_is_lost_when_another_has_claimed(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        after = store.claim("run", "bob", 60.0).run
        with pytest.raises(RunLostError) as caught:
            store.renew("run", 1, 60.0)
        assert (caught.value.epoch, caught.value.newest, caught.value.status) == (1, 2, "running")
        assert store.get("run") == after

    def test_it_is_lost_when_the_run_has_ended(self, store: Store) -> None:
        begin(store)
        after = store.finish("run", 1, "completed")
        with pytest.raises(RunLostError):
            store.renew("run", 1, 60.0)
        assert store.get("run") == after

    def test_an_epoch_that_was_never_given_is_no_claim(self, store: Store) -> None:
        begin(store)
        with pytest.raises(RunLostError):
            store.renew("run", 2, 60.0)

    def test_nothing_cannot_be_renewed(self, store: Store) -> None:
        with pytest.raises(RunNotFoundError):
            store.renew("run", 1, 60.0)


class SaveSuite:
    def test_a_save_is_added_and_the_run_knows_its_step(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1, b"\x00\xff\n"))
        run = store.get("run")
        assert (run.seq, run.full_seq, run.step_name) == (1, 0, "step-1")
        save = store.read("run").saves[1]
        assert (save.seq, save.kind, save.step_name, save.payload, save.full, save.epoch) == (
            1,
            "step",
            "step-1",
            b"\x00\xff\n",
            False,
            1,
        )
        assert save.at == run.updated_at

    def test_a_full_save_stands_alone(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1))
        store.save("run", 1, step(2, b"whole", full=True))
        assert payloads(store) == [b"whole"]
        assert store.get("run").full_seq == 2

    def test_the_lease_stays_unless_the_save_renews_it(self, store: Store) -> None:
        run = begin(store)
        assert store.save("run", 1, step(1)).until == run.lease_until
        lease = store.save("run", 1, step(2), lease=500.0)
        assert lease.until == store.get("run").lease_until
        assert lease.until > (run.lease_until or 0) + 300_000_000

    def test_the_same_save_again_is_no_second_record(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1))
        before = store.get("run"), store.history("run")
        store.save("run", 1, step(1))
        assert (store.get("run"), store.history("run")) == before

    def test_an_older_save_again_is_no_error_either(self, store: Store) -> None:
        begin(store)
        for save in (step(1), step(2), step(1), step(2)):
            store.save("run", 1, save)
        assert [save.seq for save in store.history("run")] == [0, 1, 2]

    def test_the_same_save_again_renews(self, store: Store) -> None:
        begin(store, lease=1.0)
        store.save("run", 1, step(1), lease=1.0)
        assert store.save("run", 1, step(1), lease=900.0).until == store.get("run").lease_until
        assert [save.seq for save in store.history("run")] == [0, 1]

    def test_another_save_under_a_number_that_is_taken_is_refused(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1))
        with pytest.raises(ValueError, match="number 2"):
            store.save("run", 1, step(1, b"other"))
        assert payloads(store) == [b"input", b"change 1"]

    def test_a_number_is_not_left_out(self, store: Store) -> None:
        begin(store)
        with pytest.raises(ValueError, match="number 1"):
            store.save("run", 1, step(2))
        assert store.get("run").seq == 0

    def test_a_start_record_is_no_completed_step(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1))
        store.save("run", 1, step(2, kind="start"))
        run = store.get("run")
        assert (run.seq, run.step_name) == (2, "step-1")
        assert [save.kind for save in store.history("run")] == ["input", "step", "start"]

    def test_a_gate_has_its_own_kind(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1, kind="gate"))
        assert [save.kind for save in store.history("run")] == ["input", "gate"]

    def test_an_old_epoch_changes_nothing(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        store.claim("run", "bob", 60.0)
        before = store.get("run"), store.history("run")
        with pytest.raises(RunLostError):
            store.save("run", 1, step(1))
        assert (store.get("run"), store.history("run")) == before

    def test_an_old_owner_cannot_repeat_its_save(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        store.save("run", 1, step(1))
        store.claim("run", "bob", 60.0)
        with pytest.raises(RunLostError):
            store.save("run", 1, step(1))

    @pytest.mark.parametrize("status", RESTING)
    def test_what_has_ended_takes_no_save(self, store: Store, status: Any) -> None:
        begin(store)
        store.finish("run", 1, status)
        with pytest.raises(RunLostError) as caught:
            store.save("run", 1, step(1))
        assert caught.value.status == status

    def test_the_next_owner_goes_on_counting(self, store: Store) -> None:
        begin(store, lease=LAPSED)
        store.save("run", 1, step(1))
        store.claim("run", "bob", 60.0)
        store.save("run", 2, step(2))
        assert [(save.seq, save.epoch) for save in store.history("run")[1:]] == [(1, 1), (2, 2)]

    def test_keeping_the_last_removes_what_no_resume_needs(self, store: Store) -> None:
        begin(store)
        store.save("run", 1, step(1), keep="last")
        assert payloads(store) == [b"input", b"change 1"]
        store.save("run", 1, step(2, b"whole", full=True), keep="last")
        store.save("run", 1, step(3), keep="last")
        assert [save.seq for save in store.history("run")] == [2, 3]
        assert payloads(store) == [b"whole", b"change 3"]

    def test_the_same_save_again_after_the_older_ones_were_removed(self, store: Store) -> None:
        begin(store)
        for _ in range(2):
            store.save("run", 1, step(1, b"whole", full=True), keep="last")
        assert [save.seq for save in store.history("run")] == [1]
        store.save("run", 1, step(2), keep="last")
        assert payloads(store) == [b"whole", b"change 2"]

    def test_runs_do_not_see_each_others_saves(self, store: Store) -> None:
        for id in ("a", "b"):
            begin(store, id)
            store.save(id, 1, step(1, id.encode()))
        assert [payloads(store, id)[1] for id in ("a", "b")] == [b"a", b"b"]

    def test_nothing_takes_no_save(self, store: Store) -> None:
        with pytest.raises(RunNotFoundError):
            store.save("run", 1, step(1))
