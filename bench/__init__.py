"""Measurements of the local Azure. How to run them and what they gave: README.md."""
