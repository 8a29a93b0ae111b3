"""Orders: composes what the other two packages do."""

from .order import OrderInput, PlaceOrder

__all__ = ["OrderInput", "PlaceOrder"]
