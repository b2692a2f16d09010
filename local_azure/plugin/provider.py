"""The plugin's gRPC side: Pulumi's resource provider protocol over `Lifecycle`.

It implements the protocol itself and not `pulumi.provider.experimental.Provider`, because that
class hides what the published plugin's habits are made of: old inputs, the details of an
initialisation error, and an error text without a traceback.
"""

# ruff: noqa: N802, ARG002  (names and arguments are those of the protocol)
from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from local_azure.plugin import PACKAGE, VERSION, catalogue
from local_azure.plugin.arm import Deadline
from local_azure.plugin.defaults import failures, with_defaults
from local_azure.plugin.diff import difference
from local_azure.plugin.errors import PluginError
from local_azure.plugin.messages import (
    Context,
    diff_response,
    kind_of,
    naming_of,
    tell_failure,
    told,
)
from local_azure.plugin.session import Session
from local_azure.plugin.shapes import preview_outputs
from local_azure.plugin.values import from_struct, to_struct

_STABLE_OUTPUTS = ("name", "location")
"""What an update never changes: known in previews, so that dependents need not wait for it."""


class AzureNativeProvider(provider_pb2_grpc.ResourceProviderServicer):
    """One plugin process. `stop` is set when the engine cancels: waits end, nothing is lost."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._stop = threading.Event()
        self._configured: Session | None = None

    def close(self) -> None:
        """Ends what the plugin holds open. Harmless before Configure and when repeated."""
        if self._configured is not None:
            self._configured.close()

    # -- the plugin itself

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: Context
    ) -> provider_pb2.GetSchemaResponse:
        empty: dict[str, object] = {}
        resources = {kind.token: empty for kind in catalogue.TYPES}
        schema: dict[str, object] = {"name": PACKAGE, "version": VERSION, "resources": resources}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: Context
    ) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse()

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: Context
    ) -> provider_pb2.ConfigureResponse:
        config = {
            name.removeprefix("azure-native:config:"): value
            for name, value in request.variables.items()
        }
        self.close()
        self._configured = told(context, lambda: Session(config, self._environment))
        # Secrets are left to the engine, as the published plugin does: see `values`.
        return provider_pb2.ConfigureResponse(
            supportsPreview=True, supports_autonaming_configuration=True
        )

    def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        self._stop.set()
        return empty_pb2.Empty()

    def Invoke(
        self, request: provider_pb2.InvokeRequest, context: Context
    ) -> provider_pb2.InvokeResponse:
        args = from_struct(request.args)
        result = told(
            context, lambda: self._session.call(request.tok, args, deadline=self._deadline())
        )
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(result))  # a keyword in Python
        return response

    # -- resources

    def Check(
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        kind = told(context, lambda: kind_of(request.urn))
        inputs = with_defaults(
            kind,
            from_struct(request.news),
            from_struct(request.olds),
            naming=naming_of(request),
            location=lambda known: self._session.location(known, deadline=self._deadline()),
        )
        found = [provider_pb2.CheckFailure(reason=reason) for reason in failures(kind, inputs)]
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=found)

    def Diff(
        self, request: provider_pb2.DiffRequest, context: Context
    ) -> provider_pb2.DiffResponse:
        kind = told(context, lambda: kind_of(request.urn))
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        return diff_response(difference(kind, old, new))

    def Create(
        self, request: provider_pb2.CreateRequest, context: Context
    ) -> provider_pb2.CreateResponse:
        kind = told(context, lambda: kind_of(request.urn))
        inputs = from_struct(request.properties)
        if request.preview:
            outputs = preview_outputs(kind, inputs)
            return provider_pb2.CreateResponse(properties=to_struct(outputs))
        deadline = self._deadline(request.timeout)
        written = told(
            context, lambda: self._session.lifecycle.create(kind, inputs, deadline=deadline)
        )
        tell_failure(context, written, inputs)
        return provider_pb2.CreateResponse(id=written.arm_id, properties=to_struct(written.outputs))

    def Update(
        self, request: provider_pb2.UpdateRequest, context: Context
    ) -> provider_pb2.UpdateResponse:
        kind = told(context, lambda: kind_of(request.urn))
        inputs = from_struct(request.news)
        if request.preview:
            old = from_struct(request.olds)
            stable = {name: old[name] for name in _STABLE_OUTPUTS if name in old}
            outputs = {**preview_outputs(kind, inputs), **stable}
            return provider_pb2.UpdateResponse(properties=to_struct(outputs))
        deadline = self._deadline(request.timeout)
        written = told(
            context, lambda: self._session.lifecycle.update(kind, inputs, deadline=deadline)
        )
        tell_failure(context, written, inputs)
        return provider_pb2.UpdateResponse(properties=to_struct(written.outputs))

    def Read(
        self, request: provider_pb2.ReadRequest, context: Context
    ) -> provider_pb2.ReadResponse:
        kind = told(context, lambda: kind_of(request.urn))
        found = told(
            context,
            lambda: self._session.lifecycle.read(
                kind,
                request.id,
                inputs=from_struct(request.inputs),
                outputs=from_struct(request.properties),
                deadline=self._deadline(request.timeout),
            ),
        )
        if found is None:
            return provider_pb2.ReadResponse(id="")
        return provider_pb2.ReadResponse(
            id=request.id, properties=to_struct(found.outputs), inputs=to_struct(found.inputs)
        )

    def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:
        kind = told(context, lambda: kind_of(request.urn))
        deadline = self._deadline(request.timeout)
        told(
            context,
            lambda: self._session.lifecycle.delete(kind, request.id, deadline=deadline),
        )
        return empty_pb2.Empty()

    @property
    def _session(self) -> Session:
        if self._configured is None:
            raise PluginError("the plugin is not configured")
        return self._configured

    def _deadline(self, seconds: float = 0.0) -> Deadline:
        return Deadline(self._stop, seconds=seconds)
