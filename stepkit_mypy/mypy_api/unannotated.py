"""A method whose return is not annotated is checked to see what its body gives: for mypy it gives Any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mypy.checker import TypeChecker
from mypy.nodes import Expression, FuncDef, TypeInfo
from mypy.server.deps import get_dependencies_of_target
from mypy.types import CallableType, NoneType, Type, UnionType

from .contextless import infer_alone
from .inserting import insert_end
from .nodes import returns_of
from .type_ops import any_type, coroutine, named, this_instance


@contextmanager
def body_read(
    checker: TypeChecker, function: FuncDef, info: TypeInfo, arguments: Sequence[Type] | None = None
) -> Iterator[None]:
    """Have the expressions of a method's body typed, as if a mapping was wanted of it. Nothing is said of them.

    ``arguments``: the types of its parameters, where they are known.
    """
    insert_end(function)
    infer_alone(function, returns_of(function))
    if arguments is None:
        annotated = function.type.arg_types if isinstance(function.type, CallableType) else ()
        declared = list(annotated) or [any_type() for _ in function.arguments]
        arguments = [this_instance(info), *declared[1:]][: len(function.arguments)]
    mapping = named(
        checker, "typing.Mapping", [named(checker, "builtins.str", []), named(checker, "builtins.object", [])]
    )
    result: Type = UnionType([mapping, NoneType()])
    names = [None if argument.pos_only else argument.variable.name for argument in function.arguments]
    before = function.type, [argument.variable.type for argument in function.arguments]
    deferred, waits = list(checker.deferred_nodes), checker.current_node_deferred
    function.type = CallableType(
        arguments,
        [argument.kind for argument in function.arguments],
        names,
        coroutine(checker, result) if function.is_coroutine else result,
        named(checker, "builtins.function", []),
        name=function.name,
        definition=function,
    )
    try:
        with checker.msg.filter_errors(), checker.local_type_map as types, checker.tscope.function_scope(function):
            checker.check_func_item(function, name=function.name)
            _depend_on_read(checker, function, types)
            yield
    finally:
        function.type = before[0]
        for argument, type in zip(function.arguments, before[1], strict=True):
            argument.variable.type = type
        checker.deferred_nodes[:], checker.current_node_deferred = deferred, waits


def _depend_on_read(checker: TypeChecker, function: FuncDef, types: dict[Expression, Type]) -> None:
    """Have the daemon check the module again when something changes that the body reads: for mypy it has no types."""
    if checker.options.fine_grained_incremental or checker.options.cache_fine_grained:
        module = checker.tree.fullname
        found = get_dependencies_of_target(module, checker.tree, function, types, checker.options.python_version)
        for trigger in found:
            checker.tree.plugin_deps.setdefault(trigger, set()).add(module)
