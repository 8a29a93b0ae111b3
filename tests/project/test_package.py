"""The package as a whole: its public names, what importing it costs, and that imports point down only."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
import summary
from package_modules import modules_of
from typing_extensions import TypeAliasType

import stepkit

PACKAGE = Path(stepkit.__file__).parent
ROOT = Path(__file__).resolve().parents[2]

PUBLIC_MODULES = ["stepkit", "stepkit.errors", "stepkit.flow"]
PUBLIC_MODULES += [name for name in ("stepkit.stores", "stepkit.testing") if importlib.util.find_spec(name)]


def _public_names() -> list[tuple[str, str]]:
    return [(module, name) for module in PUBLIC_MODULES for name in importlib.import_module(module).__all__]


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_the_public_names_are_listed_in_order_and_exist(module: str) -> None:
    imported = importlib.import_module(module)
    assert list(imported.__all__) == sorted(set(imported.__all__))
    assert [name for name in imported.__all__ if not hasattr(imported, name)] == []


@pytest.mark.parametrize(("module", "name"), _public_names())
def test_every_public_name_has_a_docstring(module: str, name: str) -> None:
    value = getattr(importlib.import_module(module), name)
    if isinstance(value, TypeAliasType):  # has none of its own: its module's tells
        documentation = sys.modules[value.__module__ or ""].__doc__ or ""
        assert name in documentation
    else:
        assert isinstance(value, ModuleType | type) or inspect.isroutine(value)
        documentation = value.__doc__ or ""
    assert documentation.strip() != ""


def test_star_import_gives_the_public_names_and_no_others() -> None:
    namespace: dict[str, object] = {}
    exec("from stepkit import *", namespace)
    del namespace["__builtins__"]
    assert sorted(namespace) == stepkit.__all__


def test_importing_stepkit_imports_nothing_costly() -> None:
    imported = _loaded_by("stepkit")
    assert "stepkit.definition" in imported
    costly = {"asyncio", "concurrent.futures", "datetime", "logging", "msgspec", "mypy", "sqlite3", "stepkit_mypy"}
    assert imported & (costly | {"stepkit.checkpoint", "stepkit.codec", "stepkit.annotations.hints"}) == set()


def test_importing_stepkit_imports_no_store_and_a_store_imports_no_other() -> None:
    assert {name for name in _loaded_by("stepkit") if name.startswith("stepkit.stores")} == set()
    drivers = {"sqlite3", "psycopg", "psycopg_pool", "redis", "cryptography"}
    assert _loaded_by("stepkit.stores") & drivers == set()
    assert _loaded_by("stepkit.stores.memory") & drivers == set()
    assert _loaded_by("stepkit.stores.sqlite") & drivers == {"sqlite3"}
    assert _loaded_by("stepkit.stores.postgres") & drivers == set()  # only when such a store is made
    assert _loaded_by("stepkit.stores.redis") & drivers == set()
    assert _loaded_by("stepkit.stores.encrypted") & drivers == set()  # only when something is sealed


def test_the_plugin_imports_the_runtime_only_where_it_meets_a_flow() -> None:
    imported = _loaded_by("stepkit_mypy.plugin")  # a worker of mypy's that starts slowly is given up
    assert "stepkit_mypy.features.declaring" in imported
    assert imported & {"stepkit", "msgspec"} == set()


def _loaded_by(module: str) -> set[str]:
    program = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    printed = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True).stdout
    return set(json.loads(printed))


def test_the_package_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


def test_msgspec_and_typing_extensions_are_all_that_a_user_must_install() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[^\w-]", requirement)[0] for requirement in project["dependencies"]]
    assert names == ["msgspec", "typing-extensions"]


def test_every_third_party_import_is_a_dependency() -> None:
    outside = [each for each in _imports() if each.at_once and not each.for_typing]
    imported = {each.module.partition(".")[0] for each in outside} - {"stepkit"}
    assert imported - sys.stdlib_module_names == {"msgspec", "typing_extensions"}


# Every room, and the rooms that it may import. A room is a module directly in the package, or a package in it; "" is
# the package itself.
ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "backoff": set(),
    "events": set(),
    "helper_types": set(),
    "ids": {"errors"},
    "current": {"errors"},
    "table": {"backoff", "errors", "events"},
    "signature": {"table"},
    "flow": {"backoff", "current", "table"},
    "description": {"annotations", "table"},
    "callback_methods": {"errors", "flow"},
    "fallback": {"errors", "flow", "signature", "table"},
    "row_builder": {"backoff", "errors", "fallback", "flow", "signature", "table"},
    "table_builder": {"callback_methods", "errors", "flow", "row_builder", "signature", "table"},
    "codec": {"errors"},
    "annotations": {"codec", "errors", "table"},
    "checkpoint": {"backoff", "codec", "errors"},
    "runtime": {
        *(
            "annotations",
            "backoff",
            "callback_methods",
            "checkpoint",
            "codec",
            "current",
            "errors",
            "events",
            "ids",
        ),
        *("signature", "table"),
    },
    "log": {"runtime", "table"},
    "definition": {
        *(
            "annotations",
            "backoff",
            "callback_methods",
            "checkpoint",
            "codec",
            "log",
            "description",
            "errors",
            "events",
            "row_builder",
        ),
        *("runtime", "table", "table_builder"),
    },
    "stores": {"errors", "ids"},
    "testing": {"definition", "errors", "events"},
    "": {"checkpoint", "codec", "log", "definition", "errors", "events", "flow", "helper_types", "table"},
}


class Import(NamedTuple):
    importer: str
    """The importing module, without "stepkit."; "" is the package itself."""
    module: str
    for_typing: bool
    at_once: bool
    """Whether importing the importer imports it, not only calling something in it."""


def _imports() -> Iterator[Import]:
    for importer, path in modules_of(PACKAGE).items():
        package = ["stepkit", *importer.split(".")] if importer else ["stepkit"]
        if path.name != "__init__.py":
            package = package[:-1]
        yield from _imports_in(ast.parse(path.read_text()), importer, package)


def _imports_in(
    node: ast.AST, importer: str, package: list[str], for_typing: bool = False, at_once: bool = True
) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(importer, alias.name, for_typing, at_once)
        elif isinstance(child, ast.ImportFrom):
            base = package[: len(package) - child.level + 1] if child.level else []
            whole = ".".join([*base, *([child.module] if child.module else [])])
            for alias in child.names:
                module = f"{whole}.{alias.name}"
                known = module.startswith("stepkit.") and module.removeprefix("stepkit.") in modules_of(PACKAGE)
                yield Import(importer, module if known else whole, for_typing, at_once)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            typing = isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
            yield from _imports_in(child, importer, package, for_typing or typing, at_once and not inside)


def test_every_room_imports_only_what_it_may() -> None:
    assert {module.partition(".")[0] for module in modules_of(PACKAGE)} == set(ROOMS)
    wrong = []
    for importer, module, for_typing, _ in _imports():
        if not module.startswith("stepkit."):
            continue
        room, target = importer.partition(".")[0], module.split(".")[1]
        if target != room and target not in ROOMS[room]:
            wrong.append(f"stepkit.{importer} imports {module}")
        if (
            room == "log"
            and target == "runtime"
            and not (for_typing and module in ("stepkit.runtime.ending", "stepkit.runtime.observer"))
        ):
            wrong.append(f"stepkit.{importer} imports {module}: it may know what an observer is told, for typing only")
    assert wrong == []


def test_rooms_import_in_no_circle() -> None:
    TopologicalSorter(ROOMS).prepare()  # raises CycleError, which names the circle


def test_modules_import_in_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for importer, module, *_ in _imports():
        if module.startswith("stepkit."):
            graph.setdefault(f"stepkit.{importer}", set()).add(module)
    reached = {module: _reached(module, graph) for module in graph}
    circles = {frozenset(one for one in reached if one in reached[each] and each in reached[one]) for each in reached}
    assert circles == {frozenset()}  # also where an import stands in a function, or is for types only


def _reached(module: str, graph: dict[str, set[str]]) -> set[str]:
    """The modules that a module imports, directly or through others."""
    found: set[str] = set()
    pending = [module]
    while pending:
        for each in graph.get(pending.pop(), set()) - found:
            found.add(each)
            pending.append(each)
    return found


def test_nothing_in_the_package_knows_mypy_or_its_plugin() -> None:
    roots = {each.module.partition(".")[0] for each in _imports()}
    assert roots & {"mypy", "mypy_extensions", "stepkit_mypy"} == set()


def test_no_file_speaks_of_one_machine() -> None:
    # written apart, so that this file does not speak of them either
    words = ["/" + "root/", "/" + "work/", "/" + "home/", "pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org"]
    folders = [PACKAGE, *(ROOT / name for name in ("tests", "typecheck_tests", "examples", "docs", "benchmarks"))]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".md", ".js", ".txt")]
    files += [path for path in ROOT.iterdir() if path.is_file() and path.suffix in (".py", ".md", ".toml", "")]
    files += [path for name in ("scripts", ".ci") for path in (ROOT / name).rglob("*") if path.is_file()]
    texts = {path: path.read_text(errors="replace") for path in files if "__pycache__" not in path.parts}
    assert [(path, word) for path, text in texts.items() for word in words if word in text] == []


def test_the_page_of_the_architecture_names_every_room_and_only_what_is_there() -> None:
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in ("docs/architecture.md", "CONTRIBUTING.md")]
    named = {match for text in texts for match in re.findall(r"`([\w/-]+(?:/|\.py|\.md))`", text)}
    places = (ROOT, PACKAGE.parent)  # where a wheel is tested, the package stands elsewhere
    assert sorted(name for name in named if not any((place / name).exists() for place in places)) == []
    rooms = {f"stepkit/{room}/" if (PACKAGE / room).is_dir() else f"stepkit/{room}.py" for room in ROOMS if room}
    plugin = PACKAGE.parent / "stepkit_mypy"
    rooms |= {f"stepkit_mypy/{path.parent.name}/" for path in plugin.glob("*/__init__.py")}
    rooms |= {f"stepkit_mypy/{path.name}" for path in plugin.glob("[!_]*.py")}
    assert sorted(rooms - named) == []


def test_every_folder_of_tests_has_a_line_in_their_summary() -> None:
    folders = {f"tests/{path.name}/" for path in (ROOT / "tests").iterdir() if [*path.glob("test_*.py")]}
    assert folders == set(summary.SUBJECTS) - {"typecheck_tests/"}
