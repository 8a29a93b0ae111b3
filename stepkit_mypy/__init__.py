"""The mypy plugin of stepkit: ``plugins = ["stepkit_mypy"]`` in mypy's configuration."""

from .plugin import plugin

__all__ = ["plugin"]
