"""Place an order, or go on with one whose process ended in the middle.

    python -m shop_orders place o-17 --state DIRECTORY
    python -m shop_orders resume o-17 --state DIRECTORY

While there is a file ``closed`` in the directory, the carrier answers nobody.
"""

from __future__ import annotations

import argparse
import sys
from decimal import Decimal
from pathlib import Path

from shop_orders import PlaceOrder

CATALOG = {"lamp": Decimal("39.90"), "desk": Decimal("249.00")}
WEIGHTS = {"lamp": 1_200, "desk": 28_000}


class FileCarrier:
    """A carrier whose printed labels are lines of a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def label(self, order: str, grams: int, service: str) -> str:
        with (self.folder / "labels.txt").open("a") as labels:
            labels.write(f"{order} {service} {grams} g\n")
        return f"T-{order}"

    def pickup(self, tracking: str) -> str:
        if (self.folder / "closed").exists():
            raise ConnectionError("the carrier does not answer")
        return "Monday"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m shop_orders")
    parser.add_argument("command", choices=["place", "resume"])
    parser.add_argument("order")
    parser.add_argument("--state", type=Path, required=True)
    arguments = parser.parse_args()
    place_order = PlaceOrder(CATALOG, WEIGHTS, FileCarrier(arguments.state))
    saved = arguments.state / f"{arguments.order}.json"

    def save(event: PlaceOrder.Event) -> None:
        saved.write_text(event.checkpoint)
        print(f"done: {event.step_name}", flush=True)

    try:
        if arguments.command == "resume":
            result = place_order.run_checkpoint_sync(saved.read_text(), on_step_complete=save)
        else:
            result = place_order.run_sync(
                {
                    "order": arguments.order,
                    "lines": [{"sku": "lamp", "quantity": 2}, {"sku": "desk", "quantity": 1}],
                    "country": "DE",
                    "coupon": "TENTH",
                },
                on_step_complete=save,
            )
    except ConnectionError as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    print(result["message"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
