"""``Flow``: the class that users derive from. It collects the step table when a class is created."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MethodType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeAlias

from typing_extensions import TypeVar

from . import callback_methods, runtime
from .annotations.forms import declared_input, is_no_mapping, written_input
from .backoff import Deadline, Seconds, deadline_of, seconds_of
from .errors import ResumeRefusedError
from .events import StepEvent
from .log import LogConfig, effective_config, make_observer
from .row_builder import retries_problem, size_problem, text_problem, timeout_problem
from .table import CompleteCallback, ErrorCallback, FlowOptions, ProgressCallback, StartCallback, StepTable
from .table_builder import collect, input_problem

if TYPE_CHECKING:
    from .checkpoint import Checkpoint
    from .codec import Codec

InputT = TypeVar("InputT", default=Any)
OutputT = TypeVar("OutputT", default=Any)


class Cancellation(Protocol):
    """What ``cancel=`` takes, for example a ``threading.Event``."""

    def is_set(self) -> bool: ...


def _owner(flow: "Flow[Any, Any] | type[Flow[Any, Any]]") -> "Flow[Any, Any]":
    """Return the flow itself; for a class an instance without its ``__init__``, as none of its steps will run."""
    if isinstance(flow, Flow):
        return flow
    return object.__new__(flow)


def _time_of(deadline: Deadline | None) -> float | None:
    """Return a deadline in seconds since 1970."""
    return None if deadline is None else deadline_of(deadline)


@contextmanager
def _asked_of(flow: "Flow[Any, Any] | type[Flow[Any, Any]]") -> Iterator[None]:
    try:
        yield
    except AttributeError as error:
        if isinstance(flow, Flow):
            raise
        raise TypeError(
            f"flow {flow.__qualname__}: a nested flow on the checkpoint's path is made by a function of self, and the "
            f"class has no self; ask an instance: {flow.__qualname__}(...)"
        ) from error


def _check(
    flow: "Flow[Any, Any] | type[Flow[Any, Any]]",
    checkpoint: "str | bytes | Checkpoint[Any]",
    override_data: Mapping[str, Any] | None = None,
    *,
    decision: object = None,
    deadline: Deadline | None = None,
) -> ResumeRefusedError | None:
    """Return the error that ``run_checkpoint`` would raise for the checkpoint today, or None if it would accept it.

    No step runs. Ask the class, or an instance where a nested flow is made by a function of ``self``. A flow with a
    step of the name ``check`` has the step there.
    """
    with _asked_of(flow):
        run, said = runtime.new_run(_owner(flow)), runtime.Said(decision)
        return runtime.check(run, checkpoint, override_data, _time_of(deadline), said)


def _load(flow: "Flow[Any, Any] | type[Flow[Any, Any]]", checkpoint: "str | bytes | Checkpoint[Any]") -> dict[str, Any]:
    """Return the context that a checkpoint holds, with its values restored as a resume restores them.

    Inside of a nested flow or a branch it is the context there. Raises a ``ResumeRefusedError`` for what
    ``run_checkpoint`` refuses, but not for keys that are missing and values that do not fit: ``override_data`` may mend
    those. Ask the class or an instance, as for ``check``. A flow with a step of the name ``load`` has the step there.
    """
    with _asked_of(flow):
        return runtime.load(runtime.new_run(_owner(flow)), checkpoint)


if TYPE_CHECKING:
    FlowT = TypeVar("FlowT")

    class CheckMethod(Generic[FlowT]):
        """What ``check`` of a flow is, for the mypy plugin."""

        def __call__(
            self,
            checkpoint: "str | bytes | Checkpoint[Any]",
            override_data: Mapping[str, Any] | None = None,
            *,
            decision: object = None,
            deadline: Deadline | None = None,
        ) -> ResumeRefusedError | None: ...


class _OfFlow(classmethod):  # type: ignore[type-arg]
    """A method that a flow class and its instances have; called on an instance, it receives that."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return MethodType(self.__func__, owner if instance is None else instance)


class Flow(Generic[InputT, OutputT]):
    """A flow of named steps: derive from ``Flow[Input]`` and decorate methods with ``@flow.step("name")``.

    Class keywords:
        name: The flow's name in checkpoints, logs and errors; the class's name where it is left out. Give a
            renamed class its former name, and its checkpoints stay resumable.
        log: ``True`` or a ``LogConfig``: log every run. An argument of the run wins.
        codecs: Classes that checkpoints may restore besides those that the annotations name, and ``Codec``s
            for types of your own.
        max_checkpoint_size: Bytes; larger checkpoints are neither taken nor resumed. 16 MiB where left out.
        validate_input: ``True`` checks the input of every run as a resume checks a checkpoint, against the input
            that the class declares and against what the steps read. Off where left out.
        retries: What steps and transforms that say nothing themselves have for this option. Nested flows, branches
            and groups are left as they are.
        timeout: The same for this option.
        thread: The same for this option, of sync steps.

    ``Input``, ``Output`` and ``Event`` of a flow class stand in annotations: the context that it starts with, the one
    that it ends with, and what its ``on_step_complete`` receives. The mypy plugin fills them; else they are loose.

    Raises ``FlowDefinitionError``, with all problems at once, when a class is created that cannot be run.
    """

    __stepkit_table__: ClassVar[StepTable]
    __stepkit_plan__: ClassVar[Any] = None
    __stepkit_options__: ClassVar[Mapping[str, Any]] = {}

    if TYPE_CHECKING:
        # A flow may have steps called so. To a checker they would override methods wrongly, but not these.
        check: Any
        load: Any
        # Each flow's own take its own events, so one that overrides another is right with any of them.
        on_step_start: Any
        on_step_complete: Any
        on_step_error: Any
        on_progress: Any
    else:
        check = _OfFlow(_check)
        load = _OfFlow(_load)
        on_step_start = callback_methods.on_step_start
        on_step_complete = callback_methods.on_step_complete
        on_step_error = callback_methods.on_step_error
        on_progress = callback_methods.on_progress

    # The mypy plugin fills these. They are Any without it, so that a TypedDict may be written where they stand.
    Input: TypeAlias = Any
    Output: TypeAlias = Any
    Event: TypeAlias = StepEvent[str, Any]

    def __init_subclass__(
        cls,
        *,
        name: str | None = None,
        log: bool | LogConfig | None = None,
        codecs: "Iterable[type | Codec[Any]]" = (),
        max_checkpoint_size: int | None = None,
        validate_input: bool | None = None,
        retries: int | None = None,
        timeout: Seconds | None = None,
        thread: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        problems: list[str] = []
        given: dict[str, Any] = {"name": name, "log": log, "max_checkpoint_size": max_checkpoint_size}
        given |= {"validate_input": validate_input, "retries": retries, "timeout": timeout, "thread": thread}
        # A class made anew from another's namespace, as dataclass(slots=True) does, comes without its keywords.
        own = dict(cls.__dict__.get("__stepkit_options__", {}))
        own |= {key: value for key, value in given.items() if value is not None}
        if not isinstance(codecs, tuple) or codecs:  # what saves values is imported when it is first used
            from .codec import read_codecs

            codecs = read_codecs(codecs, problems)
        inherited = {key: value for key, value in cls._inherited_options().items() if key != "name"}
        options = {**inherited, **own}
        options["codecs"] = (*inherited.get("codecs", ()), *own.get("codecs", ()), *codecs)
        setattr(cls, "__stepkit_options__", {**own, "codecs": (*own.get("codecs", ()), *codecs)})

        limit = options.get("max_checkpoint_size", 1)
        if problem := size_problem(limit):
            problems.append(problem)
            del options["max_checkpoint_size"]
        if problem := retries_problem(options.get("retries", 0)):
            problems.append(problem)
            del options["retries"]
        if problem := timeout_problem(options.get("timeout", math.inf)):
            problems.append(problem)
        options["timeout"] = seconds_of(options.get("timeout")) or None
        if not isinstance(options.get("thread", False), bool):
            problems.append(f"thread is True or False, not {options['thread']!r}")
        flow_name = options.setdefault("name", cls.__name__)
        if not isinstance(flow_name, str):
            problems.append(f"name is a string, not {flow_name!r}")
        elif problem := text_problem(flow_name):
            problems.append(problem)
        if not isinstance(options.get("log"), bool | LogConfig | None):
            problems.append(f"log is True, False or a LogConfig, not {options['log']!r}")

        if not isinstance(options.setdefault("validate_input", False), bool):
            problems.append(f"validate_input is True or False, not {options['validate_input']!r}")
        written = written_input(cls)
        if is_no_mapping(written):
            problems.append(input_problem(written.__name__ if isinstance(written, type) else repr(written)))

        setattr(cls, "__stepkit_table__", collect(cls, FlowOptions(**options), problems, RESERVED))
        setattr(cls, "__stepkit_plan__", None)  # the runtime's; it is made for the first run
        input_type, _ = declared_input(cls)
        if hasattr(input_type, "__annotations__"):
            setattr(cls, "Input", input_type)

    @classmethod
    def _inherited_options(cls) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        codecs: tuple[Any, ...] = ()
        for base in reversed(cls.__mro__[1:]):
            own = base.__dict__.get("__stepkit_options__", {})
            codecs = (*codecs, *own.get("codecs", ()))
            merged |= own
        return {**merged, "codecs": codecs}

    async def run(
        self,
        input: InputT | None = None,
        *,
        on_step_start: StartCallback | None = None,
        on_step_complete: CompleteCallback | None = None,
        on_step_error: ErrorCallback | None = None,
        on_progress: ProgressCallback | None = None,
        log: bool | LogConfig | None = None,
        run_id: str | None = None,
        deadline: Deadline | None = None,
    ) -> OutputT:
        """Run the flow on ``input`` and return the context that it ends with.

        Args:
            input: The keys that the context starts with.
            on_step_start: Called with a ``StepStart`` before every step that runs, sync or async, and awaited. If it
                raises, the run stops with that error, before the step.
            on_step_complete: Called with a ``StepEvent`` after every completed step, sync or async, and awaited
                before the next step. If it raises, the run stops with that error.
            on_step_error: Called with the step's path and the error for every failed attempt. It observes: if it
                fails itself, the step's error still wins.
            on_progress: Called with a ``Progress`` whenever a step says how far it is, in the step's thread; a plain
                function. It observes, as ``on_step_error`` does.
            log: ``True``, ``False`` or a ``LogConfig``; as the class says where it is left out.
            run_id: What tells this run from others, in events, checkpoints, log records and the notes on errors;
                random where it is left out. At most 200 characters, none of them a "/" or invisible.
            deadline: When the whole run has to be over: seconds from now, a ``timedelta``, or a ``datetime`` with a
                time zone. When it passes, the step in progress is given up and the run raises ``RunDeadlineError``,
                which no policy sees; a sync step is not interrupted, but no other begins. Checkpoints keep it.

        Raises what a step raised, with a note that names the flow and the step; ``MissingKeyError`` and the other
        errors of ``stepkit.errors`` for mistakes of the flow.
        """
        callbacks = (on_step_start, on_step_complete, on_step_error, on_progress)
        run = self._new_run(callbacks, log, run_id=run_id)
        return (await runtime.start(run, input, _time_of(deadline))).unwrap()  # type: ignore[return-value]

    def run_sync(
        self,
        input: InputT | None = None,
        *,
        on_step_start: StartCallback | None = None,
        on_step_complete: CompleteCallback | None = None,
        on_step_error: ErrorCallback | None = None,
        on_progress: ProgressCallback | None = None,
        log: bool | LogConfig | None = None,
        cancel: Cancellation | None = None,
        run_id: str | None = None,
        deadline: Deadline | None = None,
    ) -> OutputT:
        """Run as ``run`` does, without an event loop of one's own. A flow of sync steps uses none at all.

        ``cancel`` is looked at between steps; once it is set, the run raises ``RunCancelledError``. Raises
        ``EventLoopError`` if the flow has async steps and a loop is running in this thread: await ``run`` there.
        """
        callbacks = (on_step_start, on_step_complete, on_step_error, on_progress)
        run = self._new_run(callbacks, log, cancel, run_id)
        return runtime.start_sync(run, input, _time_of(deadline)).unwrap()  # type: ignore[return-value]

    async def run_checkpoint(
        self,
        checkpoint: "str | bytes | Checkpoint[Any]",
        *,
        override_data: Mapping[str, Any] | None = None,
        decision: object = None,
        on_step_start: StartCallback | None = None,
        on_step_complete: CompleteCallback | None = None,
        on_step_error: ErrorCallback | None = None,
        on_progress: ProgressCallback | None = None,
        log: bool | LogConfig | None = None,
        deadline: Deadline | None = None,
    ) -> OutputT:
        """Go on after the step of ``checkpoint`` and return the context that the run ends with.

        ``override_data`` is merged shallowly into the saved context first. Where the run waits at a gate, it goes on
        with a ``decision`` for it, a mapping or an instance of the payload type, and raises ``ApprovalRequired`` again
        without one. A ``deadline`` takes the place of the checkpoint's; ``math.inf`` is none. The other arguments are
        those of ``run``. Raises a ``ResumeRefusedError`` that says what is wrong, before any step runs, if the
        checkpoint cannot be resumed; ``DecisionError`` is one. A decision that comes too late is a ``RunExpiredError``.
        """
        callbacks = (on_step_start, on_step_complete, on_step_error, on_progress)
        run = self._new_run(callbacks, log)
        ending = await runtime.resume(run, checkpoint, override_data, _time_of(deadline), runtime.Said(decision))
        return ending.unwrap()  # type: ignore[return-value]

    def run_checkpoint_sync(
        self,
        checkpoint: "str | bytes | Checkpoint[Any]",
        *,
        override_data: Mapping[str, Any] | None = None,
        decision: object = None,
        on_step_start: StartCallback | None = None,
        on_step_complete: CompleteCallback | None = None,
        on_step_error: ErrorCallback | None = None,
        on_progress: ProgressCallback | None = None,
        log: bool | LogConfig | None = None,
        cancel: Cancellation | None = None,
        deadline: Deadline | None = None,
    ) -> OutputT:
        """Go on as ``run_checkpoint`` does, without an event loop of one's own; see ``run_sync``."""
        callbacks = (on_step_start, on_step_complete, on_step_error, on_progress)
        run = self._new_run(callbacks, log, cancel)
        said = runtime.Said(decision)
        return runtime.resume_sync(run, checkpoint, override_data, _time_of(deadline), said).unwrap()  # type: ignore[return-value]

    @classmethod
    def start_checkpoint(
        cls, input: InputT | None = None, *, run_id: str | None = None, deadline: Deadline | None = None
    ) -> str:
        """Return the checkpoint from before the first step: save it, and a run can be resumed before it has begun.

        ``run_checkpoint`` then runs the whole flow, until the ``deadline`` if there is one. The input is
        checked against the one that the class declares and what the steps read; a key that is missing there may
        still come with ``override_data``. Raises ``FlowInputError`` if the input does not fit,
        ``CheckpointNotTakenError`` if it cannot be saved.
        """
        run = runtime.new_run(_owner(cls), run_id=run_id)
        return runtime.start_checkpoint(run, input, _time_of(deadline))

    def _new_run(
        self,
        callbacks: "runtime.Callbacks",
        log: bool | LogConfig | None,
        cancel: Cancellation | None = None,
        run_id: str | None = None,
    ) -> "runtime.Run":
        run = runtime.new_run(self, callbacks, cancel, run_id)
        plan: runtime.Plan = self.__stepkit_plan__
        if log is not None or plan.may_log:
            config, run_log = effective_config(log, run.options.log)
            if run_log or plan.logs:
                runtime.observe(run, make_observer(config, run_log))
        return run

    @classmethod
    def describe(cls) -> list[dict[str, Any]]:
        """Return the step table as plain data: for each step its name, kind, what it reads, its options, its inside."""
        from . import description

        return description.describe(cls.__stepkit_table__)

    @classmethod
    def mermaid(cls) -> str:
        """Draw the flow as a Mermaid flowchart: branches are diamonds, parallel groups are boxes."""
        from . import description

        return description.mermaid(cls.__stepkit_table__)

    @classmethod
    def circuit_breaker(cls, step: str) -> runtime.Breaker:
        """Return the circuit breaker of a step; raise ``LookupError`` if it has none.

        It has ``state`` (``"closed"``, ``"open"``, ``"half-open"``), ``failures`` in a row, ``retry_after`` (seconds),
        ``reset()``, and ``clock``, which a test may replace.
        """
        return runtime.breaker_of(cls, step)


MAY_BE_STEPS = ("check", "load")
LATER = ("resume", "start")
RESERVED = frozenset([*(name for name in vars(Flow) if not name.startswith("_")), *LATER]) - {*MAY_BE_STEPS}
"""The names that no step may have: those of Flow itself and of what durable runs will add."""
