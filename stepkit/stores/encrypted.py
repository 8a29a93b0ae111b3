"""Any store, with what users' contexts hold sealed before it reaches it: AES-GCM, from the package cryptography."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..errors import AlreadyDecidedError, CorruptCheckpointError, RunConflictError, StoreKeyError
from ..ids import checked_name
from .checks import MAX_FLOW, checked_bytes, checked_text
from .contract import (
    CLAIMABLE,
    Claim,
    Decision,
    DecisionKind,
    Keep,
    Lease,
    NewSave,
    Page,
    RunRecord,
    RunState,
    Save,
    Status,
    Store,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = b"\x01"
ID_SIZE = 8
NONCE_SIZE = 12


class EncryptedStore:
    """A store around another: payloads of saves and decisions, reasons and errors are sealed with AES-256-GCM.

    ``keys`` are 32 bytes each, or their base64. The first seals; all of them open, so a new key is put in front, and an
    old one is taken out when nothing sealed with it is left. What was sealed opens only where it was put: of that run,
    with that number, of that kind. Ids, statuses, names of flows, steps and gates, ``by`` and times stay readable.
    """

    def __init__(self, store: Store, keys: Sequence[bytes | str]) -> None:
        self._store = store
        made = [_Key(each) for each in keys]
        if not made:
            raise ValueError("an EncryptedStore needs a key")
        self._first = made[0]
        self._keys = {key.id: key for key in made}

    def __repr__(self) -> str:
        return f"<EncryptedStore of {self._store!r}>"

    # -- sealing -------------------------------------------------------------------------------------------------------

    def _open(self, sealed: bytes, run: str, what: str, seq: int | None, *about: object) -> bytes:
        id, nonce, rest = sealed[1:][:ID_SIZE], sealed[1 + ID_SIZE :][:NONCE_SIZE], sealed[1 + ID_SIZE + NONCE_SIZE :]
        if sealed[:1] != FORMAT or len(nonce) != NONCE_SIZE:
            raise CorruptCheckpointError(run, what, seq)
        key = self._keys.get(id)
        if key is None:
            raise StoreKeyError(run, id.hex())
        data = key.open(nonce, rest, _bound(run, about))
        if data is None:
            raise CorruptCheckpointError(run, what, seq)
        return data

    def _sealed_save(self, run: str, save: NewSave) -> NewSave:
        about = ("save", save.seq, save.kind, save.step_name, save.full)
        return replace(save, payload=self._first.seal(checked_bytes(save.payload, "payload"), _bound(run, about)))

    def _save(self, run: str, save: Save) -> Save:
        about = ("save", save.seq, save.kind, save.step_name, save.full)
        return replace(save, payload=self._open(save.payload, run, f"save number {save.seq}", save.seq, *about))

    def _decision(self, run: str, decision: Decision) -> Decision:
        if decision.payload is None:
            return decision
        about = ("decision", decision.gate, decision.kind, decision.by)
        head, _, payload = self._open(decision.payload, run, "a decision", None, *about).partition(b"\n")
        reason, has_payload = json.loads(head)
        return replace(decision, reason=reason, payload=payload if has_payload else None)

    def _run(self, run: RunRecord) -> RunRecord:
        if run.error is None:
            return run
        return replace(run, error=self._open(run.error, run.id, "its error", None, "error"))

    def _digest(self, key: _Key, id: str, input_digest: str) -> str:
        return key.mac(_bound(id, ("input", input_digest))).hex()

    # -- operations ----------------------------------------------------------------------------------------------------

    def setup(self) -> None:
        """Set up the store inside."""
        self._store.setup()

    def create(
        self,
        id: str,
        flow: str,
        payload: bytes,
        *,
        input_digest: str,
        step_name: str | None = None,
        parent: str | None = None,
        due_in: float | None = None,
        owner: str | None = None,
        lease: float | None = None,
    ) -> tuple[RunRecord, bool]:
        checked_name(input_digest, "input_digest", MAX_FLOW)
        sealed = self._first.seal(checked_bytes(payload, "payload"), _bound(id, ("save", 0, "input", step_name, True)))
        try:
            run, made = self._store.create(
                id,
                flow,
                sealed,
                input_digest=self._digest(self._first, id, input_digest),
                step_name=step_name,
                parent=parent,
                due_in=due_in,
                owner=owner,
                lease=lease,
            )
        except RunConflictError:  # perhaps only because the first key was another one then
            run, made = self._store.get(id), False
            digests = {self._digest(key, id, input_digest) for key in self._keys.values()}
            if run.flow != flow or run.input_digest not in digests:
                raise
        return self._run(run), made

    def claim(self, id: str, owner: str, lease: float, *, statuses: Collection[Status] = CLAIMABLE) -> Claim:
        claim = self._store.claim(id, owner, lease, statuses=statuses)
        try:
            state = self._state(RunState(claim.run, claim.saves, claim.decisions))
        except BaseException:  # what cannot be opened is not taken
            self._store.finish(id, claim.run.epoch, _given_back(claim.previous), error=claim.run.error)
            raise
        return Claim(state.run, state.saves, state.decisions, claim.previous)

    def renew(self, id: str, epoch: int, lease: float) -> Lease:
        return self._store.renew(id, epoch, lease)

    def save(self, id: str, epoch: int, save: NewSave, *, keep: Keep = "all", lease: float | None = None) -> Lease:
        return self._store.save(id, epoch, self._sealed_save(id, save), keep=keep, lease=lease)

    def finish(
        self,
        id: str,
        epoch: int,
        status: Status,
        *,
        save: NewSave | None = None,
        error: bytes | None = None,
        waiting_for: str | None = None,
        expires_in: float | None = None,
        due_in: float | None = None,
        keep: Keep = "all",
    ) -> RunRecord:
        run = self._store.finish(
            id,
            epoch,
            status,
            save=None if save is None else self._sealed_save(id, save),
            error=None if error is None else self._first.seal(checked_bytes(error, "error"), _bound(id, ("error",))),
            waiting_for=waiting_for,
            expires_in=expires_in,
            due_in=due_in,
            keep=keep,
        )
        return self._run(run)

    def decide(
        self,
        id: str,
        kind: DecisionKind,
        *,
        gate: str | None = None,
        payload: bytes | None = None,
        by: str | None = None,
        reason: str | None = None,
    ) -> RunRecord:
        sealed = None
        if payload is not None or reason is not None:
            if reason is not None:
                checked_text(reason, "reason")
            data = b"" if payload is None else checked_bytes(payload, "payload")
            frame = json.dumps([reason, payload is not None]).encode() + b"\n" + data
            sealed = self._first.seal(frame, _bound(id, ("decision", gate or "", kind, by)))
        try:
            run = self._store.decide(id, kind, gate=gate, payload=sealed, by=by)
        except AlreadyDecidedError:  # perhaps the same, sealed with another key
            state = self._store.read(id)
            new = Decision(gate=gate or "", kind=kind, payload=payload, by=by, reason=reason, at=0)
            if all(replace(self._decision(id, each), at=0) != new for each in state.decisions):
                raise
            run = state.run
        return self._run(run)

    def get(self, id: str) -> RunRecord:
        return self._run(self._store.get(id))

    def read(self, id: str, upto: int | None = None) -> RunState:
        return self._state(self._store.read(id, upto))

    def _state(self, state: RunState) -> RunState:
        id = state.run.id
        saves = tuple(self._save(id, save) for save in state.saves)
        return RunState(self._run(state.run), saves, tuple(self._decision(id, each) for each in state.decisions))

    def history(self, id: str, *, after: int = -1, limit: int | None = None) -> Sequence[Save]:
        return [self._save(id, save) for save in self._store.history(id, after=after, limit=limit)]

    def list(
        self,
        *,
        status: Status | None = None,
        flow: str | None = None,
        waiting_for: str | None = None,
        before: int | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page:
        page = self._store.list(
            status=status, flow=flow, waiting_for=waiting_for, before=before, limit=limit, cursor=cursor
        )
        return Page(tuple(self._run(run) for run in page.runs), page.cursor)

    def due(self, flow: str, *, grace: float = 60.0, limit: int = 100) -> Sequence[RunRecord]:
        return [self._run(run) for run in self._store.due(flow, grace=grace, limit=limit)]

    def delete(self, id: str) -> bool:
        return self._store.delete(id)

    def prune(self, *, status: Collection[Status], older_than: float) -> int:
        return self._store.prune(status=status, older_than=older_than)

    def close(self) -> None:
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _Key:
    """A key and what is made from it: one for AES-GCM, one for what must be the same for the same data."""

    def __init__(self, key: bytes | str) -> None:
        try:
            secret = base64.b64decode(key, altchars=b"-_", validate=True) if isinstance(key, str) else bytes(key)
        except (TypeError, ValueError, binascii.Error):
            secret = b""
        if len(secret) != 32:
            raise ValueError("a key is 32 bytes, or their base64; secrets.token_bytes(32) makes one")
        self._secret = secret
        self.id = self.derived("id")[:ID_SIZE]
        self._nonces = self.derived("nonce")
        self._cipher: AESGCM | None = None

    def derived(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, b"stepkit " + purpose.encode(), hashlib.sha256)

    def mac(self, data: bytes) -> bytes:
        return hmac.digest(self.derived("mac"), data, hashlib.sha256)

    def _aead(self) -> AESGCM:
        if self._cipher is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._cipher = AESGCM(self.derived("data"))
        return self._cipher

    def seal(self, data: bytes, bound: bytes) -> bytes:
        # The nonce is a MAC of what is sealed and of its place: the same save told again is the same bytes, so that the
        # store knows it, and two different ones never share a nonce (but for chance, as with random ones).
        nonce = hmac.digest(self._nonces, len(bound).to_bytes(8, "big") + bound + data, hashlib.sha256)[:NONCE_SIZE]
        return FORMAT + self.id + nonce + self._aead().encrypt(nonce, data, bound)

    def open(self, nonce: bytes, sealed: bytes, bound: bytes) -> bytes | None:
        from cryptography.exceptions import InvalidTag

        try:
            return self._aead().decrypt(nonce, sealed, bound)
        except InvalidTag:
            return None


def _bound(run: str, about: tuple[object, ...]) -> bytes:
    return json.dumps([run, *about]).encode()


def _given_back(previous: Status) -> Status:
    return "stopped" if previous == "running" else previous
