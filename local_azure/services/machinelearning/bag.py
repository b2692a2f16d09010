"""`properties.properties` of endpoints and deployments, to which a user can only add."""

from __future__ import annotations

from local_azure.arm import errors
from local_azure.arm.shape import JsonObject, section


def refuse_change(of: str, properties: JsonObject, before: JsonObject) -> None:
    """Raise when an entry that is there changes; keeps those that a PUT leaves out. Changes
    `properties`."""
    held, given = section(before, "properties"), section(properties, "properties")
    for key, value in given.items():
        if key in held and held[key] != value:
            raise errors.bad_request(
                f"properties.{key} is '{held[key]}' and cannot change: properties are add-only. "
                f"Make a new {of}."
            )
    if held or given:
        properties["properties"] = {**held, **given}
