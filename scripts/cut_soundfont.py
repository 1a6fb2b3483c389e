"""Cut the piano that ships out of MuseScore_General, so that it is small and starts at once.

    apt-get download musescore-general-soundfont-lossless
    dpkg-deb -x musescore-general-soundfont-lossless_*.deb cut
    python scripts/cut_soundfont.py cut/usr/share/sounds/sf2/MuseScore_General_Full.sf2 \
        live/sounds/piano.sf2

Its grand piano has two recorded layers, soft (MF) and loud (FF), in stereo, 94 MB. What stays:
every third or fourth semitone, in mono, for the seconds in which a tone's colour changes; after
that a loop rings on, while the volume envelope carries the decay that was measured. The synth
that plays it knows no modulators, so softer touches are zones of their own with a lower filter.
"""

import itertools
import math
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sf2 import Audio, SoundFont, Tone, write

SOFT_ROOTS = (23, 29, 33, 38, 43, 47, 50, 55, 59, 62, 67, 71, 76, 79, 83, 87, 91, 95, 99, 103)
LOUD_ROOTS = (29, 38, 45, 52, 59, 67, 76, 83, 93)
LOUD_FROM = 105  # velocity
LOUD_KEYS_TO = 97  # above, the original has the soft layer only
# Softer touches of the MF layer: up to this velocity, the filter opens to base + ratio * f0 (Hz).
TOUCHES = ((34, 500.0, 3.0), (58, 900.0, 5.0), (82, 2000.0, 8.0), (LOUD_FROM - 1, 0.0, 0.0))
HEADROOM_DB = 6.0  # eight keys struck at once at full velocity stay below full scale
UNDAMPED_FROM = 89  # a grand has no dampers above
ENVELOPE_DB = 80.1  # what the synth's envelope falls within its stated time


class Recording(NamedTuple):
    """One struck key, mono, at 44.1 kHz, at the level the original plays it."""

    root: int
    audio: Audio


class Zone(NamedTuple):
    """Which tone sounds for which keys and velocities, and how."""

    keys: tuple[int, int]
    velocities: tuple[int, int]
    tone: int
    attenuation: float
    cutoff: float | None


def recordings(font: SoundFont, layer: str, roots: tuple[int, ...]) -> list[Recording]:
    """The struck keys of one layer ("MF" or "FF"), both channels mixed, each at its own level."""
    headers = font.records(b"shdr", "20sIIIIIBbHH")
    gains = attenuations(font)
    found = []
    for root in roots:
        pair = [
            (index, header)
            for index, header in enumerate(headers)
            if header[0].startswith(f"Piano {layer} ".encode()) and header[6] == root
        ]
        if len(pair) != 2:
            raise SystemExit(f"no stereo pair for key {root} of layer {layer}: another version?")
        size = min(header[2] - header[1] for _, header in pair)
        left, right = (font.samples(header[1], header[1] + size) for _, header in pair)
        found.append(Recording(root, (left + right) / 2 * gains.get(pair[0][0], 1.0)))
    return found


def attenuations(font: SoundFont) -> dict[int, float]:
    """Gain of each sample, from the instruments' zones (centibels, of which synths take 0.4)."""
    bags = [bag[0] for bag in font.records(b"ibag", "HH")]
    generators = font.records(b"igen", "Hh")
    gains: dict[int, float] = {}
    for start, end in itertools.pairwise(bags):
        zone: dict[int, int] = dict(generators[start:end])
        if 53 in zone:
            gains.setdefault(zone[53], 10 ** (-0.4 * zone.get(48, 0) / 200))
    return gains


def cut(recording: Recording, layer: str) -> Tone:
    """Trim, resample, take the slow decay out and close a loop at the end."""
    root, audio = recording
    rate = 24000 if root < 52 else 32000
    seconds = float(np.interp(root, (23, 60, 84, 103), (3.3, 2.7, 1.7, 0.8)))
    if layer == "FF":
        seconds *= 0.75
    loud = np.flatnonzero(np.abs(audio) > 0.01 * np.abs(audio).max())
    start = max(0, int(loud[0]) - 88)
    audio = audio[start : start + int(44100 * (seconds + 0.1))]
    audio = resample(audio, rate)[: int(rate * seconds)]
    audio[: rate // 2000] *= np.linspace(0, 1, rate // 2000)
    decay = slow_decay(audio, rate, root)
    audio = audio * 10 ** (decay / 20 * np.arange(len(audio)) / rate)
    audio, loop = close_loop(audio, rate, 440 * 2 ** ((root - 69) / 12))
    return Tone(f"{layer} {root}", root, rate, audio, loop, decay)


def resample(audio: Audio, rate: int) -> Audio:
    """From 44.1 kHz, through the spectrum; the end is faded, lest it ring into the start."""
    size = round(len(audio) * rate / 44100)
    fade = 2000
    audio = np.concatenate([audio, audio[-1] * np.linspace(1, 0, fade), np.zeros(fade)])
    total = round(len(audio) * rate / 44100)
    spectrum = np.fft.rfft(audio)[: total // 2 + 1]
    return (np.fft.irfft(spectrum, total) * total / len(audio))[:size]


def slow_decay(audio: Audio, rate: int, root: int) -> float:
    """How many dB a second the tone loses in the second half of what is kept."""
    frame = rate // 20
    tail = audio[len(audio) // 2 :]
    tail = tail[: len(tail) // frame * frame].reshape(-1, frame)
    level = 10 * np.log10(np.mean(tail**2, axis=1) + 1e-12)
    slope = np.polyfit(np.arange(len(level)) / 20, level, 1)[0]
    least = float(np.interp(root, (23, 60, 84, 103), (3, 6, 9, 25)))
    return float(np.clip(-slope, least, 60.0))


def close_loop(audio: Audio, rate: int, f0: float) -> tuple[Audio, tuple[int, int]]:
    """Loop the end over the stretch that resembles itself best, crossfaded over all its length."""
    window = rate // 8
    end = len(audio) - 16
    reference = audio[end - window : end]
    lags = np.arange(window, int(2.5 * window))
    scores = [float(reference @ audio[end - lag - window : end - lag]) for lag in lags]
    norms = [float(np.linalg.norm(audio[end - lag - window : end - lag])) for lag in lags]
    lag = int(lags[int(np.argmax(np.array(scores) / np.array(norms)))])
    start = end - lag
    audio = audio.copy()
    mix = np.linspace(0, 1, window)
    audio[end - window : end] = (1 - mix) * reference + mix * audio[start - window : start]
    audio[end:] = audio[start : start + len(audio) - end]
    return audio, (start, end)


def key_ranges(roots: tuple[int, ...]) -> list[tuple[int, int]]:
    """Each root takes the keys nearest to it."""
    borders = [(low + high) // 2 for low, high in itertools.pairwise(roots)]
    return list(zip([0, *(b + 1 for b in borders)], [*borders, 127], strict=True))


def loudness(audio: Audio, rate: int, cutoff: float | None) -> float:
    """Level in dB of the first 0.3 s through the synth's low-pass, roughly."""
    spectrum = np.abs(np.fft.rfft(audio[: int(0.3 * rate)])) ** 2
    if cutoff is not None:
        hertz = np.fft.rfftfreq(int(0.3 * rate), 1 / rate)
        spectrum = spectrum / (1 + (hertz / cutoff) ** 4)
    return 10 * math.log10(float(spectrum.sum()) + 1e-12)


def lay_out(soft: list[Tone], gains: list[float]) -> list[Zone]:
    """Zones of both layers; `gains` has those of the soft tones first, then the loud.

    What a filter takes away is made good, so that touch stays even.
    """
    zones = []
    for index, (tone, keys) in enumerate(zip(soft, key_ranges(SOFT_ROOTS), strict=True)):
        f0 = 440 * 2 ** ((tone.root - 69) / 12)
        lowest = 1
        for highest, base, ratio in TOUCHES:
            cutoff = min(base + ratio * f0, 12000) if ratio else None
            loss = loudness(tone.audio, tone.rate, None) - loudness(tone.audio, tone.rate, cutoff)
            attenuation = HEADROOM_DB + gains[index] - loss
            if highest == LOUD_FROM - 1 and keys[0] > LOUD_KEYS_TO:
                highest = 127
            zones.append(Zone(keys, (lowest, highest), index, attenuation, cutoff))
            lowest = highest + 1
    for index, (low, high) in enumerate(key_ranges(LOUD_ROOTS), len(soft)):
        keys = low, min(high, LOUD_KEYS_TO)
        zones.append(Zone(keys, (LOUD_FROM, 127), index, HEADROOM_DB + gains[index], None))
    return zones


def balance(soft: list[Tone], loud: list[Tone]) -> tuple[list[Tone], list[float]]:
    """Every tone at full scale, and the attenuations in dB that give it back its level.

    The loud layer is laid 1.5 dB above the soft one beside it: a step that the ear takes for touch.
    """
    level = {tone.root: loudness(tone.audio, tone.rate, None) for tone in soft}
    tones, attenuation = [], []
    for tone in [*soft, *loud]:
        peak = float(np.abs(tone.audio).max())
        gain = -20 * math.log10(peak)
        if tone in loud:
            beside = float(np.interp(tone.root, list(level), list(level.values())))
            gain += loudness(tone.audio, tone.rate, None) - beside - 1.5
        tones.append(tone._replace(audio=0.98 * tone.audio / peak))
        attenuation.append(gain)
    least = min(attenuation)
    return tones, [a - least for a in attenuation]


def timecents(seconds: float) -> int:
    """SF2's unit of time."""
    return round(1200 * math.log2(seconds))


def generators(zone: Zone, tone: Tone) -> list[tuple[int, int]]:
    """One zone's settings in the format's order: keys and velocities first, sample last."""
    centre = sum(zone.keys) / 2
    decay = timecents(ENVELOPE_DB / tone.decay)
    damper = float(np.interp(centre, (24, 60, UNDAMPED_FROM - 1), (0.7, 0.45, 0.3)))
    release = decay if zone.keys[0] >= UNDAMPED_FROM else timecents(damper)
    low, high = zone.velocities
    settings = [
        (43, zone.keys[0] | zone.keys[1] << 8),
        (44, low | high << 8),
        (17, round(float(np.interp(centre, (24, 100), (-160, 160))))),
        (36, decay),
        (37, 1000),
        (38, release),
        (48, max(0, round(10 * zone.attenuation))),
    ]
    if zone.cutoff is not None:
        settings.append((8, round(1200 * math.log2(zone.cutoff / 8.176))))
    return [*settings, (54, 1), (58, tone.root), (53, zone.tone)]


def main() -> None:
    """Read the original, write the piano."""
    if len(sys.argv) != 3:
        raise SystemExit("usage: cut_soundfont.py MuseScore_General_Full.sf2 piano.sf2")
    font = SoundFont(Path(sys.argv[1]))
    soft = [cut(r, "MF") for r in recordings(font, "MF", SOFT_ROOTS)]
    loud = [cut(r, "FF") for r in recordings(font, "FF", LOUD_ROOTS)]
    tones, gains = balance(soft, loud)
    zones = lay_out(tones[: len(soft)], gains)
    target = Path(sys.argv[2])
    write(
        target,
        name="Grand Piano",
        comment="Cut from MuseScore_General_HQ 0.2.1 by S. Christian Collins",
        rights="MIT, samples in the public domain; see NOTICE",
        tones=tones,
        zones=[generators(zone, tones[zone.tone]) for zone in zones],
    )
    size = target.stat().st_size / 1e6
    print(f"{target}: {len(tones)} samples, {len(zones)} zones, {size:.1f} MB")
    for tone in tones:
        print(f"{tone.name}: {len(tone.audio) / tone.rate:.2f} s, loses {tone.decay:.1f} dB/s")


if __name__ == "__main__":
    main()
