"""Budgets in SQLAlchemy Core and ORM: aggregates in steps, an upsert, events after commit. With mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, NotRequired, TypedDict

from sqlalchemy import Numeric, UniqueConstraint, create_engine, func, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from stepkit import Flow, flow

Money = Annotated[Decimal, mapped_column(Numeric(12, 2))]
Key = Annotated[int, mapped_column(primary_key=True)]


class Base(DeclarativeBase):
    pass


class Spending(Base):
    __tablename__ = "spending"
    id: Mapped[Key]
    team: Mapped[str]
    day: Mapped[date]
    amount: Mapped[Money]


class Budget(Base):
    __tablename__ = "budgets"
    __table_args__ = (UniqueConstraint("team", "month"),)
    id: Mapped[Key]
    team: Mapped[str]
    month: Mapped[str]
    left: Mapped[Money]


class PlanInput(TypedDict):
    month: str
    total: Decimal
    team: NotRequired[str]


@dataclass
class Plan(Flow[PlanInput]):
    session: Session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with self.session.begin_nested():
            yield self.session

    @flow.step("spent")
    def spent(self, month):
        query = (
            select(Spending.team, func.sum(Spending.amount).label("spent"))
            .where(func.strftime("%Y-%m", Spending.day) == month)
            .group_by(Spending.team)
            .order_by(Spending.team)
        )
        return {"spent": {team: Decimal(spent) for team, spent in self.session.execute(query).tuples()}}

    @flow.step("known")
    def known(self, month):
        rows = self.session.scalars(select(Budget).where(Budget.month == month)).all()
        return {"budgets": {row.team: row.id for row in rows}, "largest": self.session.scalar(select(func.max(Budget.left)))}

    @flow.step("share")
    def share(self, spent, total):
        everything = sum(spent.values())
        if not everything:
            return {"shares": {}}
        return {"shares": {team: total * amount / everything for team, amount in spent.items()}}

    @flow.step("write")
    def write(self, shares, spent, month, budgets):
        with self.transaction() as session:
            for team, amount in shares.items():
                left = amount - spent[team]
                if (id := budgets.get(team)) is not None:
                    session.execute(update(Budget).where(Budget.id == id).values(left=left))
                else:
                    session.execute(insert(Budget).values(team=team, month=month, left=left))
        return {"written": len(shares)}

    @flow.step("warn")
    def warn(self, written: int, budget: dict[str, int]):  # E(budget): [stepkit-missing-key] "budget" ... did you mean "budgets"?
        return {"warned": written - len(budget)}

    @flow.step("first")
    def first(self, largest: Decimal, written: int):  # E(largest): [stepkit-key-type] reads "largest" as "Decimal" ... gives it as ... | None"
        return {"ratio": largest / (written or 1)}


class Silent(Plan):
    @flow.step("warn")
    def warn(self, written: int):
        return {"warned": written}

    @flow.step("first")
    def first(self, largest: Decimal | None, written: int):
        return {"ratio": (largest or Decimal(0)) / (written or 1)}


if __name__ == "__main__":
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Spending(team=team, day=date(2026, 3, n), amount=Decimal(n)) for n, team in enumerate("aab", 1))
        session.commit()
        plan = Silent(session)
        first = plan.run_sync({"month": "2026-03", "total": Decimal(60)})
        assert first["shares"] == {"a": Decimal(30), "b": Decimal(30)} and first["largest"] is None
        again = plan.run_sync({"month": "2026-03", "total": Decimal(60), "team": "a"})
        assert again["ratio"] == Decimal("13.5") and sorted(again["budgets"]) == ["a", "b"]
