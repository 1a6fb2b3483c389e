"""Copying, compiled: what lies between the cuts of a graph that copies, see `models.contract.copied`."""
