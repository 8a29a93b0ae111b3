"""The modules of a package, for the tests of what they import."""

from __future__ import annotations

from pathlib import Path


def modules_of(package: Path) -> dict[str, Path]:
    """Return the files of a package's modules by their names in it; "" is the package itself."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found
