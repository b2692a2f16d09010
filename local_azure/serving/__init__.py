"""Serving: what runs deployments, and what stands between callers and them.

Owns processes, virtual environments, scoring and the two endpoints that only deployed code
talks to (managed identity, Azure OpenAI). Leaves to the ARM services *whether* something may
exist; the seam between the two is `placement.py`. How the server wires it up:

    placement = ProcessPlacement(
        home,                                   # the local Azure's home (absolute)
        platform=platform,                      # placement.Platform
        identity_url="http://127.0.0.1:PORT/msi/token",
        egress={...},                           # HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE, ...
        max_instances=4,                        # processes per deployment, whatever it asks for
    )
    await placement.open()                      # ends what a killed service left running
    await placement.place(spec); placement.logs(arm_id, "InferenceServer"); await placement.close()

    router = ScoringRouter(lookup, placement.backends, token_check=check)
    app.add_routes(router.routes())             # plain http: /{endpoint}/score, /swagger.json, /
    await router.serve_host(request)            # Host <endpoint>.<region>.inference.ml.azure.com
    placement.backends.metrics(arm_id)          # DeploymentMetrics | None, for Azure Monitor
    await router.close()

    app.add_routes(identity.routes(placement.identity_of, platform))        # GET /msi/token

    openai = AzureOpenAI(account_of, may_use=may_use, upstream=None)   # Host *.openai.azure.com
    app.add_routes(openai.routes()); await openai.close()

What a laptop cannot do as Azure does it, and what happens instead (the log says so each time):
at most `max_instances` processes per deployment (4; the concurrency limit counts those that
were asked for), at most `max_workers` gunicorn workers in each (twice the cores), at most as
many instances starting at once as there are cores (`start_gate`; one that is not ready after
20 s lets the next go ahead). A Kubernetes deployment is the same process; its router answers
with the model's own status. With `PlacementSpec.data_collector` payloads, and what the
runtime's own collector sends, go to the blob store by `Platform.append_blob`.

`router.routes()` has catch-all first segments (`/{endpoint}/score`): add it after the fixed
paths of the same application, and run that with `access_log=None`. Import from the submodules:
`local_azure.serving.runtime` (ProcessPlacement), `.router` (ScoringRouter), `.identity`,
`.openai` (AzureOpenAI, OpenAIAccount). Needs psutil besides aiohttp and PyYAML. What the router
and many deployments cost is measured in bench/.
"""
