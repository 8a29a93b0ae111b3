"""The contract of stores, on each of them."""

from __future__ import annotations

from store_suite import ClaimSuite, CreateSuite, RenewSuite, SaveSuite
from store_suite_ends import CancelSuite, DecideSuite, FinishSuite
from store_suite_names import NamesSuite
from store_suite_reads import DueSuite, ListSuite, ReadSuite, RemoveSuite


class TestCreate(CreateSuite): ...


class TestClaim(ClaimSuite): ...


class TestRenew(RenewSuite): ...


class TestSave(SaveSuite): ...


class TestFinish(FinishSuite): ...


class TestDecide(DecideSuite): ...


class TestCancel(CancelSuite): ...


class TestRead(ReadSuite): ...


class TestList(ListSuite): ...


class TestDue(DueSuite): ...


class TestRemove(RemoveSuite): ...


class TestNames(NamesSuite): ...
