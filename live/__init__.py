"""The stage: what runs during the concert. Nothing here imports torch."""

import os

# ONNX Runtime would report every run to its makers, from a thread in the process that plays and
# through a database in the user's cache; it looks for this when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
