"""Environment variables of a deployment: what the runtime and the flow make of them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import cast

from specs.rules.book import Problem
from specs.rules.chapters import DEPLOYMENT
from specs.rules.subjects import DeploymentCase
from specs.served import CONFIG_OVERRIDE as PRT_CONFIG
from specs.served import PLACEHOLDER

_CONNECTIONS = "the article, Deploy with different connections from flow development"
_DEPLOYMENT = "the article, Define the deployment: environment variables"
_RUNTIME = "promptflow 1.18.5, its serving app"

RESPONSE_FIELDS = "PROMPTFLOW_RESPONSE_INCLUDED_FIELDS"
INIT = "PF_FLOW_INIT_CONFIG"

_REFERENCE = re.compile(r"\$\{\{\s*azureml://connections/([^/}\s]+)\s*\}\}")
_FAR_REFERENCE = re.compile(r"\$\{\{\s*azureml://(?!connections/)[^}]*connections/")
_FIELDS = (
    *("API_BASE", "API_KEY", "API_TYPE", "API_VERSION", "AUTH_MODE", "RESOURCE_ID"),
    *("ORGANIZATION", "BASE_URL", "ENDPOINT", "CHAT_DEPLOYMENT_NAME", "DEPLOYMENT_NAME"),
)
"""Fields that promptflow's connection types have; custom connections have any."""


@DEPLOYMENT.rule("override-matches-nothing", "warning", source=_CONNECTIONS)
def overrides_match(case: DeploymentCase) -> Iterator[Problem]:
    """A variable that looks like an override of a connection fits one that the flow uses.

    `<connection>` (spaces as `_`, case kept) names another connection, `<CONNECTION>_<FIELD>`
    in upper case changes one field; anything else is just a variable that nobody reads.
    """
    flow = case.flow
    if flow is None:
        return
    read = {read.name for read in flow.env_reads} | set(flow.environment_variables)
    known = {name.replace(" ", "_") for name in flow.connections}
    for name, value in case.variables.items():
        if name in known or name in read or _changes_field(name, known):
            continue
        meant = _by_its_substitute(name, case.variables, known) or _meant(name, value, known)
        if meant is not None:
            listed = ", ".join(sorted(known)) or "no connection"
            yield Problem(
                f"`{name}` looks like an override of a connection, but the flow uses {listed}",
                f"Did you mean `{meant}`?" if meant else "Remove it, or use its exact name.",
                case.variable_place(name),
            )


@DEPLOYMENT.rule("override-other-workspace", "error", source=_CONNECTIONS)
def override_is_near(case: DeploymentCase) -> Iterator[Problem]:
    """A reference to a connection stays within the workspace."""
    for name, value in case.variables.items():
        if _FAR_REFERENCE.search(value):
            yield Problem(
                f"`{name}` refers to a connection outside the workspace",
                "Write  ${{azureml://connections/NAME}}  and create it in this workspace.",
                case.variable_place(name),
            )


@DEPLOYMENT.rule("prt-config-contradicts", "error", source=_DEPLOYMENT)
def prt_config(case: DeploymentCase) -> Iterator[Problem]:
    """PRT_CONFIG_OVERRIDE names the deployment's own workspace, endpoint and name.

    It is filled in when it is absent, so the surest is not to set it.
    """
    text = case.variables.get(PRT_CONFIG)
    if text is None:
        return
    real = dict(case.circumstances.workspace)
    if case.endpoint_name:
        real["endpoint_name"] = case.endpoint_name
    if case.part.text("name"):
        real["deployment_name"] = case.name
    for item in filter(None, (item.strip() for item in text.split(","))):
        key, equals, value = item.partition("=")
        key = key.strip().removeprefix("deployment.")
        expected = real.get(key)
        if not equals:
            message = f"{PRT_CONFIG} holds `{key[:40]}`, which is not of the form key=value"
        elif expected is None or PLACEHOLDER.search(value):
            continue
        elif value.strip().lower() != expected.lower():
            message = f"{PRT_CONFIG} says {key} is `{value.strip()}`; it is `{expected}`"
        else:
            continue
        fix = f"Remove {PRT_CONFIG}: the right one is filled in."
        yield Problem(message, fix, case.variable_place(PRT_CONFIG))


@DEPLOYMENT.rule("placeholder-left", "warning", source=_DEPLOYMENT)
def placeholders(case: DeploymentCase) -> Iterator[Problem]:
    """No `<placeholder>` of an example is left in a variable."""
    for name, value in case.variables.items():
        found = PLACEHOLDER.search(value)
        if found:
            fix = "Fill it in."
            if name == PRT_CONFIG:
                fix = (
                    "The right values are sent in its place. A model made from a flow's folder "
                    "needs no such variable."
                )
            yield Problem(
                f"`{name}` still holds the placeholder {found.group()}",
                fix,
                case.variable_place(name),
            )


@DEPLOYMENT.rule("response-fields-not-json", "error", source=_DEPLOYMENT)
def response_fields_json(case: DeploymentCase) -> Iterator[Problem]:
    """PROMPTFLOW_RESPONSE_INCLUDED_FIELDS is a JSON array of names."""
    text = case.variables.get(RESPONSE_FIELDS)
    if text is not None and _names(text) is None:
        yield Problem(
            f"{RESPONSE_FIELDS} is not a JSON array of names",
            f"Write it as  {RESPONSE_FIELDS}: '[\"answer\"]'  (quotes inside too).",
            case.variable_place(RESPONSE_FIELDS),
        )


@DEPLOYMENT.rule("response-fields-unknown", "error", source=_DEPLOYMENT)
def response_fields_exist(case: DeploymentCase) -> Iterator[Problem]:
    """PROMPTFLOW_RESPONSE_INCLUDED_FIELDS names outputs that the flow has."""
    flow = case.flow
    for name in _names(case.variables.get(RESPONSE_FIELDS, "[]")) or []:
        if flow is not None and flow.outputs and name not in flow.outputs:
            yield Problem(
                f"{RESPONSE_FIELDS} names `{name}`, which is no output of the flow",
                f"The flow has: {', '.join(flow.outputs)}.",
                case.variable_place(RESPONSE_FIELDS),
            )


@DEPLOYMENT.rule("flow-init-illegal", "error", source=_RUNTIME)
def init_is_json(case: DeploymentCase) -> Iterator[Problem]:
    """PF_FLOW_INIT_CONFIG is a JSON object."""
    if INIT in case.variables and _init(case) is None:
        yield Problem(
            f"{INIT} is not a JSON object; the flow's process would not start",
            f"Write it as  {INIT}: '{{\"parameter\": 1}}'",
            case.variable_place(INIT),
        )


@DEPLOYMENT.rule("flow-init-unknown", "warning", source=_RUNTIME)
def init_names_parameters(case: DeploymentCase) -> Iterator[Problem]:
    """PF_FLOW_INIT_CONFIG names parameters of the flow's class."""
    flow = case.flow
    for name in _init(case) or {}:
        if flow is not None and flow.init and name not in flow.init:
            yield Problem(
                f"{INIT} gives `{name}`, which is no parameter of the flow's class",
                f"It has: {', '.join(flow.init)}.",
                case.variable_place(INIT),
            )


@DEPLOYMENT.rule("flow-init-missing", "error", source=_RUNTIME)
def init_is_complete(case: DeploymentCase) -> Iterator[Problem]:
    """Every parameter of the flow's class without default has a value."""
    flow = case.flow
    if flow is None or (flow.sample_init and INIT not in case.variables):
        return
    given = _init(case)
    given = {} if given is None and INIT not in case.variables else given
    absent = [name for name, port in flow.init.items() if port.required]
    absent = [name for name in absent if given is not None and name not in given]
    if absent and INIT not in flow.environment_variables:
        example = json.dumps(dict.fromkeys(absent, "…"), ensure_ascii=False)
        yield Problem(
            f"the flow's class cannot be made without {', '.join(absent)}",
            f"Add  environment_variables: {{{INIT}: '{example}'}}",
            case.part.place("environment_variables"),
        )


def _init(case: DeploymentCase) -> dict[str, object] | None:
    try:
        value: object = json.loads(case.variables.get(INIT, ""))
    except ValueError:
        return None
    return cast(dict[str, object], value) if isinstance(value, dict) else None


def _names(text: str) -> list[str] | None:
    try:
        value: object = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, list):
        return None
    names = cast(list[object], value)
    return [str(name) for name in names] if all(isinstance(n, str) for n in names) else None


def _changes_field(name: str, connections: set[str]) -> bool:
    """`<CONNECTION>_<FIELD>`; which fields a connection has is not known here."""
    return any(name.startswith(f"{c.upper()}_") for c in connections) and name == name.upper()


def _by_its_substitute(name: str, variables: Mapping[str, str], known: set[str]) -> str:
    """`<OTHER>_<FIELD>`, where OTHER stands in for a connection: the flow's own name counts."""
    for connection in sorted(known & set(variables)):
        reference = _REFERENCE.fullmatch(variables[connection].strip())
        other = (reference[1] if reference else variables[connection]).replace(" ", "_").upper()
        if other and name.startswith(f"{other}_"):
            return f"{connection.upper()}_{name[len(other) + 1 :]}"
    return ""


def _meant(name: str, value: str, connections: set[str]) -> str | None:
    """The override that `name` is near to, empty when near to none; None for no override."""
    plain = name.lower()
    for connection in sorted(connections):
        if plain == connection.lower():
            return connection
        if plain.startswith(f"{connection.lower()}_"):
            return name.upper()
        for field in _FIELDS:
            if plain.endswith(f"_{field.lower()}"):
                stem = plain[: -len(field) - 1]
                if _near(stem, connection):
                    return f"{connection.upper()}_{field}"
        if _near(plain, connection):
            return connection
    looks = _REFERENCE.fullmatch(value.strip()) or re.search(r"(^|_)connection$", plain)
    return "" if looks else None


def _near(word: str, connection: str) -> bool:
    return difflib.SequenceMatcher(None, word, connection.lower()).ratio() >= 0.8
