"""The tool chain and the door to the stacks: what `make` runs.

`setup` needs nothing but Python 3.10 and its standard library: it makes .venv, finds or
builds the Pulumi CLI, installs Azurite and prepares the prompt flow runtime. The commands
on a stack run in .venv. What is declared is the program's business (../__main__.py), what
answers for Azure locally is local_azure's.
"""
