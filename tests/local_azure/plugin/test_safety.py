"""The stand-in cannot reach a cloud, and keeps secrets to itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
import trustme
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

from local_azure.plugin import VERSION
from local_azure.plugin.errors import NotReachedError
from local_azure.plugin.sign_in import Credentials
from local_azure.plugin.transport import Home, Transport
from tests.local_azure.plugin.driver import (
    ENDPOINT,
    WORKSPACE,
    Plugin,
    RefusedError,
    an_endpoint,
)
from tests.local_azure.plugin.fake_arm import OBJECT_ID, FakeArm, Reply

LAUNCHER = Path(__file__).parents[3] / "local_azure" / "bin" / "pulumi-resource-azure-native"


def test_without_a_home_it_refuses_in_one_sentence(plugin: Plugin) -> None:
    del plugin.environment["LOCAL_AZURE_HOME"]
    with pytest.raises(RefusedError, match="LOCAL_AZURE_HOME is not set") as refused:
        plugin.configure({})
    assert "\n" not in str(refused.value)


def test_a_home_that_is_none_is_named(plugin: Plugin, tmp_path: Path) -> None:
    plugin.environment["LOCAL_AZURE_HOME"] = str(tmp_path / "nowhere")
    with pytest.raises(RefusedError, match="nowhere"):
        plugin.configure({})


def test_missing_credentials_are_named(plugin: Plugin) -> None:
    del plugin.environment["AZURE_CLIENT_SECRET"]
    with pytest.raises(RefusedError, match="AZURE_CLIENT_SECRET not set"):
        plugin.configure({})


def test_the_environment_s_proxies_and_authorities_are_ignored(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    monkeypatch.setenv("NO_PROXY", "*")
    assert plugin.create(ENDPOINT, an_endpoint()).id


def test_only_the_home_s_own_authority_is_trusted(arm: FakeArm, plugin: Plugin) -> None:
    trustme.CA().cert_pem.write_to_path(str(arm.home / "ca.pem"))
    plugin.configure({"location": "westeurope"})
    with pytest.raises(RefusedError, match="no answer from login"):
        plugin.create(ENDPOINT, an_endpoint())
    assert arm.requests == []


def test_no_public_authority_is_loaded(arm: FakeArm) -> None:
    home = Home.of({"LOCAL_AZURE_HOME": str(arm.home)})
    assert len(home.trust.get_ca_certs()) == 1
    assert home.trust.check_hostname


def test_a_host_that_is_not_played_is_refused(arm: FakeArm) -> None:
    transport = Transport(Home.of({"LOCAL_AZURE_HOME": str(arm.home)}))
    with pytest.raises(NotReachedError, match="example"):
        transport.send("GET", "example.invalid", "/", headers={})


def test_a_polling_address_elsewhere_is_not_followed(arm: FakeArm, plugin: Plugin) -> None:
    elsewhere = {"Azure-AsyncOperation": "https://example.invalid/op", "Retry-After": "0"}
    arm.script("PUT", "/ep", Reply(201, {"id": WORKSPACE + "/onlineEndpoints/ep"}, elsewhere))
    arm.script("GET", "/ep", Reply(404), Reply(200, {"name": "ep"}))
    with pytest.raises(RefusedError, match="another host"):
        plugin.create(ENDPOINT, an_endpoint())


def test_a_stopped_azure_says_how_to_start_it(arm: FakeArm, plugin: Plugin) -> None:
    (arm.home / "service.json").write_text(json.dumps({"proxy_port": 1}))
    plugin.configure({"location": "westeurope"})
    with pytest.raises(RefusedError, match="python -m local_azure start"):
        plugin.create(ENDPOINT, an_endpoint())


def test_a_refused_sign_in_names_the_client_and_not_its_secret(
    arm: FakeArm, plugin: Plugin
) -> None:
    said = {"error": "invalid_client", "error_description": "AADSTS7000215: wrong secret"}
    arm.script("POST", "/token", Reply(401, said))
    with pytest.raises(RefusedError, match="signing in as client failed") as refused:
        plugin.create(ENDPOINT, an_endpoint())
    assert "AADSTS7000215" in str(refused.value)
    assert "planted-secret" not in str(refused.value)
    credentials = Credentials(tenant_id="t", client_id="c", client_secret="planted-secret")
    assert "planted-secret" not in repr(credentials)


def test_functions(arm: FakeArm, plugin: Plugin) -> None:
    arm.resources[WORKSPACE.lower()] = {
        "id": WORKSPACE,
        "name": "ws",
        "properties": {"workspaceId": "w", "keyVault": None},
    }
    names = {"resourceGroupName": "rg", "workspaceName": "ws"}
    assert plugin.invoke("machinelearningservices:getWorkspace", **names) == {
        "id": WORKSPACE,
        "name": "ws",
        "workspaceId": "w",
        "azureApiVersion": "2025-12-01",
    }
    assert plugin.invoke("authorization:getClientConfig") == {
        "clientId": "client",
        "objectId": OBJECT_ID,
        "subscriptionId": "sub",
        "tenantId": "tenant",
    }
    keys = plugin.invoke(
        "machinelearningservices:listOnlineEndpointKeys", endpointName="ep", **names
    )
    assert keys["primaryKey"] == "planted-key"


def test_what_is_not_played_is_named(plugin: Plugin) -> None:
    with pytest.raises(RefusedError, match="does not play azure-native:web:WebApp"):
        plugin.create("web:WebApp", {})
    with pytest.raises(RefusedError, match="does not play the function azure-native:web:getApp"):
        plugin.invoke("web:getApp")


def test_the_launcher_serves_at_once_under_the_sdk_s_version() -> None:
    with subprocess.Popen([LAUNCHER, "127.0.0.1:1"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = cast("Any", provider_pb2_grpc.ResourceProviderStub(channel))
                assert stub.GetPluginInfo(empty_pb2.Empty()).version == VERSION
        finally:
            process.kill()


def test_the_plugin_starts_without_the_rest_of_the_sdk() -> None:
    code = (
        "import sys, local_azure.plugin.__main__ as plugin\n"
        "plugin._without_the_sdk()\n"
        "import local_azure.plugin.serve\n"
        "heavy = {'pulumi.output', 'pulumi.automation', 'azure', 'requests', 'aiohttp'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    checkout = LAUNCHER.parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"
