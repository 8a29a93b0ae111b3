"""The plugin as a whole: its rooms, and that imports point down only."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from package_modules import modules_of

import stepkit
import stepkit_mypy
from stepkit import Flow, StepEvent
from stepkit.table import ERROR_POLICIES
from stepkit_mypy import names

PACKAGE = Path(stepkit_mypy.__file__).parent
STEPKIT = ["stepkit", *(each.name for each in pkgutil.walk_packages(stepkit.__path__, "stepkit."))]

# Every room, and the rooms that it may import. A room is a module directly in the package, or a package in it; "" is
# the package itself.
ROOMS: dict[str, set[str]] = {
    "names": set(),
    "codes": set(),
    "caching": set(),
    "records": set(),
    "mypy_api": {"names"},
    "algebra": {"caching", "mypy_api", "names", "records"},
    "savable": {"algebra", "mypy_api", "names", "records"},
    "syntax": {"algebra", "mypy_api", "names", "records"},
    "messages": {"algebra", "codes", "mypy_api", "savable"},
    "notes": {"algebra", "codes", "mypy_api", "syntax"},
    "returns": {"algebra", "mypy_api", "records", "syntax"},
    "flow_class": {"algebra", "mypy_api", "names", "records", "syntax"},
    "semantic": {"algebra", "flow_class", "mypy_api", "names", "syntax"},
    "rows": {"algebra", "flow_class", "messages", "mypy_api", "names", "notes", "records", "returns", "syntax"},
    "checks": {
        "algebra",
        "flow_class",
        "messages",
        "mypy_api",
        "names",
        "notes",
        "records",
        "rows",
        "savable",
        "syntax",
    },
    "features": {
        *("algebra", "caching", "checks", "codes", "flow_class", "messages", "mypy_api", "names"),
        *("notes", "records", "returns", "rows", "savable", "semantic", "syntax"),
    },
    "plugin": {"algebra", "caching", "features", "flow_class", "mypy_api", "names"},
    "": {"plugin"},
}

# What mypy gives to plugins: the syntax, the types, and the contexts of hooks. The rest may change with any version.
FOR_PLUGINS = {"mypy.errorcodes", "mypy.nodes", "mypy.options", "mypy.patterns", "mypy.plugin", "mypy.types"}


def _imports() -> Iterator[tuple[str, str]]:
    """Who imports what, also in functions and for types only; modules of the plugin without its own name."""
    modules = modules_of(PACKAGE)
    for importer, path in modules.items():
        package = importer.split(".") if path.name == "__init__.py" and importer else importer.split(".")[:-1]
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((importer, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    yield importer, f"mypy.{alias.name}" if node.module == "mypy" else node.module or ""
            elif isinstance(node, ast.ImportFrom):
                base = [*package[: len(package) - node.level + 1], *(node.module.split(".") if node.module else [])]
                for alias in node.names:
                    module = ".".join([*base, alias.name])
                    yield importer, f"stepkit_mypy.{module if module in modules else '.'.join(base)}"


def _own_imports() -> list[tuple[str, str]]:
    return [(who, what.removeprefix("stepkit_mypy.")) for who, what in _imports() if what.startswith("stepkit_mypy.")]


def test_every_room_imports_only_what_it_may() -> None:
    assert {module.partition(".")[0] for module in modules_of(PACKAGE)} == set(ROOMS)
    rooms = [(who, what, who.partition(".")[0], what.partition(".")[0]) for who, what in _own_imports()]
    assert [(who, what) for who, what, room, other in rooms if other != room and other not in ROOMS[room]] == []


def test_no_room_may_import_what_it_need_not() -> None:
    needed = {(who.partition(".")[0], what.partition(".")[0]) for who, what in _own_imports()}
    assert [(room, other) for room, others in ROOMS.items() for other in others if (room, other) not in needed] == []


def test_rooms_import_in_no_circle() -> None:
    TopologicalSorter(ROOMS).prepare()  # raises CycleError, which names the circle


def test_modules_import_in_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for importer, module in _own_imports():
        graph.setdefault(importer, set()).add(module)
    TopologicalSorter(graph).prepare()  # also where an import stands in a function, or is for types only


def test_only_one_room_imports_the_internals_of_mypy() -> None:
    outside = {(who, what) for who, what in _imports() if what.partition(".")[0] == "mypy" and what not in FOR_PLUGINS}
    assert {who for who, _ in outside if who.partition(".")[0] != "mypy_api"} == set()


def test_files_are_short() -> None:
    lengths = {module: len(path.read_text().splitlines()) for module, path in modules_of(PACKAGE).items()}
    assert {module: length for module, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize("name", [name for name in vars(names) if name.isupper() and name != "ERROR_POLICIES"])
def test_every_name_that_the_plugin_knows_exists(name: str) -> None:
    found = getattr(names, name)
    for each in [found] if isinstance(found, str) else found:
        assert _exists(each), each


def test_the_policies_that_the_plugin_knows_are_those_of_the_runtime() -> None:
    assert names.ERROR_POLICIES == ERROR_POLICIES


def _exists(name: str) -> bool:
    """Whether stepkit has a class or a function of this full name, or a flow or an event an attribute of this name."""
    if "." not in name:
        return hasattr(Flow, name) or hasattr(StepEvent, name)
    parts = name.split(".")
    place = next(place for place in range(len(parts), 0, -1) if ".".join(parts[:place]) in STEPKIT)
    module, inside = ".".join(parts[:place]), parts[place:]
    value: object = importlib.import_module(module)
    for attribute in inside:
        value = getattr(value, attribute, None)
    return value is not None or _is_for_typing(module, inside)


def _is_for_typing(module: str, inside: list[str]) -> bool:
    tree = ast.parse(Path(str(importlib.import_module(module).__file__)).read_text())
    conditional = [each for node in tree.body if isinstance(node, ast.If) for each in node.body]
    return [each.name for each in conditional if isinstance(each, ast.ClassDef) and each.name == inside[0]] == inside
