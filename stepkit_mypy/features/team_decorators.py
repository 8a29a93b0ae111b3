"""How a decorator was made, as the argument of ``StepDecorator``: what other modules see of a team's own decorators."""

from __future__ import annotations

from mypy.nodes import CallExpr
from mypy.plugin import AnalyzeTypeContext, MethodContext
from mypy.types import LiteralType, Type, UnionType, get_proper_type

from ..mypy_api import analysis, checking, inference, type_ops
from ..mypy_api.checking import TypeChecker
from ..names import STEP_DECORATOR
from ..syntax.maker import FUNCTIONS, Maker
from ..syntax.maker_types import encoded
from ..syntax.makers import Makers, Trees
from .session import Session


def analyze(session: Session, context: AnalyzeTypeContext) -> Type:
    """``StepDecorator`` in an annotation. What a function returns says how the function makes it of its arguments."""
    analyzer, module = analysis.analyzing_module(context.api)
    function = analysis.function_being_annotated(analyzer, context.type)
    text = None
    if function is not None and function.fullname in FUNCTIONS:
        text = encoded(Maker(FUNCTIONS[function.fullname], "function"))
    elif function is not None:
        text = encoded(Makers(session.works.trees, module.fullname).of_function(function))
    return context.api.named_type(
        STEP_DECORATOR, [_argument(type_ops.literal_in_analysis(analyzer, text))] if text else []
    )


def kept(checker: TypeChecker, call: CallExpr, default: Type, trees: Trees) -> Type:
    """The type of ``flow.step(...)`` that stands outside of a flow class, to be kept under a name."""
    made = get_proper_type(default)
    if not type_ops.is_instance(made, STEP_DECORATOR):
        return default
    text = None
    if checking.function_being_checked(checker) is None:
        text = encoded(Makers(trees, checker.tree.fullname).of(call))
    return made.copy_modified(args=[_argument(type_ops.literal(checker, text)) if text else type_ops.any_type()])


def _argument(text: LiteralType) -> Type:
    """The text, and Any: how a decorator was made is nobody's mistake."""
    return UnionType([text, type_ops.any_type()])


def partial_called(session: Session, context: MethodContext) -> Type:
    """A partial function of a partial function lost what tells ``StepDecorator | Any`` from ``StepDecorator``."""
    made = inference.partial_called(context)
    decorator = get_proper_type(type_ops.without_any(made))
    return decorator if type_ops.is_instance(decorator, STEP_DECORATOR) else made
