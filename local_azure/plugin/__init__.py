"""The azure-native stand-in: a Pulumi resource plugin that speaks to the local Azure only.

The published plugin is a binary from its vendor. Where that cannot be had, and for every run
against the local Azure, this package takes its place under the same name and version, so that
programs and stacks need no `if local`. It owns the plugin's habits (what a preview shows, what
forces a replacement, what an unfinished operation leaves in the state). What the resources
mean is left to the local Azure's ARM.

It cannot reach a cloud: every request goes to the proxy that `$LOCAL_AZURE_HOME` names, and the
only certificate authority it trusts is that home's own.

Read in the published plugin's public source (v3), from which every habit here was taken:
provider/pkg/provider/provider.go, diff.go, crud/crud.go, convert/*.go, resources/resources.go.
"""

from __future__ import annotations

PACKAGE = "azure-native"
VERSION = "3.29.0"
"""The version of the SDK in requirements.in: the CLI takes no other plugin for it."""
