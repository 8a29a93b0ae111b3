"""Merges duplicate users. Steps run other flows themselves and give what those gave."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import date
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


@dataclass
class User:
    id: int
    email: str
    phone: str | None = None
    joined: date = date(2020, 1, 1)
    merged: list[int] = field(default_factory=list)


class Users(dict[int, User]):
    def by_email(self, email: str) -> list[User]:
        return [user for user in self.values() if user.email.lower() == email.lower()]


class FindInput(TypedDict):
    email: str


class Find(Flow[FindInput]):
    def __init__(self, users: Users) -> None:
        self.users = users

    @flow.step("find")
    def find(self, email):
        found = sorted(self.users.by_email(email), key=lambda user: (user.joined, user.id))
        if len(found) < 2:
            return {"keep": None, "others": []}
        keep, *others = found
        return {"keep": keep, "others": others}


class CombineInput(TypedDict):
    keep: User
    others: list[User]


class Combine(Flow[CombineInput]):
    @flow.step("fill")
    def fill(self, keep, others):
        filled = {}
        for each in fields(keep):
            if getattr(keep, each.name) is None:
                for other in others:
                    with suppress(AttributeError):
                        filled[each.name] = getattr(other, each.name)
        return {"filled": filled}

    @flow.step("apply")
    def apply(self, keep, others, filled):
        for name, value in filled.items():
            setattr(keep, name, value)
        keep.merged += [other.id for other in others]
        return {"keep": keep, "count": len(others)}


class MergeInput(FindInput):
    dry_run: NotRequired[bool]


class Merge(Flow[MergeInput]):
    def __init__(self, users: Users) -> None:
        self.users = users

    @flow.step("find")
    def find(self, email: str):
        return Find(self.users).run_sync({"email": email})

    @flow.step("combine", when=lambda keep, dry_run=False: keep is not None and not dry_run)
    def combine(self, keep, others):
        if keep is None:
            return None
        return {**Combine().run_sync({"keep": keep, "others": others}), "changed": True}

    @flow.step("delete")
    def delete(self, others, changed=False):
        deleted = [self.users.pop(other.id).id for other in others] if changed else []
        return {"deleted": deleted}

    @flow.step("report")
    def report(self, email: str, deleted: list[int], keep: User | None, count: int = 0):
        name = "nobody" if keep is None else f"#{keep.id}"
        return {"report": f"{email}: {name} keeps {count} more, {len(deleted)} deleted"}


if __name__ == "__main__":
    users = Users({1: User(1, "ana@x"), 2: User(2, "ANA@x", "123", date(2021, 1, 1)), 3: User(3, "bob@x")})
    merge = Merge(users)
    assert merge.run_sync({"email": "bob@x"})["report"] == "bob@x: nobody keeps 0 more, 0 deleted"
    assert merge.run_sync({"email": "ana@x", "dry_run": True})["deleted"] == []
    result = merge.run_sync({"email": "ana@x"})
    assert result["report"] == "ana@x: #1 keeps 1 more, 1 deleted" and users[1].phone == "123", result
    assert result["keep"] is not None and result["keep"].merged == [2] and result.get("changed", False)
