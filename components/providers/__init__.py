"""Dynamic providers: what ARM alone cannot do, and the only callers of azure-ai-ml.

Module path and class name of every provider and resource are the format of the state file
(providers are pickled by reference): never move one without leaving the old name importable.
A provider has no attributes, or they would travel into the state. Its methods import what is
heavy: a refresh runs `read` and `diff` only, on `arm` alone.
"""
