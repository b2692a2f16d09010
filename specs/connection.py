"""Workspace connections: the document of each kind that azure-ai-ml knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar

from specs.connection_base import Connection as Connection
from specs.connection_base import Custom, DataLake
from specs.connection_base import Keyed as Keyed
from specs.fields import Text, one_of
from specs.spec import Spec


class AzureOpenAI(Keyed):
    """Azure OpenAI."""

    azure_endpoint: Text | None = None
    api_version: Text | None = None
    open_ai_resource_id: Text | None = None
    target_field: ClassVar[str | None] = "azure_endpoint"
    described: ClassVar[Mapping[str, str]] = {
        "api_version": "ApiVersion",
        "open_ai_resource_id": "ResourceId",
    }
    constant: ClassVar[Mapping[str, str]] = {"ApiType": "Azure"}
    categories: ClassVar[Mapping[str, str]] = {"azure_open_ai": "AzureOpenAi"}


class AIServices(Keyed):
    """Azure AI services."""

    endpoint: Text | None = None
    ai_services_resource_id: Text
    target_field: ClassVar[str | None] = "endpoint"
    described: ClassVar[Mapping[str, str]] = {"ai_services_resource_id": "ResourceId"}
    categories: ClassVar[Mapping[str, str]] = {"azure_ai_services": "AIServices"}


class Search(Keyed):
    """Azure AI Search."""

    endpoint: Text | None = None
    target_field: ClassVar[str | None] = "endpoint"
    categories: ClassVar[Mapping[str, str]] = {"azure_ai_search": "CognitiveSearch"}


class ContentSafety(Search):
    """Azure AI Content Safety."""

    constant: ClassVar[Mapping[str, str]] = {"Kind": "Content Safety"}
    categories: ClassVar[Mapping[str, str]] = {"azure_content_safety": "CognitiveService"}


class Speech(Search):
    """Azure AI Speech."""

    constant: ClassVar[Mapping[str, str]] = {"Kind": "speech"}
    categories: ClassVar[Mapping[str, str]] = {"azure_speech_services": "CognitiveService"}


class Serverless(Search):
    """A model behind a serverless endpoint."""

    api_key: Text | None  # pyright: ignore[reportGeneralTypeIssues]  required here
    nullable: ClassVar[frozenset[str]] = frozenset()
    entra: ClassVar[bool] = False
    categories: ClassVar[Mapping[str, str]] = {"serverless": "Serverless"}


class KeyedApi(Keyed):
    """Any API with a key."""

    api_key: Text | None  # pyright: ignore[reportGeneralTypeIssues]  required here
    api_base: Text
    nullable: ClassVar[frozenset[str]] = frozenset()
    entra: ClassVar[bool] = False
    target_field: ClassVar[str | None] = "api_base"
    categories: ClassVar[Mapping[str, str]] = {"api_key": "ApiKey"}


class OpenAI(Keyed):
    """openai.com, or Serp: a key is all."""

    api_key: Text | None  # pyright: ignore[reportGeneralTypeIssues]  required here
    nullable: ClassVar[frozenset[str]] = frozenset()
    entra: ClassVar[bool] = False
    target_field: ClassVar[str | None] = None
    categories: ClassVar[Mapping[str, str]] = {"open_ai": "OpenAi", "serp": "Serp"}


class BlobStore(DataLake):
    """A container of Azure Blob Storage."""

    url: Text | None = None
    account_name: Text
    container_name: Text
    accepts: ClassVar[tuple[str, ...]] = ("sas", "account_key", "aad")
    target_field: ClassVar[str | None] = "url"
    described: ClassVar[Mapping[str, str]] = {
        "container_name": "ContainerName",
        "account_name": "AccountName",
    }
    categories: ClassVar[Mapping[str, str]] = {"azure_blob": "AzureBlob"}


class OneLakeArtifact(Spec):
    """The lake house of a OneLake connection."""

    type: Annotated[str, one_of("lake_house")]
    name: Text


class OneLake(DataLake):
    """Microsoft OneLake."""

    artifact: OneLakeArtifact | None = None
    endpoint: Text
    one_lake_workspace_name: Text | None = None
    nullable: ClassVar[frozenset[str]] = frozenset({"artifact"})
    accepts: ClassVar[tuple[str, ...]] = ("service_principal", "aad")
    target_field: ClassVar[str | None] = None
    categories: ClassVar[Mapping[str, str]] = {"azure_one_lake": "AzureOneLake"}

    @property
    def address(self) -> str | None:
        """The target, else made of the three fields."""
        if self.target is not None or self.artifact is None:
            return self.target
        name = self.artifact.name
        if not re.match(r".{7}-.{4}-.{4}-.{4}.{12}", name):  # azure-ai-ml's idea of a GUID
            name += ".Lakehouse"
        return f"https://{self.endpoint}/{self.one_lake_workspace_name}/{name}"


_SPECIAL: tuple[type[Connection], ...] = (
    AzureOpenAI,
    AIServices,
    Search,
    ContentSafety,
    Speech,
    Serverless,
    KeyedApi,
    OpenAI,
    BlobStore,
    OneLake,
)
TYPES: Mapping[str, type[Connection]] = {
    **dict.fromkeys(Connection.categories, Connection),
    "custom": Custom,
    "azure_data_lake_gen2": DataLake,
    **{kind: special for special in _SPECIAL for kind in special.categories},
}
"""`type` of a document -> its class."""
