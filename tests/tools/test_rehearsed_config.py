"""The stack file of a rehearsal."""

from textwrap import dedent

import pytest
import yaml

from tools.checkout import ToolError
from tools.rehearsed_config import SALT, rehearsed

FILE = dedent("""\
    # Production.
    secretsprovider: azurekeyvault://vault.vault.azure.net/keys/pulumi
    encryptedkey: AAAA
    environment: [prod]
    config:
      azure-native:subscriptionId: 00000000-0000-0000-0000-000000000000
      azure-native:clientId: 11111111-0000-0000-0000-000000000000
      azure-native:clientSecret: {secure: v1:AAAA}
      flow-endpoints:workspace: "2024"
      flow-endpoints:production: off
      flow-endpoints:connections:
        - file: connection.yml
          set: {api_key: {secure: v1:BBBB}}
        - {secure: v1:CCCC}
      flow-endpoints:roles:
        secure: v1:DDDD
        openAi: User
    """)


def test_everything_else_stays_as_it_is_written() -> None:
    config = rehearsed(FILE, file="Pulumi.prod.yaml", placeholder="made-up")
    read = yaml.load(config.text, Loader=yaml.BaseLoader)["config"]  # noqa: S506  texts as written
    assert read["azure-native:subscriptionId"].startswith("00000000")
    assert 'flow-endpoints:workspace: "2024"' in config.text
    assert "flow-endpoints:production: off" in config.text


def test_encrypted_values_become_the_placeholder_at_any_depth() -> None:
    config = rehearsed(FILE, file="Pulumi.prod.yaml", placeholder="made-up")
    connections = yaml.safe_load(config.text)["config"]["flow-endpoints:connections"]
    assert connections == [{"file": "connection.yml", "set": {"api_key": "made-up"}}, "made-up"]
    assert config.secrets == (
        "flow-endpoints:connections[0].set.api_key",
        "flow-endpoints:connections[1]",
    )
    # A mapping that has more than `secure` is one of the user's own.
    assert yaml.safe_load(config.text)["config"]["flow-endpoints:roles"]["openAi"] == "User"


def test_no_secrets_provider_and_no_account_is_left() -> None:
    config = rehearsed(FILE, file="Pulumi.prod.yaml", placeholder="made-up")
    assert config.left_out == (
        "environment",
        "azure-native:clientId",
        "azure-native:clientSecret",
    )
    whole = yaml.safe_load(config.text)
    assert set(whole) == {"config", "encryptionsalt"}
    assert whole["encryptionsalt"] == SALT


def test_a_file_without_config_is_one_for_a_rehearsal_as_well() -> None:
    assert yaml.safe_load(rehearsed("", file="x", placeholder="").text)["config"] == {}


@pytest.mark.parametrize("text", ["config: [", "- config"])
def test_a_file_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ToolError, match=r"Pulumi\.prod\.yaml"):
        rehearsed(text, file="Pulumi.prod.yaml", placeholder="")
