"""When a deployment fails: try again while roles are too young to work; else say what its
containers said, and what to do about it.

Runs as the deployment's error hook, in the program's own process.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

_FIXES = {
    "action: listsecrets, reason: not found": "The flow uses a connection that the workspace does "
    "not have (its name is in the log): create it, or name another one in a variable "
    "called like it.",
    "authorization error": "The endpoint's identity lacks that role, or got it moments ago: a role "
    "can take a quarter of an hour to work. Run the update again then.",
    "OutOfQuota": "Ask for quota of that VM family, choose another instance_type, or fewer "
    "instances; Azure ML keeps 20 % on top for upgrades.",
    "ImageBuildFailure": "The environment does not build: try its Dockerfile on its own.",
    "ImagePullError": "Check the image's name and tag, and that the endpoint's identity has "
    "AcrPull on the registry.",
    "ResourceNotReady": "The container started and never became healthy: its log says why. Check "
    "inference_config (port 8080, /health) and the flow's requirements.",
    "BadArgument": "Correct what the message names in the deployment's file.",
    "OutOfCapacity": "The region has no such machines now: try later, or another instance_type.",
    "AuthorizationFailed": "Whoever runs the update lacks that permission on the workspace.",
}
"""By what Azure's message names. Source: Microsoft, Troubleshoot online endpoints deployment."""

_INTERRUPTED = re.compile(r"\b(operation was|context) cancell?ed\b", re.IGNORECASE)
"""What azure-native says when the user interrupts an update: no log can tell them more."""


@dataclass(frozen=True, kw_only=True)
class FailureArgs:
    """What to know about a deployment that failed."""

    role_scopes: Sequence[str]
    """ARM ids of what the endpoint's identity was given roles on."""
    endpoint_goes: bool
    """Whether its endpoint is about to be deleted and made anew."""


async def on_failure(
    deployment: pulumi.Resource, args: FailureArgs, failed: pulumi.ErrorHookArgs
) -> bool:
    """Whether to try again. If not, print the likely fix and both containers' logs."""
    inputs: Mapping[str, object] = failed.new_inputs or failed.old_inputs or {}
    if "deploymentName" not in inputs:
        return False
    if failed.failed_operation == "delete":
        return args.endpoint_goes and await _traffic_taken_off(inputs, failed.errors)
    reason = failed.errors[-1] if failed.errors else ""
    if _INTERRUPTED.search(reason):
        return False
    arm_id = deployment_id(inputs)
    name = f"deployment {inputs['deploymentName']} of endpoint {inputs['endpointName']}"
    if await asyncio.to_thread(_waits_for_role, arm_id, reason, args.role_scopes):
        wait = min(2.0 ** len(failed.errors), 60.0)
        pulumi.log.info(f"{name}: a new role does not work yet; again in {wait:.0f} s", deployment)
        await _pause(wait)
        if failed.failed_operation == "create":
            await asyncio.to_thread(_removed, arm_id)
        return True
    fix = next((fix for word, fix in _FIXES.items() if word.lower() in reason.lower()), None)
    logs = await asyncio.to_thread(_logs, arm_id)
    lines = [f"{name} did not start", logs, fix or "The log may say why."]
    pulumi.log.error("\n".join(lines), deployment)
    return False


_pause = asyncio.sleep


async def _traffic_taken_off(inputs: Mapping[str, object], errors: Sequence[str]) -> bool:
    """Take off the traffic for which Azure refuses to delete a deployment.

    Of an endpoint that is replaced the engine deletes the deployments before the traffic.
    """
    if len(errors) > 1 or "traffic" not in errors[-1].lower():
        return False
    from components.providers.traffic import take_off

    await asyncio.to_thread(take_off, deployment_id(inputs).partition("/deployments/")[0])
    return True


def deployment_id(inputs: Mapping[str, object]) -> str:
    """ARM id, from what azure-native was given."""
    subscription = pulumi.Config("azure-native").require("subscriptionId")
    return (
        f"/subscriptions/{subscription}/resourceGroups/{inputs['resourceGroupName']}"
        "/providers/Microsoft.MachineLearningServices"
        f"/workspaces/{inputs['workspaceName']}/onlineEndpoints/{inputs['endpointName']}"
        f"/deployments/{inputs['deploymentName']}"
    )


def _waits_for_role(arm_id: str, reason: str, scopes: Sequence[str]) -> bool:
    # azure-identity takes a third of a second to import: only when something failed.
    from components.providers.revival import waits_for_role

    return waits_for_role(arm_id, reason, scopes)


def _removed(arm_id: str) -> None:
    """A create that failed leaves a deployment, which azure-native does not create over."""
    from components.providers.arm import arm

    arm().delete(arm_id)


def _logs(arm_id: str) -> str:
    from components.providers.container_logs import container_logs

    return container_logs(arm_id)
