"""Fallbacks: ``on_error=`` names what gives a step's keys when the step has failed."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from dataclasses import dataclass
from typing import Any, TypedDict

import pytest
import stepping

from stepkit import CircuitBreaker, Flow, LogConfig, flow
from stepkit.errors import (
    CircuitOpenError,
    ContextCollisionError,
    FlowDefinitionError,
    MissingKeyError,
    RunDeadlineError,
    StepOutputError,
    StepTimeoutError,
)
from stepkit.testing import assert_resumable


class Input(TypedDict):
    n: int


class Down(ConnectionError):
    pass


def on_the_module(self: Any, error: Exception, n: int) -> dict[str, Any]:
    return {"answer": f"module {n} {type(error).__name__} {self.default}"}


def without_self(error: Exception, n: int) -> dict[str, Any]:
    return {"answer": f"plain {n} {type(error).__name__}"}


class Answers(Flow[Input]):
    default = "usual"

    def by_name(self, error, n):
        return {"answer": f"method {n} {type(error).__name__} {self.default}"}

    async def by_name_async(self, error, n):
        await asyncio.sleep(0)
        return {"answer": f"async {n} {type(error).__name__}"}

    def in_the_body(self, error: Exception, n: int):
        return {"answer": f"body {n} {type(error).__name__}"}


FALLBACKS: dict[str, tuple[Any, str]] = {
    "a method's name": ("by_name", "method 1 Down usual"),
    "the name of an async one": ("by_name_async", "async 1 Down"),
    "a function of the body": (Answers.in_the_body, "body 1 Down"),
    "a function of the module": (on_the_module, "module 1 Down usual"),
    "a function without self": (without_self, "plain 1 Down"),
    "a lambda": (lambda self, error, n: {"answer": f"lambda {n}"}, "lambda 1"),
    "the whole context": (lambda error, ctx, /: {"answer": dict(ctx)}, {"n": 1}),
    "only the error": (lambda self, error: {"answer": str(error)}, "no answer"),
    "a key that may be missing": (lambda error, *, n, other=5: {"answer": n + other}, 6),
}


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("name", FALLBACKS)
def test_a_fallback_gives_the_keys_of_a_step_that_has_failed(name: str, is_async: bool) -> None:
    fallback, answer = FALLBACKS[name]

    class Asks(Answers):
        if is_async:

            @flow.step("ask", on_error=fallback)
            async def ask(self, n):
                raise Down("no answer")
        else:

            @flow.step("ask", on_error=fallback)
            def ask(self, n):
                raise Down("no answer")

        @flow.step("use")
        def use(self, answer):
            return {"used": answer}

    assert asyncio.run(Asks().run({"n": 1})) == {"n": 1, "answer": answer, "used": answer}
    assert Asks().run_sync({"n": 1}) == {"n": 1, "answer": answer, "used": answer}


def test_a_step_that_succeeds_has_none_of_it() -> None:
    class Asks(Answers):
        @flow.step("ask", on_error="by_name")
        def ask(self, n):
            return {"answer": n}

    assert Asks().run_sync({"n": 1}) == {"n": 1, "answer": 1}
    assert Asks.describe()[0]["on_error"] == "by_name"


def test_a_subclass_overrides_a_fallback_that_is_named() -> None:
    class Asks(Answers):
        @flow.step("ask", on_error="by_name")
        def ask(self, n):
            raise Down

    class Other(Asks):
        def by_name(self, error, n):
            return {"answer": "mine"}

    assert Other().run_sync({"n": 1})["answer"] == "mine"


def test_it_comes_after_the_last_attempt_and_everybody_is_told() -> None:
    class Asks(Answers):
        attempts = 0

        @flow.step("ask", retries=2, on_error="by_name")
        def ask(self, n):
            self.attempts += 1
            raise Down("no answer")

    told: list[Any] = []
    lines: list[str] = []
    asks = Asks()
    asks.run_sync(
        {"n": 1},
        on_step_error=lambda step, error: told.append((step, type(error))),
        on_step_complete=lambda event: told.append((event.step_name, event.context)),
        log=LogConfig(emoji=False, log_fn=lines.append, error_fn=lines.append, stopwatch=False),
    )
    assert asks.attempts == 3
    assert told == [("ask", Down)] * 3 + [("ask", {"n": 1, "answer": "method 1 Down usual"})]
    assert lines[-6:] == [
        "ask failed",
        "   Error: Down: no answer",
        "   ask: its fallback by_name gives its keys",
        "ask completed",
        "   Output: answer",
        "Pipeline completed successfully",
    ]


def test_a_failed_attempt_leaves_nothing_behind_for_it() -> None:
    class Changes(Flow):
        @flow.step("begin")
        def begin(self):
            return {"items": [1]}

        def count(self, error, items):
            items.append(3)
            return {"count": len(items)}

        @flow.step("change", on_error="count")
        def change(self, items):
            items.append(2)
            raise Down

    assert Changes().run_sync() == {"items": [1], "count": 2}


# -- what it stands in for -------------------------------------------------------------------------------------------


class Fails(Flow[Input]):
    @flow.step("first")
    def first(self, n):
        return {"lost": n}

    @flow.step("fail")
    def fail(self):
        raise Down


def instead(self: Any, error: Exception, n: int) -> dict[str, Any]:
    return {"answer": n}


class Nested(Flow[Input]):
    inner = flow.subflow("inner", Fails, on_error=instead)


class Routed(Flow[Input]):
    @flow.branch("route", cases={"fails": Fails}, on_error=instead)
    def route(self, n):
        return "fails"


class Unrouted(Flow[Input]):
    @flow.branch("route", cases={"fails": Fails}, on_error=instead)
    def route(self, n):
        raise Down


class Grouped(Flow[Input]):
    group = flow.parallel("group", on_error=instead)
    fails = group.subflow(Fails)

    @group.step("other")
    async def other(self):
        return {"lost": 1}


class Member(Flow[Input]):
    group = flow.parallel("group")
    fails = group.subflow(Fails, on_error=instead)


class MemberStep(Flow[Input]):
    group = flow.parallel("group", mode="settled")

    @group.step("member", on_error=instead)
    async def member(self):
        raise Down


class Transformed(Flow[Input]):
    @flow.transform("reduce", on_error=lambda error, n: {"n": n, "answer": n})
    def reduce(self):
        raise Down


@pytest.mark.parametrize("cls", [Nested, Routed, Unrouted, Grouped, Member, MemberStep, Transformed])
def test_it_stands_in_for_everything_that_may_fail(cls: type[Flow[Input]]) -> None:
    class Goes(cls):  # type: ignore[misc, valid-type]
        @flow.step("use")
        def use(self, answer):
            return {"used": answer}

    assert Goes().run_sync({"n": 1}) == {"n": 1, "answer": 1, "used": 1}
    asyncio.run(assert_resumable(Goes(), {"n": 1}))


def test_a_transform_has_its_context_replaced_by_it() -> None:
    class Reduces(Flow[Input]):
        @flow.transform("reduce", on_error=lambda error, n: {"answer": n})
        def reduce(self):
            raise Down

    assert Reduces().run_sync({"n": 1}) == {"answer": 1}


def test_a_settled_group_whose_member_has_one_has_not_failed() -> None:
    assert MemberStep().run_sync({"n": 1}) == {"n": 1, "answer": 1}


@pytest.mark.parametrize("cls", [Nested, Routed, Member])
def test_a_container_goes_on_after_its_inside_is_resumed_and_fails_again(cls: type[Flow[Input]]) -> None:
    taken: list[str] = []
    cls().run_sync({"n": 1}, on_step_complete=lambda event: taken.append(event.checkpoint))
    for checkpoint in taken:
        assert cls().run_checkpoint_sync(checkpoint) == {"n": 1, "answer": 1}


def test_the_merge_policy_is_the_steps_own() -> None:
    class Keeps(Flow[Input]):
        @flow.step("ask", merge="skip", on_error=lambda error: {"n": 5, "m": 1})
        def ask(self):
            raise Down

    class Collides(Flow[Input]):
        @flow.step("ask", merge="error", on_error=lambda error: {"n": 5})
        def ask(self):
            raise Down

    assert Keeps().run_sync({"n": 1}) == {"n": 1, "m": 1}
    with pytest.raises(ContextCollisionError) as caught:
        Collides().run_sync({"n": 1})
    assert isinstance(caught.value.__cause__, Down)


def test_timeouts_open_circuits_and_mistakes_are_failures_too() -> None:
    seen: list[type[Exception]] = []

    def note(error: Exception) -> None:
        seen.append(type(error))

    class All(Flow):
        @flow.step("slow", timeout=0.01, on_error=note)
        async def slow(self):
            await asyncio.sleep(60)

        @flow.step("circuit", circuit_breaker=CircuitBreaker(failure_threshold=1, cooldown=60), on_error=note)
        def circuit(self):
            raise Down

        @flow.step("returns", on_error=note)
        def returns(self):
            return 5

        @flow.step("reads", on_error=note)
        def reads(self, missing):
            return {}

    for _ in range(2):
        All().run_sync()
    assert seen == [
        *(StepTimeoutError, Down, StepOutputError, MissingKeyError),
        *(StepTimeoutError, CircuitOpenError, StepOutputError, MissingKeyError),
    ]


# -- when it fails itself --------------------------------------------------------------------------------------------


class Worse(ValueError):
    pass


@pytest.mark.parametrize("is_async", [False, True])
def test_its_own_error_ends_the_run_with_the_steps_as_the_cause(is_async: bool) -> None:
    class Asks(Flow):
        def worse(self, error):
            raise Worse("worse")

        async def worse_async(self, error):
            await asyncio.sleep(0)
            raise Worse("worse")

        @flow.step("ask", on_error="worse_async" if is_async else "worse")
        def ask(self):
            raise Down

    told: list[type[Exception]] = []
    with pytest.raises(Worse) as caught:
        Asks().run_sync(on_step_error=lambda step, error: told.append(type(error)), run_id="r")
    assert isinstance(caught.value.__cause__, Down)
    name = "worse_async" if is_async else "worse"
    assert caught.value.__notes__ == [f'in flow Asks, step "ask", its fallback {name}, run r']
    assert told == [Down, Worse]


def test_it_may_let_the_error_pass() -> None:
    class Asks(Flow):
        def only_some(self, error):
            raise error

        @flow.step("ask", on_error="only_some")
        def ask(self):
            raise Down

    told: list[str] = []
    with pytest.raises(Down) as caught:
        Asks().run_sync(on_step_error=lambda step, error: told.append(step))
    assert caught.value.__cause__ is None
    assert told == ["ask"]


@pytest.mark.parametrize("given", [5, None])
def test_what_it_returns_is_looked_at_as_a_steps(given: Any) -> None:
    class Asks(Flow):
        @flow.step("ask", on_error=lambda error: given)
        def ask(self):
            raise Down

    if given is None:
        assert Asks().run_sync() == {}
        return
    with pytest.raises(StepOutputError) as caught:
        Asks().run_sync()
    assert isinstance(caught.value.__cause__, Down)


def test_a_key_that_it_reads_and_that_is_missing_is_named() -> None:
    class Asks(Flow[Input]):
        @flow.step("ask", on_error=lambda error, m: {"answer": m})
        def ask(self):
            raise Down

    with pytest.raises(MissingKeyError, match='reads "m"') as caught:
        Asks().run_sync({"n": 1})
    assert isinstance(caught.value.__cause__, Down)
    assert caught.value.__notes__[0].startswith("in its fallback <lambda>, run ")


def test_from_none_is_meant() -> None:
    def hide(error: Exception) -> None:
        raise Worse from None

    class Asks(Flow):
        @flow.step("ask", on_error=hide)
        def ask(self):
            raise Down

    with pytest.raises(Worse) as caught:
        Asks().run_sync()
    assert caught.value.__cause__ is None


# -- what it never catches -------------------------------------------------------------------------------------------


class Waits(Flow):
    called = False

    def never(self, error):
        Waits.called = True
        return {}

    @flow.step("wait", on_error="never", retries=2)
    async def wait(self):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise Down from None  # as some libraries do


def test_a_cancellation_passes_it() -> None:
    async def main() -> None:
        task = asyncio.ensure_future(Waits().run())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    stepping.run(main())
    assert not Waits.called


def test_a_deadline_passes_it() -> None:
    async def main() -> None:
        with pytest.raises(RunDeadlineError):
            await Waits().run(deadline=5)

    stepping.run(main())
    assert not Waits.called


def test_a_deadline_ends_a_fallback_too() -> None:
    class Long(Flow):
        async def long(self, error):
            await asyncio.Event().wait()

        @flow.step("ask", on_error="long")
        def ask(self):
            raise Down

    async def main() -> None:
        with pytest.raises(RunDeadlineError, match='passed in step "ask"'):
            await Long().run(deadline=5)

    stepping.run(main())


def test_a_callback_that_fails_and_a_stop_pass_it() -> None:
    class Around(Flow):
        inner = flow.subflow("inner", Answers, on_error=lambda error: {"caught": True})

    class Inside(Answers):
        @flow.step("ask")
        def ask(self):
            return {"answer": 1}

    class Holds(Flow):
        inner = flow.subflow("inner", Inside, on_error=lambda error: {"caught": True})

    def fail(event: Any) -> None:
        raise Worse

    with pytest.raises(Worse):
        Holds().run_sync(on_step_complete=fail)
    assert "caught" not in Holds().run_sync(on_step_complete=lambda event: event.stop_pipeline())
    assert Around().run_sync() == {}


def test_it_runs_where_the_step_runs() -> None:
    threads: list[int] = []

    class Threads(Flow):
        def note(self, error):
            threads.append(threading.get_ident())
            return {"path": flow.current().path}

        @flow.step("inline", on_error="note")
        def inline(self):
            raise Down

        @flow.step("threaded", thread=True, on_error="note")
        def threaded(self):
            raise Down

        @flow.step("timed", timeout=60, on_error="note")
        def timed(self):
            raise Down

    assert Threads().run_sync() == {"path": "timed"}
    assert threads[0] == threading.get_ident()
    assert threading.get_ident() not in threads[1:]


# -- definitions -----------------------------------------------------------------------------------------------------


def told_of(value: Any) -> str:
    with pytest.raises(FlowDefinitionError) as caught:

        class Asks(Flow):
            def use_cache(self, error):
                return {}

            constant = 5

            @staticmethod
            def static(error):
                return {}

            @flow.step("other")
            def other(self):
                return {}

            @flow.step("ask", on_error=value)
            def ask(self):
                return {}

    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("use_cahce", '"use_cahce" is no plain method of the class; did you mean "use_cache"?'),
        ("contineu", 'did you mean "continue"?'),
        ("constant", '"constant" is no plain method'),
        ("static", '"static" is no plain method of the class: it is a static method'),
        ("other", '"other" is no plain method of the class: it is a step'),
        ("run", '"run" is no plain method'),
        ("on_step_complete", '"on_step_complete" is no plain method'),
        ("fallback", '"fallback" is no plain method'),
        (5, "or a function of (self, error) and keys, not 5"),
        (None, "not None"),
        (True, "not True"),
        (["raise"], "not ['raise']"),
        ("", '"" is no plain method'),
        ("Raise", 'did you mean "raise"?'),
        (ValueError, "not <class 'ValueError'>"),
        (lambda: {}, "on_error: <lambda>: it has no error parameter"),
        (lambda self: {}, "on_error: <lambda>: it has no error parameter"),
        (lambda self, *, error: {}, "it has no error parameter"),
        (lambda self, error, *keys: {}, "it takes *keys; name every key that it reads"),
        (lambda self, error, **keys: {}, "it takes **keys; name every key that it reads"),
    ],
)
def test_what_cannot_be_called_is_told_when_the_class_is_created(value: Any, part: str) -> None:
    problem = told_of(value)
    assert problem.startswith("ask: on_error")
    assert part in problem


class Annotated(Flow[Input]):
    def use_cache(self, error: Exception, n: int) -> Input:
        return {"n": n}

    @flow.step("ask", on_error="use_cache")
    def ask(self, n: int) -> Input:
        raise Down

    @flow.step("use")
    def use(self, n: int, given: int) -> None: ...


def test_a_resume_knows_what_it_reads_and_gives() -> None:
    found = Annotated.check(Annotated.start_checkpoint({"n": 1}))
    assert type(found).__name__ == "CheckpointKeyError"
    assert Annotated.check(Annotated.start_checkpoint({"n": 1}), {"given": 1}) is None


@dataclass
class Rate:
    value: float


class Quoted(Flow):
    """The class of the value is named by the fallback only."""

    def usual(self, error: Exception) -> dict[str, Rate]:
        return {"rate": Rate(1.5)}

    @flow.step("fetch", on_error="usual")
    def fetch(self):
        raise Down

    @flow.step("use")
    def use(self, rate):
        return {"double": rate.value * 2}


def test_what_it_gives_comes_back_from_a_checkpoint() -> None:
    asyncio.run(assert_resumable(Quoted()))


# -- what is left of a failure that was survived ---------------------------------------------------------------------


class Large:
    """What a failed step had in its variables."""


def fail(kept: list[weakref.ref[Large]]) -> None:
    large = Large()
    kept.append(weakref.ref(large))
    raise Down


class Fails(Flow):
    def __init__(self, kept: list[weakref.ref[Large]]) -> None:
        self.kept = kept

    @flow.step("fail")
    def fail(self):
        fail(self.kept)


class Survives(Fails):
    fail = flow.step("fail", on_error="continue")(lambda self: fail(self.kept))
    again = flow.step("again", retries=2, on_error=lambda error: {})(lambda self: fail(self.kept))
    thread = flow.step("thread", thread=True, on_error="continue")(lambda self: fail(self.kept))
    nested = flow.subflow("nested", lambda self: Fails(self.kept), on_error="continue")


@pytest.mark.parametrize("options", [{}, {"deadline": 600}])
def test_what_a_failed_step_had_in_memory_is_free_when_the_run_is_over(options: Any) -> None:
    kept: list[weakref.ref[Large]] = []
    gc.collect()
    gc.disable()
    try:
        Survives(kept).run_sync(**options)
        for thread in stepping.step_threads():
            thread.join(60)
        assert len(kept) == 6
        assert [reference() for reference in kept] == [None] * 6
    finally:
        gc.enable()


# -- as in an except block -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thread", [False, True])
@pytest.mark.parametrize("is_async", [False, True])
def test_raise_lets_the_error_pass_wherever_the_fallback_runs(thread: bool, is_async: bool) -> None:
    def passes(error):
        raise

    async def passes_too(error):
        raise

    class Passes(Flow, thread=thread):
        @flow.step("fail", on_error=passes_too if is_async else passes)
        def fail(self):
            raise Down

    with pytest.raises(Down):
        Passes().run_sync()


def test_an_error_of_a_callback_has_nothing_to_do_with_one_that_was_survived() -> None:
    class Survived(Flow):
        @flow.step("fail", on_error=lambda error: {"n": 1})
        def fail(self):
            raise Down

    def save(event: Any) -> None:
        assert sys.exc_info()[1] is None
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full") as caught:
        Survived().run_sync(on_step_complete=save)
    assert caught.value.__context__ is None


@dataclass(frozen=True)
class Frozen(Exception):
    code: int


def test_an_error_that_cannot_be_written_to_is_raised_as_it_is() -> None:
    class Fails(Flow):
        @flow.step("fail", on_error="refuse")
        def fail(self):
            raise Down

        def refuse(self, error):
            raise Frozen(3)

    lines: list[str] = []
    with pytest.raises(Frozen) as caught:
        Fails().run_sync(log=LogConfig(log_fn=lines.append))
    assert caught.value.code == 3
    assert isinstance(caught.value.__cause__, Down)
    assert any("Frozen" in line for line in lines)
