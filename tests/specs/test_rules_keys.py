"""Keys in plain text: what counts as one, and that none is ever shown."""

from __future__ import annotations

import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specs.rules.keys import is_secret
from tests.specs.rule_scenes import Scene, a_deployment, findings_of

RANDOM = "9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c"  # made up
PREFIX = "sk-" + "aBcD1234" * 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SEARCH_API_KEY", "shortkey1"),
        ("openaiApiKey", "shortkey1"),
        ("DB_PASSWORD", "hunter2hunter2"),
        ("STORAGE_CONNECTION_STRING", "AccountName=a;AccountKey=" + "b" * 20),
        ("ANYTHING", PREFIX),
        ("ANYTHING", RANDOM),
        ("SETTINGS", f'{{"key": "{PREFIX}"}}'),
        ("URL", "https://a.blob.core.windows.net/c?sv=1&sig=" + "x" * 30),
    ],
)
def test_these_are_secrets(name: str, value: str) -> None:
    assert is_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SEARCH_API_KEY", "${{azureml://connections/search/credentials/key}}"),
        ("SEARCH_API_KEY", "${SEARCH_API_KEY}"),
        ("SEARCH_API_KEY", "<your key>"),
        ("SEARCH_API_KEY", ""),
        ("MAX_TOKENS", "4096409640"),
        ("KEY_VAULT_NAME", "kv-flows-westeurope"),
        ("AZURE_CLIENT_ID", "12345678-1234-1234-1234-123456789abc"),
        ("AZURE_OPENAI_ENDPOINT", "https://my-account.openai.azure.com/"),
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=12345678;Ingestion=x"),
        ("DEPLOYMENT", "gpt-4o-mini-2024-07-18-standard"),
        ("PRT_CONFIG_OVERRIDE", "deployment.subscription_id=s,deployment.resource_group=g"),
        ("MODEL_PATH", "/var/azureml-app/azureml-models/model/1"),
        ("MESSAGE", "a sentence that is long enough to be something, with 3 numbers"),
    ],
)
def test_these_are_none(name: str, value: str) -> None:
    assert not is_secret(name, value)


@pytest.mark.parametrize(
    "lines",
    [
        "type: open_ai\napi_key: abc",
        "type: custom\ntarget: x\ncredentials: {type: api_key, key: k}",
        "type: git\ntarget: x\ncredentials: {type: username_password, username: u, password: p}",
    ],
)
def test_a_short_secret_of_a_connection_is_one_too(lines: str, tmp_path: Path) -> None:
    found = findings_of(Scene(connections=(f"name: theirs\n{lines}\n",)), tmp_path)
    assert [finding.id for finding in found].count("key-in-connection") == 1


def test_an_address_among_the_keys_of_a_connection_is_no_secret(tmp_path: Path) -> None:
    keys = "keys: {OPENAI_ENDPOINT: https://x.openai.azure.com/}"
    connection = (
        f"name: theirs\ntype: custom\ntarget: _\ncredentials: {{type: custom_keys, {keys}}}"
    )
    found = findings_of(Scene(connections=(f"{connection}\n",)), tmp_path)
    assert "key-in-connection" not in {finding.id for finding in found}


@settings(max_examples=50)
@given(st.text(string.ascii_letters + string.digits, min_size=12, max_size=60))
def test_a_secret_is_never_part_of_a_finding(value: str) -> None:
    deployment = a_deployment(f"environment_variables:\n  SEARCH_API_KEY: 'x{value}'\n")
    connection = f"name: con\ntype: api_key\napi_base: https://x/\napi_key: 'x{value}'\n"
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(deployments=(deployment,), connections=(connection,))
        found = findings_of(scene, Path(folder))
    assert {"key-in-variable", "key-in-connection"} <= {finding.id for finding in found}
    assert value not in str(found)
