"""The monorepo example: what a change in one package does to another, and that its flows run and go on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from examples.monorepo.show import Copy

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "monorepo.md"
SUCCESS = "Success: no issues found in 8 source files\n"
ORDER = "shop-orders/shop_orders/order.py"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """One copy for all tests of this module: mypy's cache is in it."""
    return Copy(tmp_path_factory.mktemp("shop"))


def place(packages: Copy, file: str, text: str) -> str:
    """Where the one occurrence of ``text`` begins, as mypy writes it."""
    source = (packages.folder / file).read_text()
    assert source.count(text) == 1
    before = source.partition(text)[0]
    return f"{file}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def errors(output: str) -> list[str]:
    return [line for line in output.splitlines() if ": error: " in line or ": note: " in line]


def test_one_mypy_run_finds_no_mistake_in_the_three_packages(packages: Copy) -> None:
    assert packages.mypy() == SUCCESS


def test_a_key_renamed_in_one_package_is_found_where_another_reads_it(packages: Copy) -> None:
    cart = "shop-pricing/shop_pricing/cart.py"
    packages.change(cart, '{"vat":', '{"tax":')
    said = packages.mypy()
    where = place(packages, ORDER, "vat: Decimal")
    assert errors(said) == [
        f'{where}: error: step "total" reads "vat", which no earlier step provides  [stepkit-missing-key]'
    ]
    packages.change(ORDER, "vat: Decimal", "tax: Decimal")
    packages.change(ORDER, "net + vat", "net + tax")
    assert packages.mypy() == SUCCESS
    packages.change(cart, '{"tax":', '{"vat":')
    assert place(packages, ORDER, "tax: Decimal") in packages.mypy()
    packages.change(ORDER, "tax: Decimal", "vat: Decimal")
    packages.change(ORDER, "net + tax", "net + vat")
    assert packages.mypy() == SUCCESS


def test_another_type_in_one_package_is_found_where_another_reads_it(packages: Copy) -> None:
    cart = "shop-pricing/shop_pricing/cart.py"
    exact, rounded = "(net * VAT.get(country, Decimal())).quantize(CENT)", "float(net * VAT.get(country, Decimal()))"
    packages.change(cart, exact, rounded)
    (error,) = errors(packages.mypy())
    assert error.startswith(place(packages, ORDER, "vat: Decimal") + ": error: ")
    assert error.endswith("[stepkit-key-type]")
    packages.change(cart, rounded, exact)
    assert packages.mypy() == SUCCESS


def test_a_key_that_one_package_asks_for_is_missed_where_another_nests_its_flow(packages: Copy) -> None:
    quote = "shop-shipping/shop_shipping/quote.py"
    packages.change(quote, "    grams: int\n", "    grams: int\n    express: bool\n")
    said = packages.mypy()
    where = place(packages, ORDER, "QuoteShipping)")
    assert errors(said) == [
        f'{where}: error: member "shipping": the context does not satisfy the input of QuoteShipping: '
        '"express" is missing  [stepkit-nested-input]'
    ]
    packages.change(quote, "    express: bool\n", "")
    assert packages.mypy() == SUCCESS


def test_an_order_runs_through_all_packages(packages: Copy) -> None:
    last = packages.shop("place", "o-1", "--state", ".").splitlines()[-1]
    # 2 lamps and a desk, a tenth off, 19 % VAT, 30.4 kg by parcel
    assert last == "o-1: 386.64 charged for o-1; T-o-1 is picked up on Monday"


def test_a_run_that_failed_inside_a_nested_flow_goes_on_there_in_another_process(packages: Copy) -> None:
    whole = packages.shop("place", "o-2", "--state", ".").splitlines()
    (packages.folder / "closed").touch()
    first = packages.shop("place", "o-3", "--state", ".").splitlines()
    assert first[-2:] == ["done: dispatch/label", "failed: the carrier does not answer"]
    (packages.folder / "closed").unlink()
    second = packages.shop("resume", "o-3", "--state", ".").splitlines()
    assert second[:-1] == ["done: dispatch/pickup", "done: dispatch", "done: confirm"]
    assert second[-1] == whole[-1].replace("o-2", "o-3")
    labels = (packages.folder / "labels.txt").read_text().splitlines()
    assert [label for label in labels if label.startswith("o-3 ")] == ["o-3 parcel 30400 g"]


def test_the_show_and_the_page_say_the_same() -> None:
    done = subprocess.run([sys.executable, "-m", "examples.monorepo.show"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(SUCCESS) == 3
    texts = re.findall(r"^```text\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    layout, excerpt, *shown = texts
    assert excerpt in (ROOT / "examples" / "monorepo" / ORDER).read_text()
    assert [text for text in shown if text not in done.stdout] == []
    for line in layout.splitlines():
        assert (ROOT / "examples" / "monorepo" / line.split()[0]).exists()
