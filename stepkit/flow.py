"""What can stand in a flow class: ``from stepkit import Flow, flow``.

The decorators only record what was written; ``Flow`` judges it when the class is created.

Their static types are loose on purpose: what a step gives is inferred by the mypy plugin, and a checker
without plugins must find no fault with a step that a subclass redefines with other keys. No declaring function has
overloads, because mypy drops a plugin's errors while it tries one.
"""

from __future__ import annotations

import types
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypedDict, cast, final, overload

from typing_extensions import TypeVar

from .backoff import Backoff, Seconds
from .current import CurrentStep, current
from .table import CircuitBreaker, ErrorPolicy, Kind, MergePolicy, ParallelMode

__all__ = [
    "Approval",
    "Branch",
    "CircuitBreaker",
    "CurrentStep",
    "Parallel",
    "Step",
    "StepDecorator",
    "StepOptions",
    "Subflow",
    "approval",
    "branch",
    "current",
    "exponential",
    "fixed",
    "parallel",
    "step",
    "subflow",
    "transform",
]

CallT = TypeVar("CallT", default=Any)
RowT = TypeVar("RowT", default=Any)
MadeT = TypeVar("MadeT", default=Any)
PayloadT = TypeVar("PayloadT")
LooseT = TypeVar("LooseT")
LooseT_co = TypeVar("LooseT_co", covariant=True)
When = bool | Callable[..., bool] | Callable[..., Awaitable[bool]]
OnError = ErrorPolicy | str | Callable[..., Any]
RetryDelay = Seconds | Callable[[int, Exception], Seconds]
ShouldRetry = Callable[[Exception], bool] | type[BaseException] | Sequence[type[BaseException]]


class StepOptions(TypedDict, total=False):
    """The options of ``flow.step``, for decorators of one's own that hand them on.

    ``def remote_step(name: str, **options: Unpack[flow.StepOptions])`` has a type checker find misspelt options and
    wrong values where the decorator is used.
    """

    when: When
    on_error: OnError
    retries: int | None
    retry_delay: RetryDelay
    should_retry: ShouldRetry | None
    timeout: Seconds | None
    merge: MergePolicy
    circuit_breaker: CircuitBreaker | None
    thread: bool | None
    at_most_once: bool
    log: bool | None
    aliases: Iterable[str]


class Function(Protocol[LooseT_co]):
    """A function as checkers without plugins see it.

    Its ``__globals__`` hold Any, so ``LooseT`` is Any for the method under a bare ``@flow.step``, which a subclass may
    then take away with None. With a name nothing fills ``LooseT``, and the union is the ``StepDecorator`` that mypy's
    ``disallow_untyped_decorators`` asks for, through aliases and partial functions as well.
    """

    @property
    def __globals__(self) -> Mapping[str, LooseT_co]: ...


class Declaration:
    """Something that a flow class declares: a kind, the arguments that it was given, and its group."""

    def __init__(self, kind: Kind, arguments: Mapping[str, Any], group: Parallel | None = None) -> None:
        self.kind = kind
        self.arguments = dict(arguments)
        self.group = group
        self.attribute = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = self.attribute or name

    @property
    def __isabstractmethod__(self) -> bool:
        """So that ``abc`` takes an abstract step for one."""
        return getattr(getattr(self, "function", None), "__isabstractmethod__", False)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.arguments.get('name') or self.attribute!r}>"


class MethodDeclaration(Declaration):
    """A declaration that a method is decorated with. On an instance of the flow it is the plain method."""

    def __init__(
        self,
        kind: Kind,
        arguments: Mapping[str, Any],
        function: Callable[..., Any],
        group: Parallel | None = None,
    ) -> None:
        super().__init__(kind, arguments, group)
        self.function = function
        self.__doc__ = function.__doc__
        self.__name__ = getattr(function, "__name__", "")
        self.__wrapped__ = function

    def __get__(self, instance: object | None, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self.function, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


@final
class Step(MethodDeclaration, Generic[CallT, RowT]):
    """A step of a flow. On an instance of the flow it is the plain method.

    ``CallT`` is the plain method's type, ``RowT`` what the step does to the context; only the mypy plugin fills them.
    """


@final
class Branch(MethodDeclaration, Generic[CallT]):
    """A branch of a flow: its method chooses a case. On an instance of the flow it is the plain method."""


@final
class Subflow(Declaration):
    """A flow nested in another."""

    if TYPE_CHECKING:  # the mypy plugin answers for it where a subclass goes without the flow

        def __get__(self, instance: object | None, owner: type | None = None) -> Self: ...


@final
class Approval(Declaration, Generic[PayloadT]):
    """A gate of a flow: a run waits at it until somebody gives a decision, a ``PayloadT``."""

    if TYPE_CHECKING:  # a gate is the same on the class and on an instance

        def __get__(self, instance: object | None, owner: type | None = None) -> Self: ...


class StepDecorator(Generic[MadeT]):
    """What ``flow.step("name")`` gives: it records the method below it.

    The mypy plugin sees through a function of your own that is annotated to return one, from other modules too: it
    fills ``MadeT`` with how the decorator was made.
    """

    kind: Kind

    def __init__(self, kind: Kind, arguments: Mapping[str, Any], group: Parallel | None = None) -> None:
        self.kind = kind
        self._arguments = arguments
        self._group = group

    # Any, so that a subclass may redefine a step, or take it away with None, before checkers without plugins.
    def __call__(self, function: Callable[..., Any], /) -> Any:
        return Step(self.kind, self._arguments, function, self._group)

    # A bare ``@flow.step`` gives the step itself; these let checkers without plugins call it, take it away with None,
    # and decorate with one that is an attribute of another class.
    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Callable[..., Any]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Any: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> Any:
        raise TypeError("flow.step() decorates a method; it was left without one")


class BranchDecorator:
    """What ``flow.branch("name", ...)`` gives: it records the method below it."""

    kind: Kind = "branch"

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._arguments = arguments

    def __call__(self, function: Callable[..., Any], /) -> Any:
        return Branch("branch", self._arguments, function)


def _declare(kind: Kind, name: object, options: dict[str, Any], group: Parallel | None = None) -> StepDecorator:
    if callable(name):  # bare: @flow.step
        return cast(StepDecorator, Step(kind, {"name": None, **options}, name, group))
    return StepDecorator(kind, {"name": name, **options}, group)


def step(
    name: str | Callable[..., Any] | Function[LooseT] | None = None,
    /,
    *,
    when: When = True,
    on_error: OnError = "raise",
    retries: int | None = None,
    retry_delay: RetryDelay = 0.0,
    should_retry: ShouldRetry | None = None,
    timeout: Seconds | None = None,
    merge: MergePolicy = "override",
    circuit_breaker: CircuitBreaker | None = None,
    thread: bool | None = None,
    at_most_once: bool = False,
    log: bool | None = None,
    aliases: Iterable[str] = (),
) -> StepDecorator | LooseT:
    """Declare a step: a method that reads keys of the context and returns new ones, or None.

    Its parameters are the keys that it reads; a default makes a read optional; one positional-only
    parameter receives the whole context, read-only.

    Args:
        name: The step's name; the method's own where it is left out. ``@flow.step`` without parentheses works.
        when: Whether the step runs: a bool, or a function, sync or async, whose parameters are injected by name.
        on_error: ``"raise"``; ``"continue"`` goes on with the next step; ``"skip-remaining"`` ends the run with
            the context as it is; or a fallback that gives the step's keys: the name of a method, or a function, sync
            or async, that takes ``(self, error)`` and the keys that it reads.
        retries: How many times the step is tried again after it failed. As the class's ``retries=`` says where it is
            left out; otherwise 0.
        retry_delay: Seconds or a ``timedelta`` between two attempts, or a function of (attempt, error) that gives
            them: ``flow.exponential()``, ``flow.fixed()`` or one of your own.
        should_retry: Which errors are tried again: exception classes, or a function of the error. Any
            ``Exception`` where it is left out.
        timeout: Seconds, or a ``timedelta``, that one attempt may take. As the class's ``timeout=`` says where it is
            left out; ``math.inf`` is no limit.
        merge: What happens to a key that the context already has: ``"override"`` replaces the value, ``"skip"``
            keeps it, ``"warn"`` replaces it and logs, ``"error"`` raises ``ContextCollisionError``.
        circuit_breaker: When to stop calling a step that keeps failing.
        thread: Run a sync step in a worker thread. As the class's ``thread=`` says where it is left out.
        at_most_once: Never begin the step a second time: a start record is saved before it, and a run that ended inside
            of it is not resumed without a person's word. It takes no retries, and cannot stand in a parallel group.
        log: Whether the step is logged; as the run where it is left out.
        aliases: Former names of the step; checkpoints that know it by one of them stay resumable.

    A mistake in these is raised as ``FlowDefinitionError`` when the class is created.
    """
    return _declare("step", name, _step_options(locals()))


def transform(
    name: str | Callable[..., Any] | Function[LooseT] | None = None,
    /,
    *,
    when: When = True,
    on_error: OnError = "raise",
    retries: int | None = None,
    retry_delay: RetryDelay = 0.0,
    should_retry: ShouldRetry | None = None,
    timeout: Seconds | None = None,
    circuit_breaker: CircuitBreaker | None = None,
    thread: bool | None = None,
    at_most_once: bool = False,
    log: bool | None = None,
    aliases: Iterable[str] = (),
) -> StepDecorator | LooseT:
    """Declare a step whose returned mapping becomes the whole context. Options as for ``flow.step``."""
    return _declare("transform", name, _step_options(locals()))


def exponential(
    *, initial: Seconds = 0.5, factor: float = 2.0, maximum: Seconds = 30.0, jitter: bool = True
) -> Backoff:
    """Make a ``retry_delay`` that grows: ``initial`` seconds, then ``factor`` times as long after each further failure.

    ``maximum`` is the longest, in seconds; times may be ``timedelta`` too. With ``jitter`` each delay is between a half
    and the whole of that, at random, so that many clients do not come back at once ("equal jitter" in Marc Brooker,
    "Exponential Backoff and Jitter", AWS Architecture Blog, 2015). Numbers that make no sense are a
    ``FlowDefinitionError`` when the class is created.
    """
    return Backoff(initial=initial, factor=factor, maximum=maximum, jitter=jitter)


def fixed(delay: Seconds, *, jitter: bool = True) -> Backoff:
    """Make a ``retry_delay`` of ``delay`` seconds after each failure; ``jitter`` as for ``exponential``."""
    return Backoff(initial=delay, factor=1.0, maximum=delay, jitter=jitter)


def branch(
    name: str,
    /,
    *,
    cases: Mapping[str, object],
    when: When = True,
    on_error: OnError = "raise",
    retries: int | None = None,
    retry_delay: RetryDelay = 0.0,
    should_retry: ShouldRetry | None = None,
    timeout: Seconds | None = None,
    merge: MergePolicy = "override",
    circuit_breaker: CircuitBreaker | None = None,
    thread: bool | None = None,
    log: bool | None = None,
    aliases: Iterable[str] = (),
) -> BranchDecorator:
    """Declare a branch: the method returns the name of the case to run, or None for no case.

    ``cases`` maps names to flows: classes, instances, or functions of ``self``. Options as for ``flow.step``.
    """
    return BranchDecorator({"name": name, **_step_options(locals())})


def subflow(
    name: str,
    flow: object,
    /,
    *,
    when: When = True,
    on_error: OnError = "raise",
    retries: int | None = None,
    retry_delay: RetryDelay = 0.0,
    should_retry: ShouldRetry | None = None,
    timeout: Seconds | None = None,
    merge: MergePolicy = "override",
    circuit_breaker: CircuitBreaker | None = None,
    thread: bool | None = None,
    log: bool | None = None,
    aliases: Iterable[str] = (),
) -> Subflow | Any:
    """Declare a nested flow: a class, an instance, or a function of ``self``. Options as for ``flow.step``."""
    return Subflow("subflow", {"name": name, "flow": flow, **_step_options(locals())})


def approval(
    name: str,
    payload: type[PayloadT],
    /,
    *,
    expires: Seconds | None = None,
    when: When = True,
    log: bool | None = None,
    aliases: Iterable[str] = (),
) -> Approval[PayloadT]:
    """Declare a gate: the run waits here until a decision of the type ``payload`` comes; its keys join the context.

    Without a store the run ends at the gate with ``ApprovalRequired``, and ``run_checkpoint(checkpoint, decision=...)``
    goes on behind it. A gate cannot stand in a parallel group, which is one step.

    Args:
        name: The gate's name, a segment of its path as a step's is.
        payload: The type of a decision: a TypedDict, a dataclass, a msgspec Struct, a pydantic model or an attrs
            class. Each of its fields becomes a key; one that has a default is filled in, one that is ``NotRequired``
            may be missing.
        expires: Seconds, or a ``timedelta``, after which a waiting gate can no longer be decided.
        when: Whether the run has to wait here, as for ``flow.step``. A run that waits is not asked again.
        log: Whether the gate is logged; as the run where it is left out.
        aliases: Former names of the gate; checkpoints of runs that wait at it stay resumable.

    A mistake in these is raised as ``FlowDefinitionError`` when the class is created.
    """
    return Approval("approval", {"name": name, **_step_options(locals())})


def parallel(
    name: str,
    /,
    *,
    mode: ParallelMode = "all",
    when: When = True,
    on_error: OnError = "raise",
    retries: int | None = None,
    retry_delay: RetryDelay = 0.0,
    should_retry: ShouldRetry | None = None,
    timeout: Seconds | None = None,
    merge: MergePolicy = "override",
    circuit_breaker: CircuitBreaker | None = None,
    log: bool | None = None,
    aliases: Iterable[str] = (),
) -> Parallel | LooseT:  # pyright: ignore[reportInvalidTypeVarUse]
    """Declare a parallel group; its members are declared with ``@group.step`` and ``group.subflow``.

    Under ``mode="all"`` the first failure cancels the others; under ``"settled"`` all members end, and the
    outputs of those that succeeded are merged. Options as for ``flow.step``.
    """
    return Parallel({"name": name, **_step_options(locals())})


@final
class Parallel(Declaration):
    """A parallel group of a flow. It is one step; its members see the same context."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        super().__init__("parallel", arguments)

    if TYPE_CHECKING:  # a subclass may take the group away with None, before mypy without the plugin too

        @overload
        def __get__(self, instance: None, owner: type | None = None) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type | None = None) -> Any: ...
        def __get__(self, instance: object | None, owner: type | None = None) -> Any: ...

    def step(
        self,
        name: str | Callable[..., Any] | Function[LooseT] | None = None,
        /,
        *,
        when: When = True,
        on_error: OnError = "raise",
        retries: int | None = None,
        retry_delay: RetryDelay = 0.0,
        should_retry: ShouldRetry | None = None,
        timeout: Seconds | None = None,
        circuit_breaker: CircuitBreaker | None = None,
        log: bool | None = None,
        aliases: Iterable[str] = (),
    ) -> StepDecorator | LooseT:
        """Declare a step as a member of the group. Options as for ``flow.step``."""
        return _declare("step", name, _step_options(locals()), self)

    def subflow(
        self,
        flow: object,
        /,
        *,
        name: str | None = None,
        when: When = True,
        on_error: OnError = "raise",
        retries: int | None = None,
        retry_delay: RetryDelay = 0.0,
        should_retry: ShouldRetry | None = None,
        timeout: Seconds | None = None,
        circuit_breaker: CircuitBreaker | None = None,
        log: bool | None = None,
        aliases: Iterable[str] = (),
    ) -> Subflow | Any:
        """Declare a nested flow as a member of the group; its name is the attribute's where left out."""
        return Subflow("subflow", {"name": name, "flow": flow, **_step_options(locals())}, self)


def _step_options(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the options out of a declaring function's ``locals()``; they are named as the table names them."""
    return {key: value for key, value in arguments.items() if key not in ("self", "name", "flow")}
