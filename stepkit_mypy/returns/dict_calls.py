"""Calls that make a dict: ``dict(...)``, ``data.copy()``, ``asdict(point)``, ``model.model_dump()``, ``_asdict()``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mypy.nodes import ARG_POS, CallExpr, Decorator, Expression, MemberExpr, RefExpr, StrExpr, TypeInfo, Var
from mypy.types import Instance, ProperType, TupleType, Type, TypedDictType, get_proper_type

from ..algebra.contexts import Context, Key
from ..mypy_api import class_fields, inference, type_ops
from ..mypy_api.checking import TypeChecker

BASE_MODEL = "pydantic.main.BaseModel"
COLLECTIONS = {"builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset"}
KEPT_MODULES = ("builtins", "datetime", "decimal", "fractions", "uuid", "pathlib", "ipaddress", "zoneinfo")
MAY_LEAVE_OUT = {"exclude_none", "exclude_unset", "exclude_defaults"}
CHANGES_KEYS = {"include", "exclude", "by_alias"}
LEFT_OUT = "the dump may leave it out"

Values = Callable[[Type], Type]


def shape_of_instance(checker: TypeChecker, call: CallExpr) -> Context[Type] | None:
    """The keys of the dict that a call makes of an instance; None where it is no such call, or they cannot be known."""
    name, callee = called(call), call.callee
    if name in ("dataclasses.asdict", "msgspec.structs.asdict", "attr.asdict", "attrs.asdict"):
        if call.arg_kinds != [ARG_POS]:
            return None
        instance = _instance(inference.type_of(checker, call.args[0]))
        if instance is None:
            return None
        if name == "msgspec.structs.asdict":
            return _of_fields(instance, "dataclass", lambda type: type)
        of = "dataclass" if name == "dataclasses.asdict" else "attrs"
        return _of_fields(instance, of, lambda type: plain(checker, type, keeps=name != "attr.asdict"))
    if not isinstance(callee, MemberExpr):
        return None
    if callee.name == "_asdict" and not call.args:
        return _of_named_tuple(inference.type_of(checker, callee.expr))
    if callee.name == "model_dump":
        instance = _instance(inference.type_of(checker, callee.expr))
        return None if instance is None else _of_model(checker, call, instance)
    return None


def fields_of(instance: Instance) -> Context[Type] | None:
    """The fields of a dataclass, a Struct, a model or an attrs class; None for any other class."""
    models = [base for base in instance.type.mro if base.has_base(BASE_MODEL) and base.fullname != BASE_MODEL]
    if models:
        types = {name: type_ops.attribute_type(instance, name) for name in _model_fields(models)}
        return Context({name: Key(type or type_ops.any_type(), True) for name, type in types.items()})
    return _of_fields(instance, "dataclass", lambda type: type) or _of_fields(instance, "attrs", lambda type: type)


def _instance(type: Type | None) -> Instance | None:
    proper = get_proper_type(type)
    return proper if isinstance(proper, Instance) else None


def _of_fields(instance: Instance, kind: str, values: Values) -> Context[Type] | None:
    """The fields that mypy's own plugins have found in a class."""
    fields = instance.type.metadata.get(kind, {}).get("attributes")
    if fields is None:
        return None
    keys: dict[str, Key[Type]] = {}
    for each in fields:
        if each.get("is_init_var"):
            continue
        type = type_ops.attribute_type(instance, each["name"])
        if type_ops.is_instance(get_proper_type(type), class_fields.KW_ONLY):
            continue
        keys[each["name"]] = Key(type_ops.any_type() if type is None else values(type), True)
    return Context(keys)


def _of_named_tuple(type: Type | None) -> Context[Type] | None:
    proper = get_proper_type(type)
    if not isinstance(proper, TupleType):
        return None
    fields = proper.partial_fallback.type.metadata.get("namedtuple", {}).get("fields", [])
    if len(fields) != len(proper.items):
        return None
    return Context({name: Key(item, True) for name, item in zip(fields, proper.items, strict=True)})


def _of_model(checker: TypeChecker, call: CallExpr, instance: Instance) -> Context[Type] | None:
    bases = [base for base in instance.type.mro if base.has_base(BASE_MODEL) and base.fullname != BASE_MODEL]
    options = {name: value for name, value in zip(call.arg_names, call.args, strict=True) if name is not None}
    if not bases or len(options) < len(call.args) or CHANGES_KEYS & options.keys():
        return None
    if any(base.module_name.partition(".")[0] == "pydantic" for base in bases):  # a RootModel gives what it holds
        return None
    mode = options.pop("mode", None)
    exact = mode is None or isinstance(mode, StrExpr) and mode.value == "python"
    # What is decorated may be a serializer or a computed field, and a configuration may change keys and values.
    is_open = any(_may_change_dump(base) for base in bases)
    may_leave_out = bool(MAY_LEAVE_OUT & options.keys())
    exact = exact and not is_open and not options.keys() - MAY_LEAVE_OUT
    keys: dict[str, Key[Type]] = {}
    for name in _model_fields(bases):
        type = type_ops.attribute_type(instance, name)
        value = type_ops.any_type() if type is None or not exact else plain(checker, type)
        keys[name] = Key(value, not may_leave_out, "", LEFT_OUT if may_leave_out else "")
    return Context(keys, type_ops.any_type() if is_open else None)


def _model_fields(bases: list[TypeInfo]) -> Iterator[str]:
    for base in reversed(bases):
        for name, symbol in base.names.items():
            node = symbol.node
            if isinstance(node, Var) and not node.is_classvar and not name.startswith("_") and name != "model_config":
                if not symbol.plugin_generated:
                    yield name


def _may_change_dump(model: TypeInfo) -> bool:
    decorated = (each.node for each in model.names.values() if isinstance(each.node, Decorator))
    return "model_config" in model.names or any(
        not (each.var.is_classmethod or each.var.is_staticmethod) for each in decorated
    )


def plain(checker: TypeChecker, type: Type, *, keeps: bool = True) -> Type:
    """The type of a value after instances in it were made dicts. ``keeps``: collections stay what they are."""
    if type_ops.is_recursive(type):
        return type_ops.any_type()
    items = [_plain_item(checker, item, keeps) for item in type_ops.union_items(type)]
    result = items[0]
    for item in items[1:]:
        result = type_ops.join(result, item)
    return result


def _plain_item(checker: TypeChecker, type: ProperType, keeps: bool) -> Type:
    if isinstance(type, TupleType):
        if not keeps or type.partial_fallback.type.fullname != "builtins.tuple":
            return type_ops.any_type()
        return type.copy_modified(items=[plain(checker, item) for item in type.items])
    if not isinstance(type, Instance):
        return type
    info = type.type
    if info.metadata.keys() & {"dataclass", "attrs"} or info.has_base(BASE_MODEL):
        text = type_ops.named(checker, "builtins.str", [])
        return type_ops.named(checker, "builtins.dict", [text, type_ops.any_type()])
    if info.fullname in COLLECTIONS or info.fullname == "builtins.dict":
        if not keeps and info.fullname in COLLECTIONS - {"builtins.list"}:
            return type_ops.any_type()
        return type.copy_modified(args=[plain(checker, each, keeps=keeps) for each in type.args])
    return type if info.is_enum or info.module_name in KEPT_MODULES else type_ops.any_type()


DICT_CLASSES = {"builtins.dict", "collections.OrderedDict", "typing.OrderedDict"}
COPIES = {"copy.copy", "copy.deepcopy"}


def called(call: CallExpr) -> str:
    """The full name of what is called; empty where it has none."""
    return call.callee.fullname if isinstance(call.callee, RefExpr) else ""


def is_dict_call(call: CallExpr) -> bool:
    return called(call) in DICT_CLASSES


def copied(checker: TypeChecker, call: CallExpr) -> Expression | None:
    """What a call makes a copy of: ``copy.copy(data)``, ``data.copy()``."""
    if called(call) in COPIES and call.arg_kinds == [ARG_POS]:
        return call.args[0]
    callee = call.callee
    if isinstance(callee, MemberExpr) and callee.name == "copy" and not call.args:
        type = inference.type_of(checker, callee.expr)
        if type is not None and is_dict(type):
            return callee.expr
    return None


def is_dict(type: Type) -> bool:
    """Whether values of a type are plain dicts."""
    return all(
        isinstance(item, TypedDictType) or isinstance(item, Instance) and item.type.fullname in DICT_CLASSES
        for item in type_ops.union_items(type)
    )
