"""When a deployment fails: what its containers said, and what to do about it.

Runs as the deployment's error hook, in the program's own process.
"""

import asyncio
from collections.abc import Mapping

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


async def explain_failure(deployment: pulumi.Resource, failed: pulumi.ErrorHookArgs) -> bool:
    """Print, beside `deployment`, the likely fix and both containers' logs; never retries."""
    inputs: Mapping[str, object] = failed.new_inputs or failed.old_inputs or {}
    if failed.failed_operation == "delete" or "deploymentName" not in inputs:
        return False
    reason = "\n".join(failed.errors)
    fix = next((fix for word, fix in _FIXES.items() if word.lower() in reason.lower()), None)
    logs = await asyncio.to_thread(_logs, deployment_id(inputs))
    name = f"deployment {inputs['deploymentName']} of endpoint {inputs['endpointName']}"
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


def _logs(arm_id: str) -> str:
    # azure-identity takes half a second to import: only now.
    from components.providers.container_logs import container_logs

    return container_logs(arm_id)
