"""A newsletter: segments of readers, experiments by hash, a subclass for each brand."""

from __future__ import annotations

import abc
import hashlib
import random
from collections.abc import Iterator
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import ClassVar, Literal, TypedDict

from stepkit import Flow, flow

Variant = Literal["a", "b"]


@dataclass(frozen=True)
class Reader:
    address: str
    _: KW_ONLY
    tags: frozenset[str] = frozenset()
    opens: int = 0


@dataclass
class Template:
    subject: str
    raw: InitVar[str]
    body: str = field(init=False)

    def __post_init__(self, raw: str) -> None:
        self.body = raw.strip()


class LetterInput(TypedDict):
    readers: list[Reader]
    issue: int


class Newsletter(Flow[LetterInput], abc.ABC):
    brand: ClassVar[str]

    @abc.abstractmethod
    def template(self, variant: Variant) -> Template: ...

    def variant(self, reader: Reader) -> Variant:
        digest = hashlib.md5(reader.address.encode(), usedforsecurity=False).digest()
        return "a" if digest[0] % 2 else "b"

    @flow.step("segment")
    def segment(self, readers):
        active = [reader for reader in readers if reader.opens > 0]
        return {"active": active, "dormant": [reader for reader in readers if reader not in active]}

    @flow.step("experiment")
    def experiment(self, active):
        groups: dict[Variant, list[Reader]] = {"a": [], "b": []}
        for reader in active:
            groups[self.variant(reader)].append(reader)
        return {"groups": groups}

    @flow.step("compose")
    def compose(self, groups, issue):
        letters = []
        for variant, readers in groups.items():
            template = self.template(variant)
            letters += [(reader.address, f"#{issue} {template.subject}", template.body) for reader in readers]
        return {"letters": letters}

    @flow.step("send")
    def send(self, letters):
        random.Random(0).shuffle(letters)
        return {"sent": {address: subject for address, subject, _ in letters}}


class Tea(Newsletter):
    brand = "Tea"

    def template(self, variant: Variant) -> Template:
        return Template(f"{self.brand}: {'new' if variant == 'a' else 'fresh'}", " Buy tea ")


class Coffee(Newsletter):
    brand = "Coffee"

    def template(self, variant: Variant) -> Template:
        return Template(self.brand.upper(), "Buy coffee")

    @flow.step("segment")
    def segment(self, readers, issue):
        base = super().segment(readers)
        lovers = [reader for reader in base["active"] if "coffee" in reader.tags]
        return {**base, "active": lovers, "bonus": issue % 2 == 0}

    @flow.step("coupon", when=lambda bonus: bonus)
    def coupon(self, sent):
        return {"coupons": {address: f"C{number}" for number, address in enumerate(sent)}}


def brands() -> Iterator[Newsletter]:
    yield Tea()
    yield Coffee()


if __name__ == "__main__":
    readers = [Reader("ana@x", tags=frozenset({"coffee"}), opens=3), Reader("bob@x", opens=1), Reader("cy@x")]
    sent = [brand.run_sync({"readers": readers, "issue": 4})["sent"] for brand in brands()]
    assert [len(each) for each in sent] == [2, 1] and sent[1] == {"ana@x": "#4 COFFEE"}
    coffee = Coffee().run_sync({"readers": readers, "issue": 4})
    assert coffee.get("coupons") == {"ana@x": "C0"} and coffee["dormant"] == [readers[2]]
