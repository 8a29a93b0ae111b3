"""What a change in one package does to another, and a run that goes on inside a nested flow.

    python -m examples.monorepo.show

Works on a copy of the three packages; each command runs in a process of its own.
"""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = ("shop-pricing", "shop-shipping", "shop-orders")


class Copy:
    """A copy of the three packages that may be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for package in PACKAGES:
            shutil.copytree(HERE / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(HERE / "mypy.ini", folder)

    def change(self, file: str, old: str, new: str) -> None:
        """Replace the one occurrence of ``old`` in ``file``."""
        path = self.folder / file
        before = path.read_text()
        if before.count(old) != 1:
            raise ValueError(f"{file} has {old!r} {before.count(old)} times, not once")
        after = before.replace(old, new)
        seconds = path.stat().st_mtime + 1
        path.write_text(after)
        # Caches tell edits apart by size and whole seconds; a person is never that fast.
        os.utime(path, (seconds, seconds))
        print(f"\n{file}:")
        for line in difflib.ndiff(before.splitlines(), after.splitlines()):
            if line[0] in "-+":
                print(line, flush=True)

    def mypy(self) -> str:
        """Check all packages in one run; what mypy says."""
        return self._run("mypy")

    def shop(self, *arguments: str) -> str:
        """Run ``python -m shop_orders``; what it prints."""
        return self._run("shop_orders", *arguments)

    def _run(self, module: str, *arguments: str) -> str:
        print("\n$", *(["mypy"] if module == "mypy" else ["python -m", module, *arguments]), flush=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MYPY")}
        paths = [str(self.folder / package) for package in PACKAGES]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        print(done.stdout, end="", flush=True)
        return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="stepkit-shop-") as folder:
        copy = Copy(Path(folder))
        title("One mypy run for all packages")
        copy.mypy()

        title("Pricing renames a key that orders reads")
        copy.change("shop-pricing/shop_pricing/cart.py", '{"vat":', '{"tax":')
        copy.mypy()
        copy.change("shop-orders/shop_orders/order.py", "net: Decimal, vat: Decimal,", "net: Decimal, tax: Decimal,")
        copy.change("shop-orders/shop_orders/order.py", "net + vat + fee", "net + tax + fee")
        copy.mypy()

        title("Shipping asks for a key that orders does not give")
        copy.change("shop-shipping/shop_shipping/quote.py", "    grams: int\n", "    grams: int\n    express: bool\n")
        copy.mypy()
        copy.change("shop-orders/shop_orders/order.py", "    coupon:", "    express: bool\n    coupon:")
        copy.mypy()
        copy.change("shop-orders/shop_orders/__main__.py", '"country": "DE",', '"country": "DE", "express": False,')
        copy.mypy()

        title("The carrier fails inside a nested flow; another process goes on there")
        (copy.folder / "closed").touch()
        copy.shop("place", "o-17", "--state", ".")
        (copy.folder / "closed").unlink()
        copy.shop("resume", "o-17", "--state", ".")
        print(f"-- labels printed: {(copy.folder / 'labels.txt').read_text()}", end="")


def title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


if __name__ == "__main__":
    main()
