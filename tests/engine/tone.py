"""A network of sound in numpy that plays one smooth tone, the higher the more keys are down; a voice of it."""

import numpy as np

from live.declared.knobs import SoundKnobs
from live.engine.loading import Library, LoadedSound
from live.engine.settling import Settling
from live.engine.sound.generator import SoundGenerator
from live.engine.sound.memory import Instrument
from live.engine.sound.voice import SoundVoice
from live.engine.voice import Resources
from live.ipc.wire import Played, Segment, Sound
from models.contract.samples import FEATURES, KEYS, LOWEST, encode
from tests.engine import numeric

LOUD = 0.5
PITCH = 150.0


class ToneModel:
    reach = 1 << 20

    def __init__(self, rate=16000, hop=64, hears_keys=True, pitch=PITCH):
        self.rate, self.hop, self.hears_keys, self.pitch = rate, hop, hears_keys, pitch

    def stream(self):
        return ToneStream(self)

    def step(self, keys=0):
        """The largest step between two samples, with so many keys down, and the classes' coarseness."""
        return LOUD * 2 * np.pi * self.pitch * (1 + keys) / self.rate + 0.02


class Moment:
    def __init__(self, phase, position):
        self.phase, self.position = phase, position


class ToneStream:
    """Keeps every frame of keys that it was given in `rows`, and the draws in `draws`."""

    def __init__(self, model):
        self.model, self.phase, self.position = model, 0.0, 0
        self.rows, self.draws = [], []

    def generate(self, keys, draw, out):
        assert keys.shape == (len(out) // self.model.hop, FEATURES)
        assert keys.dtype == np.float32
        self.rows += [row.copy() for row in keys]
        self.draws.append(draw)
        pitch = self.model.pitch * (1 + keys[:, :KEYS].sum(1)).repeat(self.model.hop)
        phases = self.phase + np.cumsum(2 * np.pi * pitch / self.model.rate)
        out[:] = encode((LOUD * np.sin(phases)).astype(np.float32))
        self.phase = float(phases[-1]) % (2 * np.pi)
        self.position += len(out)

    def feed(self, codes, keys):
        self.phase += 1.0
        self.position += len(codes)

    def snapshot(self):
        return Moment(self.phase, self.position)

    def keep(self, into):
        into.phase, into.position = self.phase, self.position

    def go_back(self, to):
        self.phase, self.position = to.phase, to.position


def opener(path):
    """Open a tone where the path begins so (`tone 200` is of 200 Hz), otherwise a model of notes."""
    if not path.startswith("tone"):
        return numeric.opener(path)
    model = ToneModel(pitch=float(path.split()[1]))
    return LoadedSound(model, path, path, [Instrument(model)], {"top_p": 0.9})


TONE = ToneModel()
FRAME = TONE.hop / TONE.rate
CLOCK = Segment(beat=0.0, at=0.0, tempo=120.0)


def voice(model=TONE, number=1, **knobs):
    return SoundGenerator(number, Instrument(model), SoundKnobs(**knobs))


def note(at, end, pitch=60, voice=1, velocity=127):
    return Sound(voice=voice, pitch=pitch, velocity=velocity, channel=3, at=at, end=end, number=1)


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
    library = Library(opener)
    settling = Settling(library, "audio")
    resources = Resources(library, capture=capture)
    return SoundVoice(number, stage, outlet, model, SoundKnobs(), resources, settling)
