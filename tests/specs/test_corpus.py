"""Every file of the corpus, with azure-ai-ml as the judge.

good/: azure-ai-ml takes the file, so do we, and both make the same body of it.
bad/: ends in `# expect: RULE LINE`, the one error. azure-ai-ml refuses it too, unless a line
`# stricter: why` says that we are.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest

from specs.connections import read_connection
from specs.deployment import read_deployment
from specs.documents import Document, Findings, read_document
from specs.endpoint import read_endpoint
from specs.environment import EnvironmentBuild, environment_of, read_environment
from specs.findings import Finding
from specs.model import read_model
from specs.resolve import Resolver
from specs.tree import NOWHERE
from specs.workspace import Workspace
from tests.specs.oracle import ENVIRONMENT_ID, MODEL_ID, RefusedError, normal, sdk_body

CORPUS = Path(__file__).parent / "corpus"
GOOD = sorted((CORPUS / "good").glob("*-*.yml"))
BAD = sorted((CORPUS / "bad").glob("*-*.yml"))
WORKSPACE = Workspace("s", "g", "w", "here")
TRAFFIC = ("traffic", "mirrorTraffic")


def kind_of(path: Path) -> str:
    return path.name.partition("-")[0]


def our_body(path: Path) -> tuple[dict[str, object] | None, list[Finding]]:
    findings = Findings(path.stem)
    document = read_document(path, project=CORPUS, at=NOWHERE, findings=findings)
    body = _body(kind_of(path), document, findings) if document is not None else None
    return body, findings.found


def _body(kind: str, document: Document, findings: Findings) -> dict[str, object] | None:
    match kind:
        case "endpoint":
            endpoint = read_endpoint(document, findings)
            return endpoint.body(WORKSPACE) if endpoint else None
        case "deployment":
            return _deployment(document, findings)
        case "model":
            model = read_model(document, findings, inline=False)
            if model is None or model.path is None:
                return None
            uri = model.path if model.is_remote else str(document.resolve(model.path))
            return model.body(uri)
        case "environment":
            spec = read_environment(document, findings)
            if spec is None:
                return None
            made = environment_of(spec, document, default_name="e", findings=findings)
            if isinstance(made, EnvironmentBuild):
                return made.body(spec.build.path if spec.build else None)
            return made.body() if made else None
        case _:
            connection = read_connection(document, findings)
            return connection.body({}) if connection else None


def _deployment(document: Document, findings: Findings) -> dict[str, object] | None:
    spec = read_deployment(document, findings)
    if spec is None:
        return None
    resolver = Resolver(CORPUS)
    whole = resolver.deployment(spec, document, endpoint="my-endpoint", findings=findings)
    code = spec.code_configuration.code if spec.code_configuration else None
    return whole.body(
        WORKSPACE,
        model_id=MODEL_ID if spec.model is not None else None,
        environment_id=ENVIRONMENT_ID if spec.environment is not None else None,
        code_id=code.removeprefix("azureml:") if code and code.startswith("azureml:/") else code,
    )


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == "error"]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_same_body_as_azure_ai_ml(path: Path) -> None:
    ours, findings = our_body(path)
    assert errors(findings) == []
    assert ours is not None
    theirs = sdk_body(kind_of(path), path)
    if kind_of(path) == "endpoint":
        _drop_documented_differences(ours, theirs)
    assert normal(ours) == normal(theirs)


def _drop_documented_differences(ours: dict[str, object], theirs: dict[str, object]) -> None:
    """Traffic is a step of its own; the compute's ARM id is made by a later call there."""
    for body in (ours, theirs):
        properties = cast("dict[str, object]", body["properties"])
        for key in TRAFFIC:
            properties.pop(key)
        if isinstance(compute := properties.get("compute"), str):
            properties["compute"] = compute.rpartition("/")[2]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_one_clear_error(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    rule, line = re.findall(r"# expect: (\S+) (\d+)", text)[0]
    _, findings = our_body(path)
    assert [(f.id, f.line) for f in errors(findings)] == [(rule, int(line))]
    finding = errors(findings)[0]
    assert finding.file == f"bad/{path.name}"
    assert finding.message
    assert finding.fix
    if "# stricter:" not in text:
        with pytest.raises(RefusedError):
            sdk_body(kind_of(path), path)
    else:
        sdk_body(kind_of(path), path)


def test_corpus_is_large_enough() -> None:
    assert len(GOOD) + len(BAD) >= 100
