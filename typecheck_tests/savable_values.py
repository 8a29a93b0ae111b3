"""Everyday expressions: which of them a checkpoint saves is found out by taking it, and mypy must say the same."""

PRELUDE = '''
import array, asyncio, collections, concurrent.futures, contextvars, csv, datetime, decimal, enum, fractions, functools
import io, ipaddress, itertools, logging, pathlib, queue, random, re, sqlite3, string, threading, time, types
import uuid, weakref, zoneinfo
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import InitVar, KW_ONLY, dataclass, field
from typing import Any, ClassVar, Generic, NamedTuple, NewType, Protocol, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
from stepkit import Codec, Flow, flow

T = TypeVar("T")


class Plain:
    def __init__(self) -> None:
        self.x = 1

    def method(self) -> None: ...


class Slots:
    __slots__ = ("x",)


class Words(list[str]): ...
class Text(str): ...
class Number(int): ...
class Bag(dict[str, int]): ...
class Pair(tuple[int, int]): ...
class Ratio(float): ...
class OddError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
class FileError(OSError): ...
class Color(enum.Enum):
    RED = 1
class Access(enum.Flag):
    READ = 1
    WRITE = 2
class Status(enum.StrEnum):
    OPEN = "open"
class Point(NamedTuple):
    x: int
    y: int = 0
@dataclass
class Line:
    sku: str
    count: int = 1
@dataclass
class Order:
    lines: list[Line]
    parent: "Order | None" = None
    limit: "InitVar[threading.Lock | None]" = None
    _: KW_ONLY
    note: str = ""
@dataclass
class Locked:
    lock: Any
@dataclass
class Locks:
    lock: threading.Lock = field(default_factory=threading.Lock)
@dataclass
class LateLock:
    name: str
    def __post_init__(self) -> None:
        self.guard = threading.Lock()
@dataclass
class Callback:
    call: "Callable[[], None] | None" = None
    next: "Callback | None" = None
    LOCK: "ClassVar[Any]" = threading.Lock()
    OTHER = threading.Lock()
@dataclass
class Cells(dict[str, int]):
    width: int = 0
@dataclass
class Box(Generic[T]):
    content: T
@dataclass
class Unnamed:
    x: int = 0
class Base(ABC):
    @abstractmethod
    def run(self) -> int: ...
@dataclass
class Derived(Base):
    x: int = 0
    def run(self) -> int:
        return self.x
class Worker(ABC):
    @abstractmethod
    def run(self) -> int: ...
class PlainWorker(Worker):
    def run(self) -> int:
        return 1
@attrs.define
class Part:
    name: str
    parts: "list[Part]" = attrs.field(factory=list)
@attrs.define
class Handle:
    file: io.StringIO
class Struct(msgspec.Struct):
    x: int
    near: "Struct | None" = None
class User(pydantic.BaseModel):
    name: str
    friends: "list[User]" = []
    payload: pydantic.JsonValue = None
    _seen: int = pydantic.PrivateAttr(default=0)
class Account(pydantic.BaseModel):
    user: str
    password: pydantic.SecretStr
class Movie(TypedDict):
    title: str
    tags: list[str]
class Opened(TypedDict):
    path: str
    lock: threading.Lock
UserId = NewType("UserId", int)
PairId = NewType("PairId", tuple[int, Line])
class HasName(Protocol):
    name: str
class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and other.cents == self.cents

def numbers() -> Iterator[int]:
    yield 1
async def later() -> int:
    return 1
def function() -> None: ...
def base() -> Base:
    return Derived()
def worker() -> Worker:
    return PlainWorker()
def anything() -> Any:
    return 1
def thing() -> object:
    return (1, 2)
def named() -> HasName:
    return User(name="x")
def mapping() -> Mapping[str, Sequence[int]]:
    return {"a": [1]}
def zone() -> datetime.tzinfo:
    return datetime.timezone.utc

variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable")


class Common(Flow):
    """Names the classes that are named."""

    @flow.step("names")
    def names(
        self, color: Color | None = None, access: Access | None = None, status: Status | None = None,
        point: Point | None = None, order: Order | None = None, locked: Locked | None = None,
        locks: Locks | None = None, late: LateLock | None = None, cells: Cells | None = None,
        box: Box[int] | None = None, derived: Derived | None = None, part: Part | None = None,
        handle: Handle | None = None, struct: Struct | None = None, user: User | None = None,
        account: Account | None = None, callback: Callback | None = None,
        words: Words | None = None, plain: Plain | None = None,
    ) -> None: ...


class Registered(Common, codecs=[OddError, Codec(Money, encode=lambda money: money.cents, decode=Money)]):
    pass
'''

# What is made of each expression in Common, and in Registered for those of the second list.
EXPRESSIONS = """
1
True
None
1.5
2j
"text"
b"x"
bytearray(b"x")
memoryview(b"x")
[1, "a"]
(1, "a", (2,))
{1, 2}
frozenset({1})
{"a": 1}
{1: "a", (2, 3): "b"}
range(3)
slice(1, 2)
...
NotImplemented
object()
collections.deque([1], 3)
collections.defaultdict(int, {"a": 1})
collections.Counter("aab")
collections.OrderedDict(a=1)
collections.ChainMap({"a": 1})
collections.UserDict({"a": 1})
types.MappingProxyType({"a": 1})
types.SimpleNamespace(a=1)
{"a": 1}.keys()
{"a": 1}.items()
datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
datetime.date(2024, 1, 1)
datetime.time(1, 2)
datetime.timedelta(1)
datetime.timezone(datetime.timedelta(hours=2), "there")
datetime.timezone.utc
zoneinfo.ZoneInfo("UTC")
zone()
decimal.Decimal("1.10")
decimal.getcontext()
fractions.Fraction(1, 3)
uuid.UUID(int=1)
pathlib.Path("a/b")
pathlib.PurePosixPath("a/b")
ipaddress.ip_address("10.0.0.1")
ipaddress.IPv6Address("::1")
ipaddress.ip_network("10.0.0.0/8")
ipaddress.IPv6Network("fe80::/10")
ipaddress.ip_interface("10.0.0.1/8")
ipaddress.IPv6Interface("::1/64")
re.compile("a+", re.I)
re.compile(b"a+")
re.match("a", "a")
re.finditer("a", "aa")
array.array("i", [1])
string.Template("$a")
time.gmtime(0)
random.Random(1)
csv.reader(["a,b"])
ValueError("x")
KeyError("x")
OddError(3)
FileError(2, "x")
Plain()
Slots()
Plain
int
Plain().method
function
print
len
lambda: 1
functools.partial(function)
types
numbers()
later()
(n for n in [1])
iter([1])
map(str, [1])
filter(None, [1])
zip([1], [2])
enumerate(["a"])
reversed([1])
itertools.count()
open(__file__)
io.StringIO("x")
io.BytesIO(b"x")
sqlite3.connect(":memory:")
threading.Lock()
threading.RLock()
threading.Event()
threading.Thread(target=function)
threading.local()
queue.Queue[int]()
asyncio.Queue[int]()
concurrent.futures.Future[int]()
weakref.ref(Plain)
variable
contextvars.copy_context()
logging.getLogger("x")
Words(["a"])
Text("a")
Number(1)
Bag(a=1)
Pair((1, 2))
Ratio(1.5)
Color.RED
[Color.RED]
Access.READ | Access.WRITE
Status.OPEN
Point(1)
Order([Line("a")], Order([]))
Line("a")
Locked(1)
Locks()
LateLock("x")
Cells(1)
Callback()
Box(1)
Box(threading.Lock())
Unnamed()
[{"x": (Unnamed(),)}]
base()
worker()
Derived()
Part("a", [Part("b")])
Handle(io.StringIO("x"))
Struct(1, Struct(2))
User(name="a", friends=[User(name="b")], payload={"a": [1]})
Account(user="a", password=pydantic.SecretStr("x"))
pydantic.SecretStr("x")
pydantic.HttpUrl("https://example.org")
Movie(title="a", tags=[])
Opened(path="a", lock=threading.Lock())
UserId(3)
PairId((1, Line("a")))
msgspec.UNSET
anything()
thing()
named()
mapping()
[threading.Lock()]
{"a": (1, threading.Lock())}
{"a": lambda: 1}
""".strip().splitlines()

REGISTERED = """
OddError(3)
[OddError(4)]
Money(3)
{"a": (Money(1), [Money(2)])}
ValueError("x")
Unnamed()
Plain()
""".strip().splitlines()
