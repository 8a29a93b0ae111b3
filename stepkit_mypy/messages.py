"""What the plugin says: one function for each mistake."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from difflib import get_close_matches

from mypy.nodes import Context as Node
from mypy.types import Type

from .algebra.contexts import Context, Key
from .codes import CODES
from .mypy_api import checking
from .mypy_api.checking import TypeChecker
from .mypy_api.formatting import format_type, format_type_distinctly
from .savable import Problem


def near(name: str, names: Iterable[str], limit: int = 1) -> str:
    """``; did you mean "sum"?``, or nothing."""
    known = [each for each in names if each != name]
    folded = {each.replace("_", "").lower(): each for each in known}
    found = get_close_matches(name, known, n=limit, cutoff=0.6)
    if not found and (same := folded.get(name.replace("_", "").lower())):
        found = [same]
    return f'; did you mean "{found[0]}"?' if found else ""


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _fail(checker: TypeChecker, code: str, text: str, node: Node) -> None:
    checker.fail(text, node, code=CODES[code])


def _giver(key: Key[Type]) -> str:
    return f'step "{key.giver}" gives it' if key.giver else "the input has it"


def _reader(step: str, fallback: str) -> str:
    return f'the fallback "{fallback}" of step "{step}"' if fallback else f'step "{step}"'


def missing_key(
    checker: TypeChecker,
    node: Node,
    step: str,
    key: str,
    context: Context[Type],
    later: str = "",
    *,
    default: bool = False,
    fallback: str = "",
) -> None:
    who = f'{_reader(step, fallback)} reads "{key}", which no earlier step provides'
    hint = near(key, context.keys)
    if later:
        hint = (
            f'; step "{later}" provides it, but runs later'
            if later != step
            else "; the step itself gives it only afterwards"
        )
    if default:
        _fail(checker, "stepkit-useless-default", f"{who}, so the default is always taken{hint}", node)
    else:
        _fail(checker, "stepkit-missing-key", who + hint, node)


def why(key: Key[Type]) -> str:
    """Why a key may be missing, and who gives it."""
    return f"{_giver(key)}, but {key.reason or 'not always'}"


def differs(checker: TypeChecker, name: str, wanted: Type, key: Key[Type]) -> str:
    first, second = format_type_distinctly(checker, wanted, key.type)
    return f'it wants "{name}" as {first}, but {_giver(key)} as {second}'


def maybe_missing(
    checker: TypeChecker, node: Node, step: str, name: str, key: Key[Type], *, fallback: str = ""
) -> None:
    text = f'{_reader(step, fallback)} reads "{name}", which may be missing: {why(key)}; give the parameter a default'
    _fail(checker, "stepkit-maybe-missing", text, node)


def key_type(
    checker: TypeChecker,
    node: Node,
    step: str,
    name: str,
    wanted: Type,
    key: Key[Type],
    code: str = "stepkit-key-type",
    *,
    advice: str = "",
    fallback: str = "",
) -> None:
    first, second = format_type_distinctly(checker, wanted, key.type)
    who = _reader(step, fallback)
    _fail(checker, code, f'{who} reads "{name}" as {first}, but {_giver(key)} as {second}{advice}', node)


def disagree(checker: TypeChecker, step: str, type: Type) -> str:
    return f'; step "{step}" reads it as {format_type(checker, type)}: ask for one type in both'


def annotate(checker: TypeChecker, name: str, wanted: Type, giver: str) -> str:
    type = format_type(checker, wanted).strip('"')
    return f'; annotate the value where step "{giver}" makes it: {name}: {type} = ...'


def given_by_fallback(checker: TypeChecker, name: str, type: Type) -> str:
    return f"; its fallback gives {format_type(checker, type)}"


def parameters(checker: TypeChecker, node: Node, step: str, what: str, advice: str) -> None:
    _fail(checker, "stepkit-parameters", f'step "{step}" takes {what}; {advice}', node)


def when_result(checker: TypeChecker, node: Node, step: str, type: Type) -> None:
    text = f'the condition of step "{step}" gives {format_type(checker, type)}; a condition gives a bool'
    _fail(checker, "stepkit-when", text, node)


def when_missing(checker: TypeChecker, node: Node, step: str, name: str, context: Context[Type]) -> None:
    text = f'the condition of step "{step}" reads "{name}", which no earlier step provides{near(name, context.keys)}'
    _fail(checker, "stepkit-when", text, node)


def when_maybe_missing(checker: TypeChecker, node: Node, step: str, name: str, key: Key[Type]) -> None:
    text = (
        f'the condition of step "{step}" reads "{name}", which may be missing: {why(key)}; give the parameter a default'
    )
    _fail(checker, "stepkit-when", text, node)


def bad_return(
    checker: TypeChecker, node: Node, step: str, type: Type, *, transform: bool = False, of_fallback: bool = False
) -> None:
    found = format_type(checker, type)
    wanted = "a mapping with known string keys" + ("" if transform else ", or None")
    who = f'the fallback of step "{step}"' if of_fallback else f'step "{step}"'
    text = f"{who} returns {found}; return {wanted}: a dict display, dict(key=value) or a TypedDict"
    _fail(checker, "stepkit-return", text, node)


def fallback_error(checker: TypeChecker, node: Node, step: str, type: Type) -> None:
    found = format_type(checker, type)
    text = f'the fallback of step "{step}" takes its error as {found}, but it is called with any "Exception"'
    _fail(checker, "stepkit-parameters", text, node)


def no_flow(checker: TypeChecker, node: Node, place: str, type: Type) -> None:
    text = (
        f"{place} is a flow class, an instance of one, or a function of self that makes one, "
        f"not {format_type(checker, type)}"
    )
    _fail(checker, "stepkit-no-flow", text, node)


def branch_case(checker: TypeChecker, node: Node, branch: str, case: str, cases: Iterable[str]) -> None:
    text = f'branch "{branch}" has no case "{case}"{near(case, cases)} (it has {quoted(cases)})'
    _fail(checker, "stepkit-branch-case", text, node)


def branch_unknown_case(checker: TypeChecker, node: Node, branch: str, type: Type, cases: Iterable[str]) -> None:
    names = ", ".join(f'"{case}"' for case in cases)
    text = (
        f'branch "{branch}" returns {format_type(checker, type)}: any of its cases may be chosen. '
        f"Annotate its return with Literal[{names}], and it is checked"
    )
    checker.msg.note(text, node, code=CODES["stepkit-branch-case"])


def nested_input(checker: TypeChecker, node: Node, place: str, flow: str, problems: list[str]) -> None:
    _fail(
        checker,
        "stepkit-nested-input",
        f"{place}: the context does not satisfy the input of {flow}: {'; '.join(problems)}",
        node,
    )


def collision(checker: TypeChecker, node: Node, step: str, name: str, key: Key[Type]) -> None:
    giver = f"{_giver(key)} already"
    may = "" if key.certain else ", though not always"
    _fail(checker, "stepkit-collision", f'step "{step}" gives "{name}" under merge="error", but {giver}{may}', node)


def unsavable(
    checker: TypeChecker, node: Node, name: str, key: Key[Type], flow: str, problem: Problem, taker: str = ""
) -> None:
    taken = f", which on_step_complete of {taker} takes," if taker else ""
    if problem.unnamed is not None:
        text = (
            f'the checkpoint of {flow}{taken} could not restore "{name}" ({_giver(key)}), '
            f"as the flow does not name its class {problem.unnamed.name}; "
            "annotate a parameter or a return with it, or register it with codecs="
        )
    else:
        what = f'"{name}" of type {format_type(checker, key.type)}'
        if problem.field:
            what += f', whose "{problem.field}" is of type {format_type(checker, problem.type)}'
        cure = "keep it in self, drop it with a transform, or give the flow a codec for it"
        if problem.exception is not None:
            cure = f"register it, codecs=[{problem.exception.name}], and its args and attributes are saved"
        text = f"the checkpoint of {flow}{taken} cannot save {what} ({_giver(key)}); {cure}"
    _fail(checker, "stepkit-unsavable", text, node)


def override_unknown(checker: TypeChecker, node: Node, flow: str, name: str, names: Iterable[str]) -> None:
    known = sorted(names)
    _fail(checker, "stepkit-override", f'no step of {flow} sees the key "{name}"{near(name, known)}', node)


def override_type(checker: TypeChecker, node: Node, flow: str, name: str, wanted: Type, found: Type) -> None:
    first, second = format_type_distinctly(checker, wanted, found)
    _fail(
        checker,
        "stepkit-override",
        f'override_data gives "{name}" as {second}, but the steps of {flow} see it as {first}',
        node,
    )


def override_problem(
    checker: TypeChecker, flow: str, base: str, name: str, wanted: Type, key: Key[Type] | None, step: str
) -> str:
    """How users of a base find a key changed in a subclass. ``step``: the one at fault, if it is known."""
    who = f'step "{step}" of {flow}' if step else flow
    if key is None:
        return f'{who} does not give "{name}", which users of {base} may read'
    first, second = format_type_distinctly(checker, wanted, key.type)
    if first != second:
        giver = f'step "{key.giver}" of {flow} gives "{name}"' if key.giver else f'{who} leaves "{name}"'
        return f"{giver} as {second}, but users of {base} may read it as {first}"
    return f'in {flow} "{name}", which users of {base} may read, may be missing: {why(key)}'


def override_step(checker: TypeChecker, node: Node, flow: str, problems: list[str], also: Iterable[Node]) -> None:
    cure = f"keep what they read, or, where {flow} never stands in, add # type: ignore[stepkit-override-step]"
    if also:
        cure += " here, above at the decorator, or at the class for all of its steps"
    checking.fail(checker, f"{'; '.join(problems)}; {cure}", node, CODES["stepkit-override-step"], also)


def unknown_step_text(flow: str, name: str, names: Iterable[str]) -> str:
    known, parts = list(names), name.split("/")
    inside = next((path for place in range(1, len(parts)) if (path := "/".join(parts[place:])) in known), None)
    if inside is not None:
        own = f"the events of {flow} do not name the flows around it"
        return f'{flow} has no step "{name}"; did you mean "{inside}"? ({own})'
    return f'{flow} has no step "{name}"{near(name, known)}'


def unknown_step(checker: TypeChecker, node: Node, text: str) -> None:
    _fail(checker, "stepkit-missing-key", text, node)


def lost_gate(checker: TypeChecker, node: Node, flow: str, base: str, name: str) -> None:
    text = (
        f'on_step_complete, which {flow} inherits from {base}, compares with "{name}", and {flow} has no step of that '
        "name; keep the name, or override on_step_complete"
    )
    _fail(checker, "stepkit-missing-key", text, node)


def gate_in_group(checker: TypeChecker, node: Node, member: str, flow: str) -> None:
    text = (
        f"{member}: an on_step_complete in {flow} always stops the run. A parallel group is one step: a resume runs it "
        "again, stops there again, and never gets past; put the gate behind the group"
    )
    definition(checker, node, text)


def definition(checker: TypeChecker, node: Node, text: str) -> None:
    """What ``FlowDefinitionError`` would say when the class is created."""
    _fail(checker, "stepkit-definition", text, node)


def internal_text(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.filename.rsplit('/', 1)[-1]}:{last.lineno}"
    return f"stepkit_mypy met something unexpected here ({type(error).__name__}: {error}, {where}); please report it"


def internal(checker: TypeChecker, node: Node, text: str) -> None:
    _fail(checker, "stepkit-internal", text, node)
