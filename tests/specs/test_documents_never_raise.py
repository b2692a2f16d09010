"""Whatever stands in a document: findings, never an exception, and never a body beside an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specs.connection import TYPES
from specs.connections import read_connection
from specs.credentials import KINDS
from specs.deployment import DeploymentSpec, read_deployment
from specs.documents import Document, Findings
from specs.endpoint import Endpoint, read_endpoint
from specs.environment import EnvironmentSpec, environment_of, read_environment
from specs.model import ModelSpec, read_model
from specs.resolve import Resolver
from specs.tree import parse_tree
from specs.workspace import Workspace

HERE = Path(__file__).parent / "corpus" / "good"
WORKSPACE = Workspace("s", "g", "w", "here")
WORDS = ["azureml:a:1", "azureml:a", "flow", "conda.yml", "../x", "key", "kubernetes", "7", "true"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "path", "name", "port", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def documents(fields: list[str]) -> st.SearchStrategy[Document]:
    """Documents with some of the right fields, holding anything."""
    trees = st.dictionaries(st.sampled_from(fields), VALUES, min_size=1, max_size=6)
    return trees.map(_document)


def _document(data: Mapping[str, object]) -> Document:
    parsed = parse_tree(yaml.safe_dump(data).encode(), "x.yml")
    assert parsed.root is not None
    return Document(parsed.root, HERE, HERE)


def judged(read: Callable[[Document, Findings], object], document: Document) -> None:
    findings = Findings("x")
    made = read(document, findings)
    assert made is not None or findings.has_error
    for finding in findings.found:
        assert finding.line
        assert finding.fix
        assert "Traceback" not in finding.message


FAST = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@FAST
@given(documents(Endpoint.field_names()))
def test_endpoints(document: Document) -> None:
    def read(document: Document, findings: Findings) -> object:
        endpoint = read_endpoint(document, findings)
        return endpoint.body(WORKSPACE) if endpoint else None

    judged(read, document)


@FAST
@given(documents(DeploymentSpec.field_names()))
def test_deployments(document: Document) -> None:
    def read(document: Document, findings: Findings) -> object:
        spec = read_deployment(document, findings)
        resolver = Resolver(HERE)
        if spec is None:
            return resolver.parts(document, called="x", findings=findings) and None
        whole = resolver.deployment(spec, document, endpoint="e", findings=findings)
        return whole.body(WORKSPACE, model_id=None, environment_id=None)

    judged(read, document)


@FAST
@given(documents(ModelSpec.field_names()))
def test_models(document: Document) -> None:
    def read(document: Document, findings: Findings) -> object:
        spec = read_model(document, findings, inline=False)
        return spec.body(None) if spec else None

    judged(read, document)


@FAST
@given(documents(EnvironmentSpec.field_names()))
def test_environments(document: Document) -> None:
    def read(document: Document, findings: Findings) -> object:
        spec = read_environment(document, findings)
        if spec is None:
            return None
        return environment_of(spec, document, default_name="e", findings=findings)

    judged(read, document)


@FAST
@given(st.sampled_from(sorted(TYPES)), st.sampled_from(sorted(KINDS)), VALUES, VALUES)
def test_connections(kind: str, credentials: str, key: object, target: object) -> None:
    data = {
        "name": "connection",
        "type": kind,
        "target": target,
        "api_key": key,
        "credentials": {"type": credentials, "key": key},
    }

    def read(document: Document, findings: Findings) -> object:
        connection = read_connection(document, findings)
        return connection.body({}) if connection else None

    judged(read, _document(data))
