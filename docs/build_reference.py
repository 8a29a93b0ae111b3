"""Writes reference.md from the docstrings of the public names.

    python docs/build_reference.py

tests/project/test_docs.py compares the page with what this would write.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typing_extensions import TypeAliasType

HELPERS = ("StepInput", "StepNames", "StepOutput")  # they have one docstring, their module's
PAGE = Path(__file__).with_name("reference.md")
MODULES = ["stepkit", "stepkit.flow", "stepkit.errors"]
MODULES += [name for name in ("stepkit.stores", "stepkit.testing") if importlib.util.find_spec(name)]
INTRODUCTION = """\
# Reference

Every public name, from its docstring. This page is written by `docs/build_reference.py`.
"""


def build() -> str:
    """The text of the page."""
    lines = [INTRODUCTION]
    for name in MODULES:
        module = importlib.import_module(name)
        lines += [f"## {name}\n", markdown(inspect.getdoc(module) or "")]
        for public in module.__all__:
            lines += entry(name, public, getattr(module, public))
    return "\n".join(lines).rstrip("\n") + "\n"


def entry(module: str, name: str, value: Any) -> Iterator[str]:
    if inspect.ismodule(value):
        yield f"### `{name}`\n"
        yield f"The module [`{value.__name__}`](#{value.__name__.replace('.', '')}).\n"
        return
    yield f"### `{name}`\n"
    if isinstance(value, TypeAliasType):
        first = next(each for each in importlib.import_module(module).__all__ if each in HELPERS)
        helpers = inspect.getdoc(sys.modules[value.__module__ or ""]) or ""
        yield markdown(helpers) if name == first else f"See [`{module}.{first}`](#{first.lower()}).\n"
        return
    if value.__module__ != module and name in importlib.import_module("stepkit").__all__ and module != "stepkit":
        yield f"See [`stepkit.{name}`](#{name.lower()}).\n"
        return
    if inspect.isclass(value):
        if issubclass(value, BaseException):
            bases = " and ".join(f"`{base.__name__}`" for base in value.__bases__)
            yield f"A {bases}.\n"
        elif constructed(value):
            yield code(name, value)
        yield markdown(inspect.getdoc(value) or "")
        if not constructed(value) and value.__module__ != "stepkit.flow":  # the signature names them; no declarations
            yield from attributes(value)
        for attribute, member in vars(value).items():
            yield from method(name, attribute, member)
    else:
        yield code(name, value)
        yield markdown(inspect.getdoc(value) or "")


def constructed(cls: type) -> bool:
    """Whether users make instances of it."""
    if cls.__module__.startswith("stepkit.stores."):
        return cls.__name__.endswith("Store") and cls.__name__ != "Store"
    return (
        cls.__module__.startswith("stepkit.")
        and cls.__name__ in importlib.import_module("stepkit").__all__
        and (cls.__name__ not in ("Flow", "StepEvent"))
    )


def attributes(cls: type) -> Iterator[str]:
    """The public attributes of instances: what the class annotates, and what its initializer assigns."""
    annotated = {name: each for name, each in vars(cls).get("__annotations__", {}).items() if each != "TypeAlias"}
    texts = [f"`{name}: {annotation(each)}`" for name, each in annotated.items() if not name.startswith("_")]
    base = importlib.import_module("stepkit.errors").StepkitError
    if issubclass(cls, base) and (cls is base or cls.__init__ is not base.__init__):
        assigned = re.findall(r"^ +self\.([a-z]\w*) = ", inspect.getsource(cls.__init__), re.MULTILINE)
        texts += [f"`{name}`" for name in assigned]
    if texts:
        yield f"Attributes: {', '.join(texts)}.\n"


def method(owner: str, name: str, member: Any) -> Iterator[str]:
    if name.startswith("_"):
        return
    function = getattr(member, "__func__", member)
    documentation = inspect.getdoc(member)
    if isinstance(member, property) and documentation:
        yield f"#### `{owner}.{name}`\n"
        yield markdown(documentation)
    elif inspect.isfunction(function) and documentation:
        word = "async " if inspect.iscoroutinefunction(function) else ""
        yield f"#### `{word}{owner}.{name}`\n"
        yield code(name, function, bound=not isinstance(member, staticmethod))
        yield markdown(documentation)


def code(name: str, value: Any, *, bound: bool = False) -> str:
    """The signature as a block, a parameter a line where it is long; of a method without its first."""
    signature = inspect.signature(value)
    parameters = list(signature.parameters.values())[1 if bound else 0 :]
    texts: list[str] = []
    marked = False
    for place, parameter in enumerate(parameters):
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not marked:
            texts.append("*")
            marked = True
        texts.append(shown(parameter))
        kinds = [each.kind for each in parameters[place : place + 2]]
        if kinds[0] is inspect.Parameter.POSITIONAL_ONLY and kinds[-1] is not kinds[0]:
            texts.append("/")
    returned = signature.return_annotation
    arrow = "" if returned is inspect.Signature.empty or inspect.isclass(value) else f" -> {annotation(returned)}"
    line = f"{name}({', '.join(texts)}){arrow}"
    if len(line) > 100:
        line = f"{name}(\n" + "".join(f"    {text},\n" for text in texts) + f"){arrow}"
    return f"```text\n{line}\n```\n"


def shown(parameter: inspect.Parameter) -> str:
    text = parameter.name
    if parameter.annotation is not inspect.Parameter.empty:
        text += f": {annotation(parameter.annotation)}"
    if parameter.default is not inspect.Parameter.empty:
        text += f" = {parameter.default!r}"
    return text


def annotation(value: Any) -> str:
    text = value if isinstance(value, str) else inspect.formatannotation(value)
    return re.sub(r"\b(?:typing|collections\.abc|runtime|stepkit(?:\.\w+)*)\.", "", text).strip("\"'~")


def markdown(documentation: str) -> str:
    """A docstring as Markdown: code in single backticks, the items of its sections as a list."""
    lines: list[str] = []
    section = False
    for line in documentation.replace("``", "`").splitlines():
        if re.fullmatch(r"[A-Z][\w ]+:", line):
            section = True
            lines += [f"**{line}**", ""]
        elif section and (item := re.fullmatch(r"    (\w+): (.+)", line)):
            lines.append(f"- `{item[1]}`: {item[2]}")
        elif section and line.startswith("        "):
            lines.append("  " + line.strip())
        elif line.startswith("    ") and not section:
            lines.append(line)
        else:
            section = section and not (line and not line.startswith(" "))
            lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(build(), encoding="utf-8")
