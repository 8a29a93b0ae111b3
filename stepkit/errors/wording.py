"""What several messages say alike."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(names: Iterable[str]) -> str:
    """The names for a message: ``"a", "b"``, or ``nothing``; long lists are cut."""
    listed = [f'"{name}"' for name in names]
    if len(listed) > 12:
        listed = [*listed[:12], f"and {len(listed) - 12} more"]
    return ", ".join(listed) or "nothing"


def nearest(name: str, names: Iterable[str]) -> str:
    """A question that names the nearest names, or an empty string."""
    import difflib

    matches = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    choices = " or ".join(f'"{match}"' for match in matches)
    return f"; did you mean {choices}?" if matches else ""
