"""What every part agrees on: streams, representations and the artifact's document (no torch, no onnxruntime)."""
