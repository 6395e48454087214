"""What in a schema would break clients that were generated from an older one.

A request that was good must stay good, and an answer must hold nothing that an older client doesn't know, nor
lack what it relies on. Names of operations are compared as well, since generated code has functions of these
names; names of models are not: they never travel.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Node = Mapping[str, Any]
Direction = Literal["request", "answer"]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UNIONS = ("anyOf", "oneOf")
_NOTHING: Node = {}


def breaking_changes(old: Node, new: Node) -> list[str]:
    """Every change that breaks a client, each as a sentence that begins with its place."""
    return list(_Comparison(old, new).all())


@dataclass(frozen=True)
class _Comparison:
    old: Node
    new: Node

    def all(self) -> Iterator[str]:
        for path, operations in self.old["paths"].items():
            for method in (method for method in _METHODS if method in operations):
                place = f"{method.upper()} {path}"
                there = self.new["paths"].get(path, _NOTHING).get(method)
                if there is None:
                    yield f"{place} is gone"
                else:
                    yield from self._operation(place, operations[method], there)

    def _operation(self, place: str, old: Node, new: Node) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{place}: the operation {old.get('operationId')} is called {new.get('operationId')}"
        yield from self._parameters(place, old, new)
        yield from self._body(place, old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            there = new["responses"].get(status)
            if there is None:
                yield f"{place}: the status {status} is gone"
            else:
                yield from self._answer(f"{place} {status}", answer, there)

    def _parameters(self, place: str, old: Node, new: Node) -> Iterator[str]:
        before, after = ({(p["in"], p["name"]): p for p in o.get("parameters", [])} for o in (old, new))
        for (kind, name), parameter in before.items():
            there = after.get((kind, name))
            if there is None:
                yield f"{place}: the {kind} parameter {name} is gone"
            else:
                yield from self._schema(f"{place} {name}", parameter["schema"], there["schema"], "request")
        for (kind, name), parameter in after.items():
            if parameter.get("required") and not before.get((kind, name), _NOTHING).get("required"):
                yield f"{place}: the {kind} parameter {name} is required"

    def _body(self, place: str, old: Node | None, new: Node | None) -> Iterator[str]:
        if new and new.get("required") and not (old and old.get("required")):
            yield f"{place}: a body is required"
        if old and not new:
            yield f"{place}: the body is gone"
        if old and new:
            yield from self._content(place, old, new, "request")

    def _answer(self, place: str, old: Node, new: Node) -> Iterator[str]:
        for header in old.get("headers", {}):
            if header not in new.get("headers", {}):
                yield f"{place}: the header {header} is gone"
        yield from self._content(place, old, new, "answer")

    def _content(self, place: str, old: Node, new: Node, direction: Direction) -> Iterator[str]:
        for media_type, content in old.get("content", {}).items():
            there = new.get("content", {}).get(media_type)
            if there is None:
                yield f"{place}: the {direction} is no {media_type} any more"
            else:
                yield from self._schema(
                    f"{place} {direction}",
                    content.get("schema", _NOTHING),
                    there.get("schema", _NOTHING),
                    direction,
                )

    def _schema(self, place: str, old: Node, new: Node, direction: Direction) -> Iterator[str]:
        old, new = _resolved(self.old, old), _resolved(self.new, new)
        if any(union in node for union in _UNIONS for node in (old, new)):
            yield from self._union(place, old, new, direction)
            return
        # What is sent must be among what is understood.
        sent, understood = (old, new) if direction == "request" else (new, old)
        if surplus := _types(sent) - _types(understood):
            yield f"{place}: the {direction} {_may_be(direction)} {' or '.join(sorted(surplus))}"
            return
        yield from _values(place, old, new, direction)
        yield from _bounds(place, old, new, direction)
        yield from self._members(place, old, new, direction)
        if "items" in old or "items" in new:
            before, after = old.get("items", _NOTHING), new.get("items", _NOTHING)
            yield from self._schema(f"{place}[]", before, after, direction)

    def _union(self, place: str, old: Node, new: Node, direction: Direction) -> Iterator[str]:
        before, after = _alternatives(old), _alternatives(new)
        fits: Callable[[Node, Node], bool] = lambda o, n: not any(self._schema(place, o, n, direction))  # noqa: E731
        if direction == "request" and not all(any(fits(o, n) for n in after) for o in before):
            yield f"{place}: an alternative of the request is gone"
        if direction == "answer" and not all(any(fits(o, n) for o in before) for n in after):
            yield f"{place}: the answer has another alternative"

    def _members(self, place: str, old: Node, new: Node, direction: Direction) -> Iterator[str]:
        before, after = old.get("properties", _NOTHING), new.get("properties", _NOTHING)
        for name, member in before.items():
            if name not in after:
                yield f"{place}: the member {name} is gone"
            else:
                yield from self._schema(f"{place}.{name}", member, after[name], direction)
        required, demanded = set(old.get("required", ())), set(new.get("required", ()))
        if direction == "request":
            for name in sorted(demanded - required):
                yield f"{place}: the member {name} is required"
            if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
                yield f"{place}: other members are refused"
        else:
            for name in sorted((required - demanded) & after.keys()):
                yield f"{place}: the member {name} may be left out"


def _resolved(document: Node, schema: Node) -> Node:
    if "$ref" not in schema:
        return schema
    found: Any = document
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return {**_resolved(document, found), **{key: rule for key, rule in schema.items() if key != "$ref"}}


def _alternatives(schema: Node) -> list[Node]:
    return next((schema[union] for union in _UNIONS if union in schema), [schema])


def _types(schema: Node) -> set[str]:
    kinds = schema.get("type", ["array", "boolean", "integer", "null", "number", "object", "string"])
    types = {kinds} if isinstance(kinds, str) else set(kinds)
    return types | {"integer"} if "number" in types else types


def _may_be(direction: Direction) -> str:
    return "may not be" if direction == "request" else "may be"


def _values(place: str, old: Node, new: Node, direction: Direction) -> Iterator[str]:
    before, after = _allowed(old), _allowed(new)
    if before is not None and after is not None:
        for value in before - after:
            yield f"{place}: the value {value} is gone"
        if direction == "answer":
            for value in after - before:
                yield f"{place}: the value {value} is new to clients"
    elif (after is not None) if direction == "request" else (before is not None):
        yield f"{place}: the values of the {direction} are others"


def _allowed(schema: Node) -> set[str] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return None if values is None else {str(value) for value in values}


def _bounds(place: str, old: Node, new: Node, direction: Direction) -> Iterator[str]:
    if direction == "answer":
        # Generated code reads by it: a date is no more one that has lost its format.
        if "format" in old and old["format"] != new.get("format"):
            yield f"{place}: the format {old['format']} is gone"
        return
    for rule in ("format", "pattern", "multipleOf"):
        if rule in new and new[rule] != old.get(rule):
            yield f"{place}: the {rule} must be {new[rule]}"
    for rule in (*_UPPER_BOUNDS, *_LOWER_BOUNDS):
        if rule in new and (rule not in old or _is_tighter(rule, new[rule], old[rule])):
            yield f"{place}: the {rule} is {new[rule]}"


def _is_tighter(rule: str, limit: float, before: float) -> bool:
    return limit < before if rule in _UPPER_BOUNDS else limit > before
