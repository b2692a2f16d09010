"""Registries with the unmodified azure-ai-ml client: discovery, data plane, uploads, sharing."""
# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
# (the SDK annotates unions of all that a call may ever return)

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, EnvironmentCredential

from local_azure import control
from local_azure.arm.shape import items, number, text
from tests.local_azure.world import LocalAzure

with warnings.catch_warnings():  # marshmallow's, at import
    warnings.simplefilter("ignore")
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import BuildContext, Data, Environment, Model, Registry
    from azure.ai.ml.entities._assets import Code
    from azure.ai.ml.entities._registry.registry_support_classes import RegistryRegionDetails
    from azure.ai.ml.exceptions import ValidationException

pytestmark = [pytest.mark.local, pytest.mark.filterwarnings("ignore")]
IMAGE = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest"


@pytest.fixture(scope="module")
def system(ml: MLClient) -> MLClient:
    """A client of the system registry."""
    return MLClient(ml._credential, registry_name="azureml")


@pytest.fixture(scope="module")
def theirs(ml: MLClient) -> Iterator[MLClient]:
    """A client of a registry that they have made."""
    made = ml.registries.begin_create(a_registry("theirs")).result()
    assert made.discovery_url.endswith("/registries/theirs/discovery")
    yield MLClient(EnvironmentCredential(), registry_name="theirs")
    ml.registries.begin_delete(name="theirs").result()
    assert "theirs" not in [one.name for one in ml.registries.list()]


def a_registry(name: str) -> Registry:
    region = RegistryRegionDetails(location="westeurope")
    return Registry(name=name, location="westeurope", replication_locations=[region])


def a_flow(folder: Path, *, line: str = "inputs: {}") -> Path:
    flow = folder / "their-flow"
    flow.mkdir()
    (flow / "flow.dag.yaml").write_text(f"{line}\n")
    return flow


def test_the_system_registry_lists_curated_environments(system: MLClient) -> None:
    assert "promptflow-runtime" in [one.name for one in system.environments.list()]
    (version,) = [one.version for one in system.environments.list(name="promptflow-runtime")]
    environment = system.environments.get("promptflow-runtime", version)
    assert environment.image == IMAGE
    assert environment.id.startswith("azureml://registries/azureml/environments/")
    assert system.environments.get("promptflow-runtime", label="latest").version == version
    assert list(system.models.list()) == []


def test_everybody_reads_the_system_registry_and_nobody_writes_it(
    azure: LocalAzure, system: MLClient
) -> None:
    """Rule registry-access."""
    somebody = azure.an_application("reads-only")
    tenant = azure.world.tenant_id
    credential = ClientSecretCredential(tenant, somebody.client_id, somebody.secret)
    theirs = MLClient(credential, registry_name="azureml")
    assert theirs.environments.get("sklearn-1.5", label="latest").version == "52"
    for client in (theirs, system):
        with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
            client.environments.create_or_update(Environment(name="x", version="1", image=IMAGE))


def test_a_registry_of_ones_own_is_closed_to_others(azure: LocalAzure, theirs: MLClient) -> None:
    """Registry User is the role for its assets. Rule registry-access."""
    somebody = azure.an_application("not-yet")
    tenant, registry = azure.world.tenant_id, f"{azure.world.group}/providers/"
    registry += "Microsoft.MachineLearningServices/registries/theirs"
    credential = ClientSecretCredential(tenant, somebody.client_id, somebody.secret)
    client = MLClient(credential, registry_name="theirs")
    environment = Environment(name="of-a-user", version="1", image=IMAGE)
    with pytest.raises(HttpResponseError, match="registries/assets/write"):
        client.environments.create_or_update(environment)
    with pytest.raises(HttpResponseError, match="registries/assets/read"):
        client.environments.get("of-a-user", "1")
    azure.grant(somebody.object_id, "AzureML Registry User", registry)
    assert client.environments.create_or_update(environment).image == IMAGE


def test_a_model_goes_up_and_comes_down(theirs: MLClient, tmp_path: Path) -> None:
    flow = a_flow(tmp_path)
    mark = {"azureml.promptflow.source_flow_id": "flow"}
    made = theirs.models.create_or_update(
        Model(name="flow", version="1", path=str(flow), properties=mark)
    )
    assert made.id == "azureml://registries/theirs/models/flow/versions/1"
    assert made.path.endswith("/their-flow")
    assert "sig=" not in str(made.path)
    assert theirs.models.create_or_update(Model(name="flow", path=str(flow))).version == "2"
    assert theirs.models.get("flow", label="latest").version == "2"
    assert [one.version for one in theirs.models.list(name="flow")] == ["1", "2"]
    theirs.models.download("flow", "1", str(tmp_path / "down"))
    (found,) = (tmp_path / "down").rglob("flow.dag.yaml")
    assert found.read_text() == "inputs: {}\n"
    model = theirs.models.get("flow", "1")
    model.description = "said later"
    assert theirs.models.create_or_update(model).description == "said later"
    theirs.models.archive("flow", "1")
    theirs.models.restore("flow", "1")
    with pytest.raises(ResourceNotFoundError):
        theirs.models.get("flow", "3")


def test_a_version_that_exists_gets_no_place_to_upload_to(
    azure: LocalAzure, theirs: MLClient
) -> None:
    """azure-ai-ml takes the 409 for: no upload. Rule registry-upload."""
    environment = Environment(name="kept", version="1", image=IMAGE)
    theirs.environments.create_or_update(environment)
    before = len(uploads(azure))
    environment.description = "said later"
    assert theirs.environments.create_or_update(environment).description == "said later"
    assert uploads(azure)[before:] == [409]


def uploads(azure: LocalAzure) -> list[int]:
    """The status of each request for a place to upload to."""
    seen = items(control.ask(azure.home, "GET", "/_local/requests"), "requests")
    return [int(number(one, "status")) for one in seen if "/tempdatarefs/" in text(one, "path")]


def test_build_contexts_codes_and_data_go_up(theirs: MLClient, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\n")
    built = theirs.environments.create_or_update(
        Environment(name="built", version="1", build=BuildContext(path=str(tmp_path)))
    )
    assert built.build.path.startswith("https://")
    flow = a_flow(tmp_path)
    code = theirs._code.create_or_update(Code(name="code", version="1", path=str(flow)))
    assert code.id == "azureml://registries/theirs/codes/code/versions/1"
    assert code.path.endswith("/their-flow")
    data = Data(name="data", version="1", path=str(flow), type="uri_folder")
    assert theirs.data.create_or_update(data).id.endswith("/data/data/versions/1")


def test_code_of_a_workspace_is_uploaded_once_by_its_content(ml: MLClient, tmp_path: Path) -> None:
    flow = a_flow(tmp_path)
    first = ml._code.create_or_update(Code(name="same", version="1", path=str(flow)))
    again = ml._code.create_or_update(Code(name="same", version="2", path=str(flow)))
    assert (again.version, again.path) == ("1", first.path)
    (flow / "flow.dag.yaml").write_text("inputs: {a: {type: string}}\n")
    other = ml._code.create_or_update(Code(name="same", version="3", path=str(flow)))
    assert other.version == "3"
    assert other.path != first.path


def test_a_model_is_shared_from_a_workspace(ml: MLClient, theirs: MLClient, tmp_path: Path) -> None:
    """Its files are copied. Rule registry-share."""
    ml.models.create_or_update(Model(name="own", version="3", path=str(a_flow(tmp_path))))
    to = {"share_with_name": "shared", "share_with_version": "9", "registry_name": "theirs"}
    shared = ml.models.share("own", "3", **to)
    assert shared.path != ml.models.get("own", "3").path
    theirs.models.download("shared", "9", str(tmp_path / "down"))
    assert [one.name for one in (tmp_path / "down").rglob("*.yaml")] == ["flow.dag.yaml"]
    with pytest.raises(ValidationException, match="already exists in registry"):
        ml.models.share("own", "3", **to)
    with pytest.raises(HttpResponseError, match="unheard-of:1 was not found"):
        ml.models.share("unheard-of", "1", **{**to, "share_with_name": "another"})


def test_a_registry_nobody_has_made_is_not_found(ml: MLClient) -> None:
    with pytest.raises(ResourceNotFoundError, match="registry unheard-of was not found"):
        MLClient(ml._credential, registry_name="unheard-of")
