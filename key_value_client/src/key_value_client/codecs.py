"""How values of your own types become JSON, and back."""

import dataclasses
from typing import Any, Generic, Protocol

from key_value_client.errors import InvalidValue, UnexpectedValue
from key_value_client.values import V


class Codec(Protocol[V]):
    """How a namespace's values become JSON's (or `Binary`), and back."""

    def dump(self, value: V) -> Any:
        """Return what JSON has for a value. Raises InvalidValue."""

    def load(self, value: Any) -> V:
        """Return the value. Raises UnexpectedValue."""


class Plain:
    """Values are what JSON has, and bytes."""

    def dump(self, value: Any) -> Any:
        """Return the value itself."""
        return value

    def load(self, value: Any) -> Any:
        """Return the value itself."""
        return value


class PydanticCodec(Generic[V]):
    """Values of a type that pydantic knows: a model, a dataclass, a `TypedDict`, a union, …"""

    def __init__(self, model: Any) -> None:
        from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - it is optional
        from pydantic_core import PydanticSerializationError  # noqa: PLC0415

        self._adapter: TypeAdapter[V] = TypeAdapter(model)
        self._unexpected = ValidationError
        self._invalid = (PydanticSerializationError, ValidationError)
        self._name = getattr(model, "__name__", str(model))

    def dump(self, value: V) -> Any:
        """Return what JSON has for a value, which is validated before."""
        try:
            return self._adapter.dump_python(self._adapter.validate_python(value), mode="json", by_alias=True)
        except self._invalid as error:
            raise InvalidValue(f"The value is no {self._name}: {error}") from None

    def load(self, value: Any) -> V:
        """Return the value that the type makes of JSON's."""
        try:
            return self._adapter.validate_python(value)
        except self._unexpected as error:
            raise UnexpectedValue(f"The value is no {self._name}: {error}") from None


class DataclassCodec(Generic[V]):
    """Values of a dataclass whose fields are what JSON has, without pydantic."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def dump(self, value: V) -> Any:
        """Return an object with the fields."""
        if not isinstance(value, self._model):
            raise InvalidValue(f"The value is no {self._model.__name__}.")
        return dataclasses.asdict(value)

    def load(self, value: Any) -> V:
        """Return the dataclass with these fields."""
        try:
            made: V = self._model(**value)
        except TypeError as error:
            raise UnexpectedValue(f"The value is no {self._model.__name__}: {error}") from None
        return made


def make_codec(model: type[V]) -> Codec[V]:
    """Return the codec of a type: pydantic's where it is installed, which dataclasses can do without."""
    try:
        return PydanticCodec(model)
    except ImportError:
        if dataclasses.is_dataclass(model):
            return DataclassCodec(model)
        raise
