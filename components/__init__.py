"""The program's Pulumi components, one per Azure ML noun. They declare; `providers` do."""
