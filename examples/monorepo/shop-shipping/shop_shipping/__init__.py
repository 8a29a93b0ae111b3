"""What it costs to send a parcel, and sending it."""

from .dispatch import Carrier, Dispatch, DispatchInput
from .quote import ParcelInput, QuoteShipping

__all__ = ["Carrier", "Dispatch", "DispatchInput", "ParcelInput", "QuoteShipping"]
