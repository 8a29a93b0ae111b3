"""What is noted where the context becomes open: from there on its keys are not known."""

from __future__ import annotations

from mypy.nodes import Context as Node

from .algebra.table import Row
from .codes import CODES
from .mypy_api.checking import TypeChecker
from .syntax.declarations import ANYWHERE


def _note(checker: TypeChecker, text: str, node: Node) -> None:
    checker.msg.note(text, node, code=CODES["stepkit-open"])


def open_fallback(checker: TypeChecker, node: Node, step: str) -> None:
    text = (
        f'what the fallback of step "{step}" gives cannot be seen: from here on the keys of the context are not known. '
        "Annotate its return with a TypedDict, and they are"
    )
    _note(checker, text, node)


def open_context(checker: TypeChecker, node: Node, step: str, what: str) -> None:
    text = (
        f'step "{step}" returns {what}: from here on the keys of the context are not known. '
        "Return a dict display or a TypedDict, and they are"
    )
    _note(checker, text, node)


def open_inside(checker: TypeChecker, node: Node, place: str, path: str, row: Row) -> None:
    if row.facts.attribute == ANYWHERE:
        lost_inside(checker, node, place)
        return
    if row.facts.unread:
        text = (
            f'{place}: what its step "{path}" returns cannot be seen, as the bodies of its file are not read: from '
            "here on the keys of the context are not known. Annotate the step's return, and they are"
        )
    else:
        text = (
            f'{place}: behind its step "{path}" the keys are not known: from here on those of the context are not, '
            "either. A step that returns a dict display or a TypedDict makes them known"
        )
    _note(checker, text, node)


def lost_inside(checker: TypeChecker, node: Node, place: str) -> None:
    text = (
        f"{place}: its stub may lack decorators of steps: from here on the keys of the context are not known. "
        "Write them into the stub, with the annotations of what each step returns, and they are"
    )
    _note(checker, text, node)


def open_mixin(checker: TypeChecker, node: Node, attribute: str, mixin: str) -> None:
    text = (
        f'the keys that "{attribute}" of {mixin} gives are not known, and from here on those of the context are not. '
        f"Annotate the return of the step with a TypedDict, or make {mixin} a flow class, and they are"
    )
    _note(checker, text, node)


def unseen_base(checker: TypeChecker, node: Node, flow: str) -> None:
    text = (
        f"a base class of {flow} cannot be seen, so its steps are not known, and the keys of the context are not. "
        "Give what stands there a type, and they are"
    )
    _note(checker, text, node)


def unseen_declaration(checker: TypeChecker, node: Node, attribute: str) -> None:
    text = (
        f'"{attribute}" may be a step, and what it gives cannot be seen: from here on the keys of the context are not '
        "known. Decorate a method with what is made by flow.step in this module, or by a function that is annotated "
        "to return flow.StepDecorator, and they are"
    )
    _note(checker, text, node)


def lost_in_stub(checker: TypeChecker, node: Node, flow: str) -> None:
    text = (
        f"methods of {flow} may be steps whose decorators are missing in this stub: the keys of the context are not "
        "known. Write the decorators into the stub, as the source has them, with the annotations of what each step "
        "returns, and they are"
    )
    _note(checker, text, node)


def unseen_flow(checker: TypeChecker, node: Node, place: str) -> None:
    text = (
        f"{place}: it cannot be seen which flow this is, and from here on the keys of the context are not known. "
        "Name the class, or a function with a return annotation, and they are"
    )
    _note(checker, text, node)


def circle(checker: TypeChecker, node: Node, step: str, flow: str) -> None:
    text = (
        f'"{step}" runs {flow}, whose own keys depend on those of this flow: from here on the keys of the context are '
        "not known. A transform that returns a dict display makes them known again"
    )
    _note(checker, text, node)


def unseen_payload(checker: TypeChecker, node: Node, approval: str) -> None:
    text = (
        f'approval "{approval}": the keys of its payload cannot be seen, and from here on those of the context are not '
        "known. Name the class of a decision, and they are"
    )
    _note(checker, text, node)


def unseen_cases(checker: TypeChecker, node: Node, branch: str) -> None:
    text = (
        f'branch "{branch}": its cases cannot be seen, and from here on the keys of the context are not known. '
        'Write them where they are used, cases={"name": Case}, and they are'
    )
    _note(checker, text, node)
