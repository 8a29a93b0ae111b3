"""The only room that imports mypy's internals, and knows how its versions differ.

What mypy does that a plugin must know stands in ``docs/maintainers/mypy-traps.md``. What a plugin is given and may read
is imported everywhere: ``mypy.nodes``, ``mypy.patterns``, ``mypy.types``, and the contexts of hooks, ``mypy.plugin``.
"""
