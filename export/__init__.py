"""The bridge: a trained network becomes one ONNX file that proves itself."""
