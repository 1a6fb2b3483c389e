"""A sound model in numpy that plays one smooth tone, the higher the more keys are down; a voice of it."""

import numpy as np

from live.declared.knobs import SoundKnobs
from live.engine.loading import Artifacts
from live.engine.settling import Settling
from live.engine.sound.generator import SoundGenerator
from live.engine.sound.voice import SoundVoice
from live.engine.voice import Resources
from live.ipc.wire import CommittedNote, Played, Segment
from live.runtime.sound.instrument import Instrument
from live.runtime.sound.stream import Snapshot
from models.contract.samples import FEATURES, KEYS, LOWEST
from tests.engine import numeric

LOUD = 0.5
PITCH = 150.0


class ToneModel:
    latency, channels = 0, 1

    def __init__(self, rate=16000, block=64, plays_keys=True, pitch=PITCH):
        self.rate, self.block, self.pitch = rate, block, pitch
        self.abilities = frozenset({"prime", "keys"} if plays_keys else {"prime"})

    def open(self, seed):
        return ToneStream(self, seed)

    def step(self, keys=0):
        """The largest step between two samples, with so many keys down, and a little more."""
        return LOUD * 2 * np.pi * self.pitch * (1 + keys) / self.rate + 0.02


class ToneStream:
    """Keeps every row of keys that it was given in `rows`, what else shaped a block in `asked`, and the beats."""

    def __init__(self, model, seed):
        self.model, self.seed, self.late = model, seed, 0
        self.arrays = {"phase": np.zeros(1), "position": np.zeros(1, np.int64)}
        self.rows, self.asked, self.beats = [], [], []

    @property
    def phase(self):
        return float(self.arrays["phase"][0])

    @property
    def position(self):
        return int(self.arrays["position"][0])

    def generate(self, controls, bars, out):
        assert out.dtype == np.float32
        assert len(out) % self.model.block == 0
        keys = controls.keys[: len(out) // self.model.block]
        assert keys.shape == (len(out) // self.model.block, FEATURES)
        self.rows += [row.copy() for row in keys]
        self.asked.append((controls.temperature, controls.top_p, self.seed))
        self.beats.append((bars.beat, bars.tempo))
        pitch = self.model.pitch * (1 + keys[:, :KEYS].sum(1)).repeat(self.model.block)
        phases = self.phase + np.cumsum(2 * np.pi * pitch / self.model.rate)
        out[:] = LOUD * np.sin(phases)
        self.arrays["phase"][:] = phases[-1] % (2 * np.pi)
        self.arrays["position"] += len(out)

    def prime(self, heard):
        self.arrays["phase"] += 1.0
        self.arrays["position"][:] = len(heard) // self.model.block * self.model.block

    def snapshot(self):
        return Snapshot(self.arrays)

    def keep(self, into):
        into.copy_from(self.arrays)

    def restore(self, to):
        to.copy_to(self.arrays)


def opener(path):
    """Open a tone where the path begins so (`tone 200` is of 200 Hz), otherwise a model of notes."""
    if not path.startswith("tone"):
        return numeric.opener(path)
    model = ToneModel(pitch=float(path.split()[1]))
    return numeric.opened(model, path, "audio", {"top_p": 0.9})


TONE = ToneModel()
FRAME = TONE.block / TONE.rate
CLOCK = Segment(beat=0.0, at=0.0, tempo=120.0)


def voice(model=TONE, number=1, **knobs):
    return SoundGenerator(number, Instrument(model), SoundKnobs(**knobs))


def note(at, end, pitch=60, voice=1, velocity=127):
    return CommittedNote(
        voice=voice, pitch=pitch, velocity=velocity, channel=3, at=at, end=end, number=1
    )


def played(at, velocity=90, pitch=60):
    return Played(pitch=pitch, velocity=velocity, at=at)


def rows(one, seconds=2.0):
    """What the network was shown, frame by frame."""
    one.render(round(seconds / FRAME), 0.0)
    return np.array(one.instrument.stream.rows)


def down(shown, pitch=60):
    """Seconds of the first and the last frame with a key down."""
    (frames,) = np.nonzero(shown[:, pitch - LOWEST])
    return frames[0] * FRAME, frames[-1] * FRAME


def sound_voice(number, stage, outlet, model, capture=None):
    """Return a voice whose orders go to an outlet of the test's."""
    artifacts = Artifacts(opener)
    settling = Settling("audio")
    resources = Resources(artifacts, capture=capture)
    artifact, instrument = opener(f"tone {model.pitch:g}"), Instrument(model)
    knobs = SoundKnobs()
    return SoundVoice(number, stage, outlet, artifact, instrument, knobs, resources, settling)
