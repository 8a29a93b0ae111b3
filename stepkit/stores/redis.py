"""Runs in Redis, by redis-py."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import weakref
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import CorruptCheckpointError, RunNotFoundError, StoreUnavailableError, StoreVersionError
from ..ids import checked_name
from . import redis_scripts as scripts
from .base import BaseStore
from .connections import known_reason
from .contract import Claim, Decision, Lease, NewSave, RunRecord, RunState, Save, Status
from .digests import SIZE, decision_digest, save_digest, with_digest, without_digest
from .rules import (
    Begun,
    Change,
    Kept,
    NewRun,
    claimed,
    claimed_before,
    created,
    decided,
    first_save,
    found,
    is_due,
    removable,
    settled,
)

if TYPE_CHECKING:
    import redis

VERSION = 1
ATTEMPTS = 20
PRUNED_AT_ONCE = 500
TIME = 16
"""How many digits a time has before what it belongs to."""
NUMBERS: tuple[str, ...] = ("epoch", "seq", "full_seq", "first_seq", "decided", "created_at", "updated_at", "status_at")
NUMBERS += ("lease_until", "expires_at", "due_at")


class RedisStore(BaseStore):
    """Runs in a Redis database, 6.2 or newer. Its clock is that of the server.

    It takes a URL, or a ``redis.Redis`` client that does not decode responses. All keys begin with the ``prefix`` in
    braces, so that a cluster keeps them together.
    """

    kind = "Redis"

    def __init__(self, url: str | redis.Redis, *, prefix: str = "stepkit:") -> None:
        super().__init__()
        try:
            import redis
        except ImportError:
            raise ImportError('the Redis store needs redis-py: pip install "stepkit[redis]"') from None
        if re.search(r"[{}]", checked_name(prefix, "the prefix", 200)):
            raise ValueError("the prefix of a Redis store has no braces")
        self._redis = redis
        self._tag = "{" + prefix + "}"
        self._index = self._tag + "index"
        if isinstance(url, str):
            self._client = self._made(url)
            weakref.finalize(self, self._client.close)
        else:
            if url.connection_pool.connection_kwargs.get("decode_responses"):
                raise ValueError("a Redis store needs a client with decode_responses=False: payloads are bytes")
            self._client = url
        self._owned = isinstance(url, str)
        self._scripts: dict[str, Any] = {}

    def _made(self, url: str) -> redis.Redis:
        """A client that tries once more on a new connection: every script can be repeated."""
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        errors = [self._redis.ConnectionError, self._redis.TimeoutError]
        options: dict[str, Any] = {"socket_connect_timeout": 10.0, "socket_timeout": 30.0, "socket_keepalive": True}
        if url.startswith("unix:"):
            del options["socket_keepalive"], options["socket_connect_timeout"]
        try:
            return self._redis.Redis.from_url(url, retry=Retry(NoBackoff(), 1), retry_on_error=errors, **options)
        except ValueError:
            raise ValueError("the URL of the Redis store cannot be read") from None  # which may have a password

    # -- the server ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._redis.RedisError as error:
            word = re.match(r"[A-Z]{3,}\b", str(error))  # such as OOM or READONLY
            name = type(error).__name__ + (f", {word[0]}" if word else "")
            raise StoreUnavailableError(self.kind, known_reason(str(error), name)) from None

    def _call(self, script: str, keys: Sequence[str], *values: Any) -> Any:
        with self._translated():
            if script not in self._scripts:
                self._scripts[script] = self._client.register_script(script)
            return self._scripts[script](keys=keys, args=["" if value is None else value for value in values])

    def _about(self, id: str, script: str, *values: Any) -> Any:
        """Call a script about one run. Raises ``RunNotFoundError``."""
        reply = self._call(script, self._keys(id), *values)
        if isinstance(reply, list) and reply[0] == -1:
            raise RunNotFoundError(id)
        return reply

    def _keys(self, id: str) -> list[str]:
        name = hashlib.blake2b(id.encode(), digest_size=16).hexdigest()
        return [f"{self._tag}{kind}:{name}" for kind in ("run", "saves", "decisions")] + [self._index]

    def _setup(self) -> None:
        with self._translated():
            persistence, memory = self._info("persistence"), self._info("memory")
            version = int(self._call(scripts.SETUP, [self._tag + "version"], VERSION))
        if persistence.get("aof_enabled") == 0:
            self._warn("this Redis has no append-only file: what it acknowledged can be lost")
        if memory.get("maxmemory") and memory.get("maxmemory_policy") != "noeviction":
            self._warn("this Redis evicts keys when its memory is full: runs can be lost")
        if version > VERSION:
            raise StoreVersionError(self.kind, version, VERSION)

    def _info(self, section: str) -> dict[str, Any]:
        from redis.exceptions import NoPermissionError

        try:
            return dict(self._client.info(section))
        except NoPermissionError:
            return {}

    def _close(self) -> None:
        if self._owned:
            self._client.close()

    # -- rows ----------------------------------------------------------------------------------------------------------

    def _state(self, reply: list[Any], upto: int | None = None) -> tuple[RunState, int]:
        _, flat, now, elements, packed = reply[:5]
        run = _run(flat)
        saves = [_save(run.id, element) for element in elements]
        numbered = sorted((each[:TIME], _decision(run.id, each[TIME:])) for each in packed)
        if len(numbered) != run.decided:
            raise CorruptCheckpointError(run.id, "a decision")
        decisions = tuple(decision for _, decision in numbered)
        return RunState(run, self._chain(run, saves, upto), decisions), int(now)

    def _rows(self, ids: Sequence[bytes]) -> list[RunRecord]:
        with self._translated(), self._client.pipeline(transaction=False) as pipeline:
            for id in ids:
                pipeline.hgetall(self._keys(id.decode())[0])
            return [_run([part for item in row.items() for part in item]) for row in pipeline.execute() if row]

    # -- operations ----------------------------------------------------------------------------------------------------

    def _create(self, new: NewRun) -> tuple[RunRecord, bool]:
        planned = created(new, 0)
        first = first_save(new, planned)
        save = _packed(first, first.epoch, save_digest(new.id, first, first.epoch))
        lease = None if new.owner is None else new.lease
        values = (new.owner, lease, new.step_name, new.due_in, new.parent, new.mark, save)
        start = (new.id, new.flow, planned.status, planned.epoch, new.input_digest)
        made, flat = self._call(scripts.CREATE, self._keys(new.id), *start, *values)
        return (_run(flat), True) if made else found(_run(flat), new)

    def _claim(self, id: str, begun: Begun) -> Claim:
        statuses = f",{','.join(begun.statuses)},"
        for _ in range(ATTEMPTS):
            reply = self._about(id, scripts.CLAIM, begun.owner, begun.lease, begun.mark, statuses)
            run = _run(reply[1])
            if reply[0]:
                previous = reply[5].decode()
                try:
                    state, _ = self._state(reply)
                except CorruptCheckpointError:
                    self._about(id, scripts.GIVE_BACK, run.epoch, previous)
                    raise
                return Claim(state.run, state.saves, state.decisions, previous)
            if (before := claimed_before(run, begun)) is not None:
                state, _ = self._state(self._about(id, scripts.READ, None))
                return Claim(state.run, state.saves, state.decisions, before)
            claimed(run, begun, int(reply[2]))
        raise StoreUnavailableError(self.kind, "others were always first")

    def _hold(self, id: str, change: Change) -> Lease | None:
        seq, full, is_step, step_name, save = _saving(change)
        lease = "" if change.lease is None else change.lease
        told = f"{change.epoch},{seq},{full},{is_step},{lease},{int(change.keep_last)}"
        run, saves, _, index = self._keys(id)
        reply = self._call(scripts.HOLD, [run, saves, index], told, step_name, save)
        return Lease(int(reply[1]), reply[2] == b"1") if reply[0] else None

    def _advance(self, id: str, change: Change) -> RunRecord:
        for _ in range(ATTEMPTS):
            end = change.end
            ending: tuple[Any, ...] = ("",) * 5
            if end is not None:
                error = None if end.error is None else with_digest(end.error, "error", id)
                ending = (end.status, error, end.waiting_for, end.expires_in, end.due_in)
            going_on = (change.lease, int(change.keep_last))
            reply = self._about(id, scripts.ADVANCE, change.epoch, *_saving(change), *going_on, *ending, change.mark)
            run = _run(reply[1])
            if reply[0]:
                return run
            left = settled(run, change, lambda seq: self._digest(id, seq), lambda gate: self._earlier(id, gate))
            if left is None:
                return run
            change = left
        raise StoreUnavailableError(self.kind, "others were always first")

    def _digest(self, id: str, seq: int) -> bytes | None:
        """That of a save, as it was stored."""
        elements = self._about(id, scripts.HISTORY, seq - 1, 1)[1]
        save, undamaged = _save(id, elements[0]) if elements else (None, False)
        if save is None or save.seq != seq or not undamaged:
            return None
        return save_digest(id, save, save.epoch)

    def _earlier(self, id: str, gate: str) -> Decision | None:
        state, _ = self._state(self._about(id, scripts.READ, None))
        return next((each for each in state.decisions if each.gate == gate), None)

    def _decide(self, id: str, new: Decision) -> RunRecord:
        header = json.dumps([new.gate, new.kind, new.by, new.reason, new.payload is not None]).encode()
        packed = decision_digest(id, new) + _framed(header) + (new.payload or b"")
        for _ in range(ATTEMPTS):
            reply = self._about(id, scripts.DECIDE, new.kind, new.gate, packed)
            if reply[0]:
                return _run(reply[1])
            state, now = self._state(self._about(id, scripts.READ, None))
            earlier = next((each for each in state.decisions if each.gate == new.gate), None)
            if decided(state.run, earlier, new, now) is state.run:
                return state.run
        raise StoreUnavailableError(self.kind, "others were always first")

    def _get(self, id: str) -> RunRecord:
        runs = self._rows([id.encode()])
        if not runs:
            raise RunNotFoundError(id)
        return runs[0]

    def _read(self, id: str, upto: int | None) -> RunState:
        return self._state(self._about(id, scripts.READ, upto), upto)[0]

    def _saves(self, id: str, after: int, limit: int | None) -> Kept:
        _, elements, first, last = self._about(id, scripts.HISTORY, after, limit)
        return Kept(int(first), int(last), [_save(id, element) for element in elements])

    def _list(
        self,
        status: Status | None,
        flow: str | None,
        waiting_for: str | None,
        place: tuple[int, str] | None,
        limit: int,
    ) -> Sequence[RunRecord]:
        prefix = _prefix(status, flow, waiting_for)
        last = f"({prefix[:-1]};" if place is None else f"({prefix}{place[0]:0{TIME}}:{place[1]}"
        runs: list[RunRecord] = []
        while True:
            with self._translated():
                ranged: Any = self._client.zrevrangebylex(self._index, last, f"[{prefix}", start=0, num=limit)
            members: list[bytes] = ranged
            for run in self._rows([member[len(prefix) + TIME + 1 :] for member in members]):
                asked = {"status": status, "flow": flow, "waiting_for": waiting_for}
                if all(value is None or getattr(run, name) == value for name, value in asked.items()):
                    runs.append(run)
            if len(members) < limit or len(runs) >= limit:
                return runs[:limit]
            last = "(" + members[-1].decode()

    def _due(self, flow: str, grace: int, limit: int) -> Sequence[RunRecord]:
        now, ids = self._call(scripts.DUE, [self._index], _hashed(flow), grace, limit)
        return [run for run in self._rows(ids[:limit]) if is_due(run, int(now), grace)]

    def _delete(self, id: str) -> bool:
        try:
            reply = self._about(id, scripts.DELETE, "", "")
        except RunNotFoundError:
            return False
        if not reply[0]:
            removable(_run(reply[1]), int(reply[2]))
        return True

    def _prune(self, statuses: Collection[Status], age: int) -> int:
        count = 0
        for status in statuses:
            while True:
                ids = self._call(scripts.OLD, [self._index], status, age, PRUNED_AT_ONCE)
                for id in ids:
                    with contextlib.suppress(RunNotFoundError):
                        count += self._about(id.decode(), scripts.DELETE, status, age)[0]
                if len(ids) < PRUNED_AT_ONCE:
                    break
        return count


def _prefix(status: Status | None, flow: str | None, waiting_for: str | None) -> str:
    """The members of the index that come nearest to what is asked for begin with it."""
    if waiting_for is not None:
        return f"w:{_hashed(waiting_for)}:"
    if flow is not None:
        return f"f:{_hashed(flow)}:" if status is None else f"b:{_hashed(flow)}:{status}:"
    return "c:" if status is None else f"s:{status}:"


def _hashed(name: str) -> str:
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()  # what Lua has in Redis


def _run(flat: Sequence[bytes]) -> RunRecord:
    pairs = zip(flat[::2], flat[1::2], strict=True)
    stored = {name.decode(): value for name, value in pairs}
    row: dict[str, Any] = {}
    for name, value in stored.items():
        if name in NUMBERS:
            row[name] = int(value)
        elif name == "error":
            row[name] = without_digest(value, "error", stored["id"].decode())
            if row[name] is None:
                raise CorruptCheckpointError(stored["id"].decode(), "its error")
        else:
            row[name] = value.decode()
    row["cancel_requested"] = row["cancel_requested"] == "1"
    return RunRecord(**row)


def _saving(change: Change) -> tuple[Any, ...]:
    """What a script is told of the save, if there is one."""
    save = change.save
    if save is None or change.digest is None:
        return ("",) * 5
    packed = _packed(save, change.epoch, change.digest)
    return save.seq, int(save.full), int(save.kind == "step"), save.step_name, packed


def _framed(header: bytes) -> bytes:
    return len(header).to_bytes(4, "big") + header


def _packed(save: Save | NewSave, epoch: int, digest: bytes) -> bytes:
    header = json.dumps([save.seq, save.kind, save.step_name, epoch]).encode()
    return (b"F" if save.full else b"D") + digest + _framed(header) + save.payload


def _unframed(packed: bytes) -> tuple[list[Any], bytes] | None:
    """The header and what follows it, or None if the header is damaged."""
    size = int.from_bytes(packed[:4], "big")
    try:
        header = json.loads(packed[4 : 4 + size])
    except ValueError:
        return None
    return (header, packed[4 + size :]) if isinstance(header, list) else None


def _save(id: str, element: bytes) -> tuple[Save, bool]:
    """A save and whether it is undamaged."""
    at, flag, digest = element[:TIME], element[TIME : TIME + 1], element[TIME + 1 :][:SIZE]
    parts = _unframed(element[TIME + 1 + SIZE :])
    try:
        header, payload = parts or ([], b"")
        seq, kind, step_name, epoch = header
        full = flag == b"F"
        save = Save(seq=seq, kind=kind, step_name=step_name, payload=payload, full=full, epoch=epoch, at=int(at))
    except ValueError:
        return Save(seq=-1, kind="step", step_name=None, payload=b"", full=False, epoch=-1, at=0), False
    return save, save_digest(id, save, epoch) == digest


def _decision(id: str, packed: bytes) -> Decision:
    parts = _unframed(packed[TIME + SIZE :])
    try:
        header, payload = parts or ([], b"")
        gate, kind, by, reason, has_payload = header
        data = payload if has_payload else None
        decision = Decision(gate=gate, kind=kind, payload=data, by=by, reason=reason, at=int(packed[:TIME]))
    except ValueError:
        raise CorruptCheckpointError(id, "a decision") from None
    if decision_digest(id, decision) != packed[TIME:][:SIZE]:
        raise CorruptCheckpointError(id, "a decision")
    return decision
