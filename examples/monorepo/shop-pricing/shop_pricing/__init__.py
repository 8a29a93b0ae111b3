"""What a cart costs."""

from .cart import CartInput, Line, PriceCart

__all__ = ["CartInput", "Line", "PriceCart"]
