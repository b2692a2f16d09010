"""When a deployment fails: try again while roles are too young to work; else say what its
containers said, and what to do about it.

Runs as the deployment's error hook, in the program's own process.
"""

import asyncio
from collections.abc import Mapping, Sequence

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


async def on_failure(
    deployment: pulumi.Resource, role_scopes: Sequence[str], failed: pulumi.ErrorHookArgs
) -> bool:
    """Whether to try again. If not, print the likely fix and both containers' logs."""
    inputs: Mapping[str, object] = failed.new_inputs or failed.old_inputs or {}
    if failed.failed_operation == "delete" or "deploymentName" not in inputs:
        return False
    reason = failed.errors[-1] if failed.errors else ""
    arm_id = deployment_id(inputs)
    name = f"deployment {inputs['deploymentName']} of endpoint {inputs['endpointName']}"
    if await asyncio.to_thread(_waits_for_role, arm_id, reason, role_scopes):
        wait = min(2.0 ** len(failed.errors), 60.0)
        pulumi.log.info(f"{name}: a new role does not work yet; again in {wait:.0f} s", deployment)
        await asyncio.sleep(wait)
        if failed.failed_operation == "create":
            await asyncio.to_thread(_removed, arm_id)
        return True
    fix = next((fix for word, fix in _FIXES.items() if word.lower() in reason.lower()), None)
    logs = await asyncio.to_thread(_logs, arm_id)
    lines = [f"{name} did not start", fix or "Its containers' logs may say why.", logs]
    pulumi.log.error("\n".join(lines), deployment)
    return False


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
