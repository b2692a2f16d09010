"""Commands on what is deployed: key, invoke, logs, status. They ask ARM, not Pulumi."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tools.arguments import Arguments
from tools.checkout import ROOT, ToolError
from tools.lines import Lines

if TYPE_CHECKING:
    from specs.stack import FlowService, Stack

Json = dict[str, object]
TIMEOUT = 310.0
"""Seconds; the longest request_timeout that Azure allows is 300."""


@dataclass(frozen=True)
class Reply:
    """What an endpoint answered; status 0 when nothing did."""

    status: int
    text: str


@contextmanager
def asking_azure(attempt: str) -> Generator[None]:
    """Turns what Azure's SDKs raise into a `ToolError` about `attempt`."""
    # Their log lines on stderr are for their developers.
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    try:
        yield
    except ToolError:
        raise
    except Exception as error:
        from components.providers.failures import why_of

        reason = why_of(error)
        if reason is None:
            raise
        raise ToolError(f"{attempt}: {reason[0]}\n{reason[1]}") from error


def stack_of(arguments: Arguments) -> Stack:
    """The stack as its files say it. Raises `ToolError`."""
    from specs.stack import load_stack_file

    found = load_stack_file(arguments.stack, directory=ROOT)
    if found.stack is None:
        raise ToolError(f"stack {arguments.stack} has errors\nRun `make check`.")
    return found.stack


def service_of(stack: Stack, endpoint: str | None) -> FlowService:
    """The service that is meant: the named one, or the only one. Raises `ToolError`."""
    names = [service.endpoint.name for service in stack.services]
    wanted = endpoint.lower() if endpoint else names[0] if len(names) == 1 else None
    for service in stack.services:
        if service.endpoint.name == wanted:
            return service
    if endpoint:
        raise ToolError(f"stack {stack.name} has no endpoint {endpoint}: it has {', '.join(names)}")
    raise ToolError(f"which endpoint? Add ENDPOINT= one of {', '.join(names) or '(none)'}")


def endpoint_of(stack: Stack, service: FlowService) -> Json:
    """The endpoint as ARM has it. Raises `ToolError` when it does not exist."""
    from components.providers.arm import arm

    arm_id = f"{stack.workspace.id}/onlineEndpoints/{service.endpoint.name}"
    endpoint = arm().get(arm_id)
    if endpoint is None:
        name, where = service.endpoint.name, stack.workspace.name
        raise ToolError(f"there is no endpoint {name} in workspace {where}\nRun `make up`.")
    return {**endpoint, "id": arm_id}


def ask(endpoint: Json, body: bytes, *, deployment: str | None = None) -> Reply:
    """Send a request as a user of the endpoint does."""
    from components.providers.arm import text
    from components.providers.scoring import key_of

    headers = {
        "Authorization": f"Bearer {key_of(endpoint)}",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    if deployment:
        headers["azureml-model-deployment"] = deployment
    url = text(endpoint, "properties", "scoringUri")
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - https or loopback
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            return Reply(response.status, response.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.read().decode(errors="replace"))
    except OSError as error:
        return Reply(0, str(error))


def sample_of(service: FlowService, deployment: str | None = None) -> Mapping[str, object] | None:
    """The sample request of a deployment's flow, or of the first that has one."""
    for each in service.deployments:
        if deployment in (None, each.name) and each.sample_request is not None:
            return each.sample_request
    return None


def answer_in(text: str, service: FlowService) -> str:
    """The answer itself, where the reply is JSON with a chat output or one text; else all."""
    try:
        reply = json.loads(text)
    except ValueError:
        return text.strip()
    outputs = cast("Json", reply) if isinstance(reply, dict) else {}
    for deployment in service.deployments:
        chat = deployment.flow.chat_output if deployment.flow else None
        if chat and isinstance(outputs.get(chat), str):
            return str(outputs[chat]).strip()
    only = next(iter(outputs.values())) if len(outputs) == 1 else None
    return only.strip() if isinstance(only, str) else json.dumps(reply, ensure_ascii=False)


def refusal(endpoint: str, reply: Reply) -> str:
    """What to say about a reply that is no answer."""
    said = f"answered {reply.status}" if reply.status else "did not answer"
    text = f"endpoint {endpoint} {said}: {reply.text.strip()[:1000]}"
    return f"{text}\nRun `make logs` to see what the flow wrote."


def key(arguments: Arguments) -> int:
    """Print the key alone."""
    from components.providers.scoring import key_of

    stack = stack_of(arguments)
    print(key_of(endpoint_of(stack, service_of(stack, arguments.endpoint))))
    return 0


def invoke(arguments: Arguments, errors: Lines) -> int:
    """Print what the endpoint answers to the sample request or to --data."""
    stack = stack_of(arguments)
    service = service_of(stack, arguments.endpoint)
    body = _body(arguments, service)
    reply = ask(endpoint_of(stack, service), body, deployment=arguments.deployment)
    if reply.status == 200:
        print(reply.text.strip())
        return 0
    errors.say("error", refusal(service.endpoint.name, reply), kind="error")
    return 1


def _body(arguments: Arguments, service: FlowService) -> bytes:
    data = arguments.data
    if data and data.startswith("@"):
        try:
            return Path(data[1:]).read_bytes()
        except OSError as error:
            raise ToolError(f"cannot read {data[1:]}: {error.strerror}") from error
    if data:
        return data.encode()
    sample = sample_of(service, arguments.deployment)
    if sample is None:
        raise ToolError("nobody knows a sample request for it\nAdd DATA='{…}' or DATA=@file.json.")
    return json.dumps(sample).encode()


def logs(arguments: Arguments) -> int:
    """Print the logs of both containers of each deployment."""
    from components.providers.container_logs import container_logs

    stack = stack_of(arguments)
    service = service_of(stack, arguments.endpoint)
    endpoint = endpoint_of(stack, service)
    for name in _deployments(endpoint):
        if arguments.deployment in (None, name):
            print(f"deployment {name} of {service.endpoint.name}")
            print(container_logs(f"{endpoint['id']}/deployments/{name}", lines=arguments.tail))
    return 0


def status(arguments: Arguments, lines: Lines) -> int:
    """Print endpoints, deployments and traffic as Azure has them now."""
    from components.providers.arm import section, text

    stack = stack_of(arguments)
    for service in stack.services:
        if arguments.endpoint not in (None, service.endpoint.name):
            continue
        try:
            endpoint = endpoint_of(stack, service)
        except ToolError as error:
            lines.say("endpoint", f"{service.endpoint.name}: {str(error).splitlines()[0]}")
            continue
        state = text(endpoint, "properties", "provisioningState")
        uri = text(endpoint, "properties", "scoringUri")
        lines.raw("endpoint", f"{service.endpoint.name}  {state}  {uri}")
        split = section(endpoint, "properties", "traffic")
        mirror = section(endpoint, "properties", "mirrorTraffic")
        for name, deployment in _deployments(endpoint).items():
            size = text(deployment, "properties", "instanceType")
            count = section(deployment, "sku").get("capacity", 1)
            parts = [f"{count} x {size}", f"{split.get(name, 0)} % of traffic"]
            if mirror.get(name):
                parts.append(f"mirrors {mirror[name]} %")
            state = text(deployment, "properties", "provisioningState")
            lines.say("", f"{name}  {state}  {', '.join(parts)}")
    return 0


def _deployments(endpoint: Json) -> dict[str, Json]:
    from components.providers.arm import arm

    listed = arm().list(f"{endpoint['id']}/deployments")
    return {str(each["name"]).rsplit("/", 1)[-1]: each for each in listed}
