"""The only room that imports mypy's internals, and knows how its versions differ.

What a plugin is given and may read (``mypy.nodes``, ``mypy.patterns``, ``mypy.types``, and the contexts of its hooks,
``mypy.plugin``) is imported everywhere.
"""
