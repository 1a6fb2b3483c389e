"""Music out of a network at the desk, to look at what it learned; on stage the engine draws."""

from pathlib import Path

import mido
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray

from models.contract.performance import FACTORS, START, TICKS, TIMES, Codes, decode, place
from models.nets.events import EventNet


def draw(logits: NDArray[np.float32], temperature: float, top_p: float, rng: Generator) -> int:
    """Draw a class, from the most likely ones that together have the probability `top_p`."""
    scaled = logits.astype(np.float64) / temperature
    chances = np.exp(scaled - scaled.max())
    chances /= chances.sum()
    order = np.argsort(-chances)
    kept = order[: int(np.searchsorted(np.cumsum(chances[order]), top_p)) + 1]
    return int(rng.choice(kept, p=chances[kept] / chances[kept].sum()))


def sample(
    net: EventNet,
    count: int,
    seed: int,
    *,
    primer: Codes | None = None,
    metre: int = 8,
    temperature: float = 1.0,
    top_p: float = 0.95,
) -> Codes:
    """Return events (n, 5): the primer (if any, from tick 0 on), then `count` drawn ones."""
    rng = np.random.default_rng(seed)
    given = np.zeros((0, 5), np.int64) if primer is None else primer
    events = np.concatenate(([[0, START, 0, 0, 0]], given))
    played: list[Codes] = []
    state = net.initial_state()
    at = 0
    with torch.inference_mode():
        for number in range(len(given) + count):
            event = events[number] if number < len(events) else played[-1]
            at += TIMES[int(event[0])]
            where = torch.tensor([place(at, 0, metre)])
            context, state = net.step(torch.from_numpy(event)[None], where, state)
            if number < len(given):
                played.append(given[number])
            else:
                played.append(_draw_event(net, context, at, metre, (temperature, top_p), rng))
    return np.stack(played)


def _draw_event(
    net: EventNet,
    context: torch.Tensor,
    at: int,
    metre: int,
    manner: tuple[float, float],
    rng: Generator,
) -> Codes:
    drawn = np.zeros(5, np.int64)
    onset = torch.tensor([place(at, 0, metre)])
    for k, factor in enumerate(FACTORS):
        logits = net.head(factor, context, onset, torch.from_numpy(drawn[None, :k]))
        drawn[k] = draw(logits[0].numpy(), *manner, rng)
        if factor == "time":
            onset = torch.tensor([place(at + TIMES[int(drawn[0])], 0, metre)])
    return drawn


def write_midi(path: Path, events: Codes, beats_per_minute: float = 100.0) -> None:
    """Write events as a MIDI file of type 0."""
    moments: list[tuple[int, int, int]] = []
    for note in decode(events):
        moments.append((note.onset, note.pitch, note.velocity))
        moments.append((note.onset + max(note.duration, 1), note.pitch, 0))
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS)
    track = file.add_track()
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(beats_per_minute)))
    last = 0
    # At one moment note-offs come first, so that a note struck again sounds.
    for tick, pitch, velocity in sorted(moments, key=lambda m: (m[0], m[2] > 0, m[1])):
        track.append(mido.Message("note_on", note=pitch, velocity=velocity, time=tick - last))
        last = tick
    file.save(path)


def notes_of(events: Codes) -> NDArray[np.int64]:
    """Return events as notes (n, 4): onset, pitch, velocity, duration."""
    return np.array(
        [(n.onset, n.pitch, n.velocity, n.duration) for n in sorted(decode(events))], np.int64
    )
