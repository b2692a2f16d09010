"""Connections: secrets, identities and what is sent."""

from __future__ import annotations

from pathlib import Path

from specs.connections import ConnectionResource, read_connection
from specs.documents import Document, Findings
from specs.tree import parse_tree
from tests.specs.stack_folder import ONE_SERVICE, a_project, brief, check, the_stack, write

OPENAI = """\
name: open_ai_connection
type: azure_open_ai
azure_endpoint: https://local-openai.openai.azure.com/
api_key: ${OPENAI_KEY}
api_version: "2024-02-01"
open_ai_resource_id: /subscriptions/s/a
"""


def a_connection(text: str) -> ConnectionResource:
    parsed = parse_tree(text.encode(), "c.yml")
    assert parsed.root is not None
    findings = Findings("c")
    connection = read_connection(Document(parsed.root, Path("/"), Path("/")), findings)
    assert connection is not None, findings.found
    return connection


def test_a_secret_from_the_environment() -> None:
    body = a_connection(OPENAI).body({"OPENAI_KEY": "s3cret"})
    assert body == {
        "properties": {
            "target": "https://local-openai.openai.azure.com/",
            "credentials": {"key": "s3cret"},
            "metadata": {
                "ApiVersion": "2024-02-01",
                "ApiType": "Azure",
                "ResourceId": "/subscriptions/s/a",
            },
            "category": "AzureOpenAi",
            "isSharedToAll": True,
            "authType": "ApiKey",
        }
    }


def test_without_a_key_it_is_the_callers_identity() -> None:
    connection = a_connection(OPENAI.replace("api_key: ${OPENAI_KEY}\n", ""))
    assert connection.keyless
    assert connection.openai_account == "/subscriptions/s/a"
    assert not a_connection(OPENAI).keyless


def test_secrets_are_not_in_what_is_printed() -> None:
    connection = a_connection(OPENAI.replace("${OPENAI_KEY}", "s3cret"))
    assert "s3cret" not in repr(connection)
    git = "name: git\ntype: git\ntarget: x\ncredentials: {type: pat, pat: s3cret}\n"
    assert "s3cret" not in repr(a_connection(git))


def test_named_keys_of_a_custom_connection() -> None:
    connection = a_connection(
        "name: mine\ntype: custom\ntarget: https://x\n"
        "credentials: {type: custom_keys, keys: {token: '${env:TOKEN}', other: plain}}\n"
    )
    properties = connection.body({"TOKEN": "t"})["properties"]
    assert isinstance(properties, dict)
    assert properties["credentials"] == {"keys": {"token": "t", "other": "plain"}}
    assert properties["authType"] == "CustomKeys"


def test_connections_of_a_stack(tmp_path: Path) -> None:
    listed = "  flow-endpoints:connections:\n    - deploy/connection.yml\n"
    project = a_project(tmp_path, services=ONE_SERVICE + listed, connection=OPENAI)
    assert [one.name for one in the_stack(project).connections] == ["open_ai_connection"]
    write(project, {"deploy/connection.yml": OPENAI + "api_bas: x\n"})
    assert brief(check(project)) == [("unknown-field", "deploy/connection.yml", 7)]


def test_an_encrypted_value_is_text_that_nobody_sees(tmp_path: Path) -> None:
    listed = """\
  flow-endpoints:connections:
    - file: deploy/connection.yml
      set: {api_key: {secure: AAABcipher}}
"""
    project = a_project(tmp_path, services=ONE_SERVICE + listed, connection=OPENAI)
    (connection,) = the_stack(project).connections
    assert "cipher" not in repr(connection)
