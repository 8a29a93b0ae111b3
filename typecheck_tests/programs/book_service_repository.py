"""A book service: generic repositories over SQLAlchemy, a unit of work, flows that get both through self."""

from __future__ import annotations

from types import TracebackType
from typing import Generic, Protocol, TypedDict, TypeVar

from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column

from stepkit import Flow, flow


class Base(MappedAsDataclass, DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    title: Mapped[str]
    stock: Mapped[int] = mapped_column(default=0)


class Loan(Base):
    __tablename__ = "loans"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    book_id: Mapped[int]
    reader: Mapped[str]


ModelT = TypeVar("ModelT", bound=Base)


class Repository(Generic[ModelT]):
    def __init__(self, session: Session, model: type[ModelT]) -> None:
        self.session = session
        self.model = model

    def get(self, id: int) -> ModelT | None:
        return self.session.get(self.model, id)

    def add(self, entity: ModelT) -> ModelT:
        self.session.add(entity)
        self.session.flush()
        return entity

    def all(self) -> list[ModelT]:
        return list(self.session.scalars(select(self.model)))


class UnitOfWork(Protocol):
    books: Repository[Book]
    loans: Repository[Loan]

    def __enter__(self) -> UnitOfWork: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class SqlUnitOfWork:
    books: Repository[Book]
    loans: Repository[Loan]

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        Base.metadata.create_all(self.engine)
        self.session = Session(self.engine)
        self.books = Repository(self.session, Book)
        self.loans = Repository(self.session, Loan)

    def __enter__(self) -> UnitOfWork:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.session.commit()
        else:
            self.session.rollback()


class LendInput(TypedDict):
    book_id: int
    reader: str


class Lend(Flow[LendInput]):
    def __init__(self, unit: UnitOfWork) -> None:
        self.unit = unit

    @flow.step("book")
    def book(self, book_id):
        with self.unit as unit:
            return {"book": unit.books.get(book_id), "titles": [book.title for book in unit.books.all()]}

    @flow.step("check")
    def check(self, book, titles):
        if book is None:
            raise LookupError(f"have only {', '.join(titles)}")
        return {"title": book.title, "available": book.stock > 0}

    @flow.step("lend", when=lambda available: available)
    def lend(self, book_id, reader):
        with self.unit as unit:
            loan = unit.loans.add(Loan(book_id=book_id, reader=reader))
            book = unit.books.get(book_id)
            if book is not None:
                book.stock -= 1
            return {"loan_id": loan.id}

    @flow.transform("answer")
    def answer(self, title: str, loan_id: int | None = None):
        return {"title": title, "loan_id": loan_id, "lent": loan_id is not None}


if __name__ == "__main__":
    unit = SqlUnitOfWork("sqlite://")
    with unit as opened:
        tea = opened.books.add(Book(title="Tea", stock=1))
        id = tea.id
    first = Lend(unit).run_sync({"book_id": id, "reader": "ana"})
    second = Lend(unit).run_sync({"book_id": id, "reader": "bob"})
    assert (first["lent"], second["lent"], second["loan_id"]) == (True, False, None)
    number = first["loan_id"]
    assert number is not None and number.bit_length() == 1
