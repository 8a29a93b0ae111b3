"""Values that JSON has no form for: how checkpoints save them and restore them exactly.

The JSON stays readable; what is needed to restore Python values stands beside it, in tags that mirror its shape.
"""

from .dumping import Tag
from .encoder import ContextEncoder
from .registry import Codec, Registry, read_codecs

__all__ = ["Codec", "ContextEncoder", "Registry", "Tag", "read_codecs"]
