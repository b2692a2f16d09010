"""Connections: secrets, identities and what is sent."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from specs.check import check_stack
from specs.connections import ConnectionResource, read_connection
from specs.documents import Document, Findings
from specs.stack import Checked, load_stack
from specs.tree import parse_tree, plain, read_tree
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
    assert "key-in-connection" not in {finding.id for finding in check(project).findings}


def as_pulumi_says_it(project: Path, *connections: object) -> dict[str, object]:
    """The stack's config as a run gets it: secrets decrypted."""
    parsed = read_tree(project / "Pulumi.dev.yaml", "Pulumi.dev.yaml").root
    assert parsed is not None
    config = cast("dict[str, object]", plain(parsed["config"]))
    return {**config, "flow-endpoints:connections": list(connections)}


def in_a_run(project: Path, *connections: object) -> Checked:
    """The stack in a run of Pulumi."""
    config = as_pulumi_says_it(project, *connections)
    return load_stack("dev", config, directory=project, file=project / "Pulumi.dev.yaml")


SECURE = """\
  flow-endpoints:connections:
    - file: deploy/connection.yml
      set: {api_key: {secure: AAABcipher}}
"""


def test_a_decrypted_value_is_sent_and_no_plain_text(tmp_path: Path) -> None:
    project = a_project(tmp_path, services=ONE_SERVICE + SECURE, connection=OPENAI)
    entry = {"file": "deploy/connection.yml", "set": {"api_key": "s3cret-s3cret"}}
    checked = in_a_run(project, entry)
    assert "key-in-connection" not in {finding.id for finding in checked.findings}
    assert checked.stack is not None
    assert "s3cret" not in repr(checked)
    (connection,) = checked.stack.connections
    properties = connection.body({})["properties"]
    assert isinstance(properties, dict)
    assert properties["credentials"] == {"key": "s3cret-s3cret"}


def test_a_list_can_be_encrypted_as_a_whole(tmp_path: Path) -> None:
    secure = "  flow-endpoints:connections: {secure: AAABcipher}\n"
    project = a_project(tmp_path, services=ONE_SERVICE + secure, connection=OPENAI)
    entry = {"file": "deploy/connection.yml", "set": {"api_key": "s3cret-s3cret"}}
    checked = in_a_run(project, entry)
    assert checked.stack is not None
    assert "key-in-connection" not in {finding.id for finding in checked.findings}


def test_a_key_in_the_stack_file_is_plain_text(tmp_path: Path) -> None:
    plainly = SECURE.replace("{secure: AAABcipher}", "s3cret-s3cret")
    project = a_project(tmp_path, services=ONE_SERVICE + plainly, connection=OPENAI)
    entry = {"file": "deploy/connection.yml", "set": {"api_key": "s3cret-s3cret"}}
    for checked in (check(project), in_a_run(project, entry)):
        (finding,) = [one for one in checked.findings if one.id == "key-in-connection"]
        assert (finding.file, finding.line) == ("Pulumi.dev.yaml", 11)
        assert "s3cret" not in str(finding)


def test_a_run_needs_the_variables_that_connections_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = a_project(tmp_path, connection=OPENAI)
    monkeypatch.delenv("OPENAI_KEY", raising=False)
    checked = in_a_run(project, "deploy/connection.yml")
    assert brief(checked) == [("connection-variable-unset", "deploy/connection.yml", 4)]
    assert "OPENAI_KEY" in checked.findings[0].fix
    monkeypatch.setenv("OPENAI_KEY", "s3cret")
    assert in_a_run(project, "deploy/connection.yml").stack is not None


def test_connections_are_among_the_documents_without_their_secrets(tmp_path: Path) -> None:
    plainly = SECURE.replace("{secure: AAABcipher}", "s3cret-s3cret")
    project = a_project(tmp_path, services=ONE_SERVICE + plainly, connection=OPENAI)
    document = check_stack("dev", project=project).documents[-1]
    assert (document.kind, document.file) == ("connection", "deploy/connection.yml")
    assert "AzureOpenAi" in str(document.body)
    assert "s3cret" not in str(document.body)
