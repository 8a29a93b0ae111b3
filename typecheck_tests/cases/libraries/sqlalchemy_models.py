# SQLAlchemy models in a context: relationships in both directions, session.get, scalars.
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from stepkit import Flow, flow


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    nick: Mapped[str | None]
    orders: Mapped[list[Order]] = relationship(back_populates="user")


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="orders")


class ReportIn(TypedDict):
    user_id: int


class Report(Flow[ReportIn]):
    def __init__(self, session: Session) -> None:
        self.session = session

    @flow.step("load")
    def load(self, user_id):
        user = self.session.get_one(User, user_id)
        found = self.session.scalars(select(Order).where(Order.user_id == user_id)).all()
        return {"name": user.name, "nick": user.nick, "user": user, "orders": list(found)}

    @flow.step("count")
    def count(self, user, orders, name):
        return {"count": len(orders), "first": user.orders[0].user.name, "title": name.upper()}

    @flow.transform("keep")
    def keep(self, nick: str, title: str, count: int):  # E(nick): [stepkit-key-type] "str | None"
        return {"title": title, "count": count}


def seen(event: Report.Event) -> None:
    if event.step_name == "count":
        assert_type(event.context["user"], User)
        assert_type(event.context["orders"], list[Order])
        assert_type(event.context["first"], str)
    if event.step_name == "keep":
        print(event.checkpoint)


def run(session: Session) -> int:
    return Report(session).run_sync({"user_id": 1}, on_step_complete=seen)["count"]
