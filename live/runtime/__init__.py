"""Artifacts on stage: found, checked before any sound, and stepped by ONNX Runtime."""
