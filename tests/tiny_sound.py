"""A tiny artifact that plays samples, with random weights, and the same network in plain numpy."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import onnx

from export.sound.graph import sound_graph
from live.bench.sound import sizes as sound_sizes
from models.contract import samples
from models.contract.document import KEY, Document, dump
from models.contract.pair import Output, Pair, Tensor
from models.contract.samples import FRAME, LOGITS, SAMPLE, SILENCE, frames
from models.contract.sizes import Sizes

Weights = Mapping[str, np.ndarray]


def tiny_sound_artifact(
    path: Path,
    *,
    residual: int = 8,
    skip: int = 16,
    stacks: int = 1,
    depth: int = 4,
    hop: int = 16,
    rate: int = 16000,
    condition: int = 8,
    keys: int = 1,
    seed: int = 0,
    name: str = "tiny-sound",
    scale: float = 1.5,
) -> Path:
    """Write an audio WaveNet with random weights as an artifact; return its path.

    scale: how strong the weights are; the more, the further from even are the logits.
    """
    sizes = Sizes(residual, skip, stacks, depth, hop, condition, keys, rate)
    weights = tiny_weights(sizes, seed, scale)
    model = sound_graph(weights, sizes)
    document = tiny_sound_document(weights, sizes, name)
    model.metadata_props.append(onnx.StringStringEntryProto(key=KEY, value=dump(document)))
    path.write_bytes(model.SerializeToString())
    return path


def tiny_weights(sizes: Sizes, seed: int = 0, scale: float = 1.5) -> Weights:
    """Random weights of these sizes, in the contract's names and shapes."""
    random = np.random.default_rng(seed)
    return {
        name: random.normal(0, scale / np.sqrt(shape[0] if len(shape) > 1 else 10), shape).astype(
            np.float32
        )
        for name, shape in sizes.weights.items()
    }


def tiny_sound_document(weights: Weights, sizes: Sizes, name: str) -> Document:
    """The document of these weights, with a golden pair that they really give."""
    codes = [SILENCE] * 8 + np.random.default_rng(1).integers(0, 256, 56).tolist()
    struck = [(4, 60, 90), (20, 64, 70), (40, 60, 0)] if sizes.keys else []
    logits = by_numpy(weights, sizes, codes, struck)[-16:, None]
    keys = frames(struck, len(codes), sizes.hop, sizes.rate)[:, None]
    inputs = {FRAME.name: Tensor.of(keys), SAMPLE.name: Tensor.of(np.array(codes)[:, None])}
    return msgspec.structs.replace(
        sound_sizes.described(sizes, name),
        pair=Pair(inputs, {LOGITS.name: Output(Tensor.of(logits))}, {"fp32": 1e-3}),
        notes="Random weights: for tests.",
    )


def by_numpy(
    weights: Weights,
    sizes: Sizes,
    codes: Sequence[int],
    struck: Sequence[tuple[int, int, int]] = (),
) -> np.ndarray:
    """Logits after every code, float64 (n, 256), written down as the contract says it."""
    w = {name: weight.astype(np.float64) for name, weight in weights.items()}
    rows = frames(struck, len(codes), sizes.hop, sizes.rate).astype(np.float64)
    heard = rows[:, : samples.HEARD] @ w["keys_in"] + w["keys_in_bias"]
    gates = _sigmoid(heard) * heard @ w["keys_out"] + w["keys_out_bias"]
    gates = gates.reshape(len(rows), len(sizes.dilations), -1)
    taps = [np.zeros((dilation, sizes.residual)) for dilation in sizes.dilations]
    logits = np.zeros((len(codes), samples.CLASSES))
    for n, code in enumerate(codes):
        now, skips = w["embed"][code], np.zeros(sizes.skip)
        for k, dilation in enumerate(sizes.dilations):
            past = taps[k][n % dilation].copy()
            taps[k][n % dilation] = now
            gate = past @ w[f"past_{k}"] + now @ w[f"now_{k}"] + gates[n // sizes.hop, k]
            if k == 0:
                gate = gate + _excitation(rows[n // sizes.hop], n % sizes.hop, sizes) @ w["excite"]
            z = np.tanh(gate[: sizes.residual]) * _sigmoid(gate[sizes.residual :])
            given = z @ w[f"out_{k}"] + w[f"out_bias_{k}"]
            now = now + given[: sizes.residual]
            skips = skips + given[sizes.residual :]
        inner = np.maximum(np.maximum(skips, 0) @ w["first"] + w["first_bias"], 0)
        logits[n] = inner @ w["second"] + w["second_bias"]
    return logits


def _excitation(row: np.ndarray, sample: int, sizes: Sizes) -> np.ndarray:
    held, strike, age = row[:88], row[176:264], row[264:]
    found = np.zeros(8)
    for key in np.flatnonzero(strike > 1e-3):
        pitch = 440 * 2 ** ((key + 21 - 69) / 12)
        seconds = (age[key] * sizes.hop + sample) / sizes.rate
        loud = 6 * strike[key] * (1.0 if held[key] else 0.3)
        for harmonic in range(1, 5):
            if pitch * harmonic < 0.45 * sizes.rate:
                angle = 2 * np.pi * pitch * harmonic * seconds
                found[harmonic - 1] += loud * np.sin(angle)
                found[harmonic + 3] += loud * np.cos(angle)
    return found


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
