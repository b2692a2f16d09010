"""Workspace connections: what all kinds have in common, and the body that ARM gets.

Secrets come from Pulumi's secret config (`set:`) or the environment (`${NAME}`); a warning about
those in plain text is the rule book's. Nothing here prints a value of `credentials`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, cast

from pydantic import BeforeValidator, Field

from specs.credentials import KINDS, ApiKey, Credentials, Entra, NoCredentials
from specs.fields import Flag, Text, TextMap, refuse, snake
from specs.spec import Spec

ANY = tuple(kind for kind in KINDS if kind != "custom_keys")


def _mapping(value: object) -> object:
    if isinstance(value, Mapping):
        return cast(object, value)
    raise refuse("is no mapping", "Write `type:` and its fields below it.")


class Connection(Spec):
    """A connection's YAML; the kinds below add their fields."""

    name: Text
    type: Text
    target: Text | None = None
    credentials: Annotated[dict[str, object] | None, BeforeValidator(_mapping)] = None
    is_shared: Flag = True
    metadata: TextMap = Field(default_factory=dict)
    tags: TextMap = Field(default_factory=dict)
    """azure-ai-ml's older name of `metadata`."""
    id: Text | None = None
    description: Text | None = None

    read_only: ClassVar[frozenset[str]] = frozenset({"creation_context"})
    categories: ClassVar[Mapping[str, str]] = {
        "git": "Git",
        "container_registry": "ContainerRegistry",
        "python_feed": "PythonFeed",
        "s3": "S3",
        "snowflake": "Snowflake",
        "azure_sql_db": "AzureSqlDb",
        "azure_synapse_analytics": "AzureSynapseAnalytics",
        "azure_my_sql_db": "AzureMySqlDb",
        "azure_postgres_db": "AzurePostgresDb",
        "custom": "CustomKeys",
        "azure_data_lake_gen2": "ADLSGen2",
    }
    """`type` -> ARM's category."""
    accepts: ClassVar[tuple[str, ...]] = ANY
    """Kinds of credentials."""
    target_field: ClassVar[str | None] = "target"
    """The field that must be given for the target; None where there may be none."""
    described: ClassVar[Mapping[str, str]] = {}
    """Field -> its name in the metadata."""
    constant: ClassVar[Mapping[str, str]] = {}
    """What the metadata always hold."""

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        """Name and kind: other fields may be secret."""
        return [("name", self.name), ("type", self.type)]

    @property
    def address(self) -> str | None:
        """What it connects to."""
        own = cast("str | None", getattr(self, self.target_field)) if self.target_field else None
        return own or self.target

    def all_metadata(self) -> dict[str, str]:
        """The metadata that are sent."""
        fields = ((name, getattr(self, field)) for field, name in self.described.items())
        ours = {name: value for name, value in fields if value is not None}
        return {**self.tags, **self.metadata, **ours, **self.constant}

    def credentials_used(self, given: Credentials | None) -> Credentials:
        """The credentials, with the kind's own default."""
        return given or NoCredentials(type="none")

    def body(
        self, given: Credentials | None, *, environment: Mapping[str, str]
    ) -> dict[str, object]:
        """The ARM request body. It holds secrets. `environment`: for `${NAME}`."""
        used = self.credentials_used(given)
        properties = {
            "target": self.address,
            "credentials": used.body(environment),
            "metadata": self.all_metadata(),
            "category": self.categories[snake(self.type)],
            "isSharedToAll": self.is_shared,
            "authType": used.auth,
        }
        return {"properties": {k: v for k, v in properties.items() if v is not None}}


class Custom(Connection):
    """Named keys of one's own."""

    accepts: ClassVar[tuple[str, ...]] = (*ANY, "custom_keys")


class DataLake(Connection):
    """Azure Data Lake Storage."""

    accepts: ClassVar[tuple[str, ...]] = ("service_principal", "aad", "managed_identity", "none")

    def credentials_used(self, given: Credentials | None) -> Credentials:
        """Entra ID where there are none."""
        return Entra(type="aad") if given is None or isinstance(given, NoCredentials) else given


class Keyed(Connection):
    """Services with a key, and for most of them Entra ID in place of it."""

    api_key: Text | None = None
    nullable: ClassVar[frozenset[str]] = frozenset(
        {"api_key", "api_version", "open_ai_resource_id"}
    )
    entra: ClassVar[bool] = True
    """Whether it works without a key."""

    def credentials_used(self, given: Credentials | None) -> Credentials:
        """The key, wherever it stands; else Entra ID."""
        if self.api_key:
            return ApiKey(type="api_key", key=self.api_key)
        return given if isinstance(given, ApiKey) else Entra(type="aad")
