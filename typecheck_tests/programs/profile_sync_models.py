"""Syncs profiles between systems: contexts made of models, with ``asdict``, ``model_dump`` and ``_asdict``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import NamedTuple, TypedDict

from pydantic import BaseModel, ConfigDict, Field

from stepkit import Flow, flow


class CrmContact(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    contact_id: int = Field(alias="id")
    mail: str
    tags: list[str] = []


@dataclass
class ShopUser:
    user_id: int
    mail: str
    spent: float = 0.0


class Match(NamedTuple):
    contact_id: int
    user_id: int
    score: float


class SyncInput(TypedDict):
    contact: CrmContact
    users: list[ShopUser]


def similar(left: str, right: str) -> float:
    same = sum(a == b for a, b in zip(left, right, strict=False))
    return same / max(len(left), len(right), 1)


class Sync(Flow[SyncInput]):
    @flow.step("match")
    def match(self, contact, users):
        matches = [Match(contact.contact_id, user.user_id, similar(contact.mail, user.mail)) for user in users]
        best = max(matches, key=lambda match: match.score, default=None)
        return {"match": best if best is not None and best.score > 0.5 else None}

    @flow.step("user")
    def user(self, users, match):
        by_id = {user.user_id: user for user in users}
        return {"user": None if match is None else by_id[match.user_id]}

    @flow.step("merge", when=lambda match: match is not None)
    def merge(self, contact, user):
        spent = 0.0 if user is None else user.spent
        tags = sorted({*contact.tags, "customer" if spent else "lead"})
        return {"merged": contact.model_copy(update={"tags": tags})}

    @flow.step("diff")
    def diff(self, contact, merged=None):
        if merged is None:
            return {"changes": {}}
        before, after = contact.model_dump(), merged.model_dump()
        return {"changes": {key: (before[key], after[key]) for key in after if before[key] != after[key]}}

    @flow.step("export")
    def export(self, match, user):
        row = {} if match is None else match._asdict()
        return {"row": row, "user_row": None if user is None else asdict(user)}

    @flow.step("text")
    def text(self, contact, changes, row):
        return {"text": f"{contact.mail}: {', '.join(changes) or 'nothing'} changed, score {row.get('score', 0):.1f}"}


if __name__ == "__main__":
    users = [ShopUser(7, "ana@shop.test", 10.0), ShopUser(8, "bob@shop.test")]
    contact = CrmContact(id=1, mail="ana@shop.test", tags=["vip"])
    result = Sync().run_sync({"contact": contact, "users": users})
    assert result["text"] == "ana@shop.test: tags changed, score 1.0", result["text"]
    merged = result.get("merged")
    assert merged is not None and merged.tags == ["customer", "vip"]
    assert result["user_row"] == {"user_id": 7, "mail": "ana@shop.test", "spent": 10.0}
    stranger = Sync().run_sync({"contact": CrmContact(id=2, mail="x"), "users": users})
    assert stranger["match"] is None and stranger.get("merged") is None
