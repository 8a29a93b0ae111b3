"""What mypy's cache depends on."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def config_data() -> dict[str, str]:
    """What a cache depends on: the sources of the plugin, of which mypy looks at the first only, and of the runtime."""
    digest = hashlib.sha256()
    runtime = find_spec("stepkit")
    folders = [Path(__file__).parent, *(map(Path, runtime.submodule_search_locations or ()) if runtime else ())]
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.read_bytes())
    return {"stepkit_mypy": digest.hexdigest()}
