"""Makes of what pydantic and FastAPI write a schema that reads well, and gives good clients."""

import json
from typing import Any

_REFERENCE = "#/components/schemas/"
_SUFFIX = "Model"
_PUBLIC_NAMES = {"JobState": "TaskState", "TaskStatus": "Task"}
"""Where clients know a thing by another word than the code.

Nor may a model be called like one of its members: generated Python has one variable for both.
"""

_VERBATIM = {"default", "enum", "example", "examples", "const"}
"""Members that hold values, not schemas."""


def tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """The same with public names, defaults in words, null as a type, and no titles that say nothing."""
    tidied: dict[str, Any] = _tidied(schema)
    components = tidied["components"]
    components["schemas"] = {_public(name): model for name, model in components["schemas"].items()}
    for model in components["schemas"].values():
        for member in model.get("properties", {}).values():
            _say_default(member)
    for path in tidied["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                _never_null(parameter["schema"])
    return tidied


def _public(name: str) -> str:
    # A model is called TodoModel here to tell it from the domain's own Todo, which clients never see.
    return _PUBLIC_NAMES.get(name, name.removesuffix(_SUFFIX))


def _tidied(node: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, list):
        return [_tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: value if key in _VERBATIM else _tidied(value) for key, value in node.items()}
    if _is_schema(node):
        # Pydantic makes one of each member's name, and generators repeat it as if it said more.
        node.pop("title", None)
    match node.get("$ref"):
        case str(reference):
            node["$ref"] = _REFERENCE + _public(reference.removeprefix(_REFERENCE))
    match node.get("anyOf"):
        case [{"type": str(kind), **rules}, {"type": "null"}]:
            # As 3.1 allows; of a union generators make more than it is.
            del node["anyOf"]
            return {"type": [kind, "null"], **rules, **node}
    return node


def _is_schema(node: dict[str, Any]) -> bool:
    # A title that is no string is a member of that name.
    return isinstance(node.get("title"), str) and not {"version", "openapi"} & node.keys()


def _say_default(member: dict[str, Any]) -> None:
    # Generated types would demand a member that has a default, or send the default of today for ever.
    default = member.pop("default", None)
    if default is not None:
        described = member.get("description", "")
        member["description"] = f"{described} Default: `{json.dumps(default)}`.".lstrip()


def _never_null(schema: dict[str, Any]) -> None:
    # In a query None only says that a parameter was left out; nobody can send it.
    match schema.get("type"):
        case [kind, "null"]:
            schema["type"] = kind
