"""The rules of endpoints and deployments, in the words of the documentation.

The checks are in `online_endpoints`, `online_deployments` and their neighbours; the tests that
show them name the rule's id.

The codes of taken names (EndpointNameNotAvailable), of quota (OutOfQuota) and of identities that
are missing (FailedIdentityOperation) are guesses. Threads show validation errors for the first two,
400 BadRequest with a nested InferencingClientCallFailed: azure-sdk-for-python 35109,
azureml-examples 1931.
"""

from __future__ import annotations

from local_azure.arm.resource_type import Rule

ENDPOINT: tuple[Rule, ...] = (
    Rule(
        id="endpoint-name",
        text="the name has 3 to 32 letters, digits and inner hyphens",
        fact="1",
    ),
    Rule(
        id="endpoint-name-region",
        text="the name of a managed endpoint is unique in its region, in any case",
        fact="1",
        certainty="U",
    ),
    Rule(
        id="endpoint-name-cluster",
        text="the name of a Kubernetes endpoint is unique in its workspace and its cluster only",
        fact="1",
        certainty="U",
    ),
    Rule(
        id="endpoint-name-reserved",
        text="the name of a deleted managed endpoint stays taken for name_reserved_seconds",
        fact="8",
        certainty="U",
    ),
    Rule(
        id="endpoint-limit",
        text="at most max_endpoints managed ones per subscription and region",
        fact="1",
    ),
    Rule(
        id="endpoint-fixed",
        text="location, compute and identity cannot change",
        fact="4",
        certainty="I",
    ),
    Rule(
        id="bag-add-only",
        text="property bags are add-only",
        fact="4",
    ),
    Rule(
        id="traffic-at-creation",
        text="no traffic when it is created",
        fact="3",
    ),
    Rule(
        id="traffic-unknown",
        text="traffic and mirror traffic name deployments that exist",
        fact="3",
    ),
    Rule(
        id="traffic-total",
        text="traffic totals 0 or 100, each share between 0 and 100",
        fact="3",
    ),
    Rule(
        id="traffic-reset",
        text="a PUT without traffic resets it",
        fact="3",
        certainty="I",
    ),
    Rule(
        id="mirror",
        text="mirror traffic: managed, one deployment without live traffic, at most 50 percent",
        fact="3",
    ),
    Rule(
        id="aad-managed",
        text="aad_token is for managed endpoints only",
        fact="4",
    ),
    Rule(
        id="compute-exists",
        text="a Kubernetes endpoint names an attached cluster",
        fact="6",
        certainty="U",
    ),
    Rule(
        id="kubernetes-limit",
        text="per cluster at most max_kubernetes_endpoints, and max_kubernetes_deployments",
        fact="1",
    ),
    Rule(
        id="identity-exists",
        text="a user-assigned identity must exist, and the caller may assign it",
        fact="4",
        certainty="U",
    ),
    Rule(
        id="flag-system-only",
        text="enforce_access_to_default_secret_stores is for system-assigned identities only",
        fact="4",
    ),
    Rule(
        id="automatic-roles",
        text="a system-assigned identity gets AcrPull, Blob Data Reader and Metrics Writer "
        "by itself; with the flag also Secrets Reader, when the caller may list "
        "secrets",
        fact="4",
        certainty="I",
    ),
    Rule(
        id="one-operation",
        text="one operation at a time per endpoint, its deployments included: 409",
        fact="8",
        certainty="I",
    ),
    Rule(
        id="children-go",
        text="its deployments and its identity go with it",
        fact="4",
        certainty="I",
    ),
)
DEPLOYMENT: tuple[Rule, ...] = (
    Rule(
        id="deployment-name",
        text="the name has 3 to 32 letters, digits and inner hyphens",
        fact="1",
    ),
    Rule(
        id="deployment-limit",
        text="at most max_deployments per region, max_deployments_per_endpoint, 50 instances",
        fact="1",
    ),
    Rule(
        id="deployment-bag",
        text="property bags are add-only",
        fact="4",
    ),
    Rule(
        id="quota",
        text="the cores of its VM family lie within the quota, with a reserve of one "
        "instance in five",
        fact="2",
        certainty="U",
    ),
    Rule(
        id="vm-size",
        text="the VM size is one that managed online endpoints support",
        fact="2",
    ),
    Rule(
        id="timeout",
        text="request timeout at most 180 s; 300 s for models with "
        "azureml.promptflow.source_flow_id and on Kubernetes",
        fact="1",
    ),
    Rule(
        id="references",
        text="model, environment and code versions exist, in the workspace or in a registry",
        fact="6",
    ),
    Rule(
        id="registry-reference",
        text="azureml://registries/REGISTRY/KIND/NAME/versions/VERSION, or …/labels/latest, is "
        "looked up when the deployment is placed",
        fact="6",
        certainty="U",
    ),
    Rule(
        id="deployment-place",
        text="location and compute type are those of its endpoint, and cannot change",
        fact="6",
        certainty="I",
    ),
    Rule(
        id="kubernetes-names",
        text="on Kubernetes its name and its endpoint's have 6 to 62 characters together",
        fact="1",
    ),
    Rule(
        id="kubernetes-instance-type",
        text="on Kubernetes the instance type is one of the cluster's",
        fact="6",
        certainty="U",
    ),
    Rule(
        id="kubernetes-type-fixed",
        text="the instance type of a Kubernetes deployment cannot change",
        fact="8",
        certainty="I",
    ),
    Rule(
        id="traffic-delete",
        text="not deleted while it carries live or mirrored traffic",
        fact="3",
        certainty="U",
    ),
    Rule(
        id="new-invisible",
        text="may answer 404 for visible_after_seconds after it was made",
        fact="3",
    ),
)
