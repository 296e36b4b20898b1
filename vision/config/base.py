"""Base class and shared value types of all configs."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, StringConstraints, ValidationError
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError

Fraction = Annotated[float, Field(ge=0, le=1)]
"""A coordinate or length as a fraction of the frame's width or height: independent of the resolution."""

Point = tuple[Fraction, Fraction]
"""(x, y) from the upright picture's upper left corner."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""An id: lower-case letters, digits, `-` and `_`."""

Duration = timedelta
"""Written as seconds (`10`, `0.5`), `00:01:00` or ISO 8601 (`PT1M`); saved, and written to JSON, as seconds."""


class Config(BaseModel):
    """Frozen. An unknown key is an error. Errors never show a value, since it may be a secret."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True, ser_json_timedelta="float"
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Adds what pydantic leaves out: titles of enum fields, and durations in seconds with their bounds."""
        schema = handler(core_schema)
        properties: dict[str, Any] = handler.resolve_ref_schema(schema).get("properties", {})
        for name, field in cls.model_fields.items():
            described = properties.get(name) or properties[field.alias or name]
            for key, text in (("title", field.title), ("description", field.description)):
                if text:
                    described.setdefault(key, text)
            if field.annotation is timedelta:
                _describe_in_seconds(described, field)
        return schema


def refuse(mistakes: Iterable[tuple[tuple[int | str, ...], str]]) -> None:
    """Raise ValidationError with each mistake at its own key; for validators of several values.

    A mistake is (path to the value, "what is wrong: what to do").
    """
    details = [InitErrorDetails(type=PydanticCustomError("mistake", text), loc=at, input=None) for at, text in mistakes]
    if details:
        raise ValidationError.from_exception_data("config", details, hide_input=True)


def _describe_in_seconds(schema: dict[str, Any], field: FieldInfo) -> None:
    schema.pop("format", None)
    schema |= {"type": "number", "unit": "s"}
    if isinstance(field.default, timedelta):
        schema["default"] = field.default.total_seconds()
    for bound in field.metadata:
        if isinstance(bound, Ge) and isinstance(bound.ge, timedelta):
            schema["minimum"] = bound.ge.total_seconds()
        if isinstance(bound, Le) and isinstance(bound.le, timedelta):
            schema["maximum"] = bound.le.total_seconds()
