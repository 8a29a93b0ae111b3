"""How a decorator was made, as the argument of ``StepDecorator``: what other modules see of a team's own decorators."""

from __future__ import annotations

from mypy.checker import TypeChecker
from mypy.nodes import CallExpr
from mypy.plugin import AnalyzeTypeContext
from mypy.types import LiteralType, Type, UnionType, get_proper_type

from .. import mypy_api
from ..syntax.maker import DECORATOR, FUNCTIONS, Maker
from ..syntax.maker_types import encoded
from ..syntax.makers import Makers, Trees


def analyze(context: AnalyzeTypeContext, trees: Trees) -> Type:
    """``StepDecorator`` in an annotation. What a function returns says how the function makes it of its arguments."""
    analyzer, module = mypy_api.analyzing_module(context.api)
    function = mypy_api.function_being_annotated(analyzer, context.type)
    text = None
    if function is not None and function.fullname in FUNCTIONS:
        text = encoded(Maker(FUNCTIONS[function.fullname], "function"))
    elif function is not None:
        text = encoded(Makers(trees, module.fullname).of_function(function))
    return context.api.named_type(DECORATOR, [_argument(mypy_api.literal_in_analysis(analyzer, text))] if text else [])


def kept(checker: TypeChecker, call: CallExpr, default: Type, trees: Trees) -> Type:
    """The type of ``flow.step(...)`` that stands outside of a flow class, to be kept under a name."""
    made = get_proper_type(default)
    if not mypy_api.is_instance(made, DECORATOR):
        return default
    text = None
    if mypy_api.function_being_checked(checker) is None:
        text = encoded(Makers(trees, checker.tree.fullname).of(call))
    return made.copy_modified(args=[_argument(mypy_api.literal(checker, text)) if text else mypy_api.any_type()])


def _argument(text: LiteralType) -> Type:
    """The text, and Any: how a decorator was made is nobody's mistake."""
    return UnionType([text, mypy_api.any_type()])
