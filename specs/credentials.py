"""Credentials of connections: the kinds that azure-ai-ml knows, and their ARM form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from specs.fields import Text, TextMap
from specs.spec import Spec
from specs.substitution import from_environment


class Credentials(Spec):
    """`credentials` of a connection. Everything in them is secret but ids."""

    type: Text
    auth: ClassVar[str] = "None"
    """ARM's authType."""
    wire: ClassVar[Mapping[str, str]] = {}
    """Field -> its ARM name."""

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        """The kind alone: the rest is secret."""
        return [("type", self.type)]

    def texts(self) -> dict[str, str]:
        """What was given, by ARM name."""
        given = ((name, getattr(self, field)) for field, name in self.wire.items())
        return {name: value for name, value in given if value is not None}

    def body(self, environment: Mapping[str, str]) -> dict[str, object] | None:
        """The ARM form; None for kinds that hold nothing."""
        if not self.wire:
            return None
        return {name: from_environment(v, environment) for name, v in self.texts().items()}


class NoCredentials(Credentials):
    """None are needed."""


class Entra(Credentials):
    """The caller's own identity (Entra ID)."""

    auth: ClassVar[str] = "AAD"


class PersonalAccessToken(Credentials):
    """A token of Git or a package feed."""

    pat: Text | None = None
    auth: ClassVar[str] = "PAT"
    wire: ClassVar[Mapping[str, str]] = {"pat": "pat"}


class SasToken(Credentials):
    """A shared access signature."""

    sas_token: Text | None = None
    auth: ClassVar[str] = "SAS"
    wire: ClassVar[Mapping[str, str]] = {"sas_token": "sas"}


class UsernamePassword(Credentials):
    """A user name and a password."""

    username: Text | None = None
    password: Text | None = None
    auth: ClassVar[str] = "UsernamePassword"
    wire: ClassVar[Mapping[str, str]] = {"username": "username", "password": "password"}


class ManagedIdentity(Credentials):
    """A user-assigned identity."""

    client_id: Text | None = None
    resource_id: Text | None = None
    auth: ClassVar[str] = "ManagedIdentity"
    wire: ClassVar[Mapping[str, str]] = {"client_id": "clientId", "resource_id": "resourceId"}


class ServicePrincipal(Credentials):
    """An app registration and its secret."""

    client_id: Text | None = None
    client_secret: Text | None = None
    tenant_id: Text | None = None
    auth: ClassVar[str] = "ServicePrincipal"
    wire: ClassVar[Mapping[str, str]] = {
        "client_id": "clientId",
        "client_secret": "clientSecret",
        "tenant_id": "tenantId",
    }


class AccessKey(Credentials):
    """An S3-like pair of keys."""

    access_key_id: Text | None = None
    secret_access_key: Text | None = None
    auth: ClassVar[str] = "AccessKey"
    wire: ClassVar[Mapping[str, str]] = {
        "access_key_id": "accessKeyId",
        "secret_access_key": "secretAccessKey",
    }


class ApiKey(Credentials):
    """One key."""

    key: Text | None = None
    auth: ClassVar[str] = "ApiKey"
    wire: ClassVar[Mapping[str, str]] = {"key": "key"}


class AccountKey(Credentials):
    """The key of a storage account. azure-ai-ml sends it in the field of a SAS."""

    account_key: Text | None = None
    auth: ClassVar[str] = "AccountKey"
    wire: ClassVar[Mapping[str, str]] = {"account_key": "sas"}


class CustomKeys(Credentials):
    """Named keys of a custom connection, as promptflow uses them. An addition: azure-ai-ml's
    documents have no field for them."""

    keys: TextMap
    auth: ClassVar[str] = "CustomKeys"

    def body(self, environment: Mapping[str, str]) -> dict[str, object]:
        """The ARM form."""
        return {"keys": {k: from_environment(v, environment) for k, v in self.keys.items()}}


KINDS: Mapping[str, type[Credentials]] = {
    "pat": PersonalAccessToken,
    "sas": SasToken,
    "username_password": UsernamePassword,
    "managed_identity": ManagedIdentity,
    "service_principal": ServicePrincipal,
    "access_key": AccessKey,
    "api_key": ApiKey,
    "account_key": AccountKey,
    "aad": Entra,
    "none": NoCredentials,
    "custom_keys": CustomKeys,
}
