"""Imports users from CSV into a database through SQLAlchemy, in batches."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from itertools import islice
from typing import TypedDict, TypeVar

from sqlalchemy import ForeignKey, String, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

from stepkit import Flow, flow

T = TypeVar("T")


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    users: Mapped[list["User"]] = relationship(back_populates="team")


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str | None]
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    team: Mapped[Team] = relationship(back_populates="users")


class Row(TypedDict):
    email: str
    name: str
    team: str


class ImportInput(TypedDict):
    source: str
    team: str


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


class ImportUsers(Flow[ImportInput]):
    def __init__(self, sessions: sessionmaker[Session], batch_size: int = 2) -> None:
        self.sessions = sessions
        self.batch_size = batch_size

    @flow.step("parse")
    def parse(self, source):
        rows: list[Row] = []
        rejected = []
        for number, raw in enumerate(csv.DictReader(io.StringIO(source)), 2):
            if "@" not in raw["email"]:
                rejected.append(f"line {number}: {raw['email']!r} is no address")
                continue
            rows.append({"email": raw["email"].lower(), "name": raw["name"], "team": raw["team"]})
        return {"rows": rows, "rejected": rejected}

    @flow.step("team")
    def find_team(self, team):
        with self.sessions.begin() as session:
            found = session.scalar(select(Team).where(Team.name == team))
            if found is None:
                found = Team(name=team)
                session.add(found)
                session.flush()
            return {"team_id": found.id}

    @flow.step("known")
    def known(self, rows):
        emails = [row["email"] for row in rows]
        with self.sessions() as session:
            known = session.scalars(select(User.email).where(User.email.in_(emails))).all()
        return {"known": set(known)}

    @flow.step("insert")
    def insert(self, rows, known, team_id):
        inserted = 0
        for batch in batched((row for row in rows if row["email"] not in known), self.batch_size):
            with self.sessions.begin() as session:
                session.add_all(
                    User(email=row["email"], name=row["name"] or None, team_id=team_id) for row in batch
                )
            inserted += len(batch)
        return {"inserted": inserted}

    @flow.step("report")
    def report(self, rejected: Sequence[str], inserted: int, team_id: int):
        with self.sessions() as session:
            count = session.scalar(select(func.count()).where(User.team_id == team_id))
            team = session.get(Team, team_id)
        return {
            "summary": f"{inserted} new, {len(rejected)} rejected, {count or 0} in {team.name if team else '?'}",
            "finished_at": datetime.now(timezone.utc),
        }


def main() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    importer = ImportUsers(sessionmaker(engine, expire_on_commit=False))
    source = "email,name,team\nAna@example.org,Ana,ops\nbob,Bob,ops\ncy@example.org,,ops\n"
    saved: list[str] = []
    result = importer.run_sync(
        {"source": source, "team": "ops"}, on_step_complete=lambda event: saved.append(event.checkpoint)
    )
    assert result["summary"] == "2 new, 1 rejected, 2 in ops", result["summary"]
    resumed = importer.run_checkpoint_sync(saved[1])
    assert resumed["inserted"] == 0
    print(result["finished_at"].isoformat(), resumed["known"] | {"none"})


if __name__ == "__main__":
    main()
