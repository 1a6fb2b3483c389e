#!/usr/bin/env python3
"""Draws what a network of sound plays beside the real sound of the same notes: waveforms and spectrograms.

extempo listen piano-wavenet --data data --wav heard
.venv-dev/bin/python scripts/sound_picture.py heard/03 out.png --seconds 6
"""

import argparse
import io
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

PAPER, INK = "#fbfaf7", "#6b6862"
COLOURS: Final = {"real": "#2b6f9c", "played": "#e0673a"}
NAMES: Final = {"real": "held-out sound", "played": "what extempo plays from its notes"}
WIDTH, HEIGHT, DOTS = 11.0, 6.4, 90
COLOUR_COUNT: Final = 48
FRAME: Final = 0.064
"""Seconds of sound in a column of the spectrogram."""
RANGE: Final = 70.0
"""Decibels from the loudest that are shown."""
CLOSE: Final = 0.06
"""Seconds of the waveform that are shown from near."""

Sound = NDArray[np.float64]


def read(path: Path, begin: float, seconds: float) -> tuple[Sound, int]:
    """Return a part of a sound file as one channel, and its rate."""
    with soundfile.SoundFile(path) as file:
        rate = int(file.samplerate)
        file.seek(min(round(begin * rate), file.frames))
        return file.read(round(seconds * rate), always_2d=True).mean(1), rate


def draw(sounds: dict[str, Sound], rate: int, close: float, path: Path) -> None:
    """Draw each sound as a column: its waveform, a moment of it from near, its spectrogram."""
    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor=PAPER, layout="constrained")
    rows = figure.subplots(3, len(sounds), sharey="row", height_ratios=(1, 1, 2.2))
    most = max(float(np.abs(sound).max()) for sound in sounds.values())
    top = max(float(spectrogram(sound, rate).max()) for sound in sounds.values())
    for column, (who, sound) in enumerate(sounds.items()):
        whole, near, spectrum = rows[:, column]
        time = np.arange(len(sound)) / rate
        whole.plot(time, sound, color=COLOURS[who], lw=0.4)
        whole.set(xlim=(0, time[-1]), ylim=(-most, most))
        whole.set_title(NAMES[who], color=COLOURS[who], fontsize=11, weight="bold", loc="left")
        inside = (time >= close) & (time < close + CLOSE)
        near.plot(1000.0 * (time[inside] - close), sound[inside], color=COLOURS[who], lw=0.9)
        near.set(xlim=(0, 1000.0 * CLOSE), xlabel=f"milliseconds from {close:g} s on")
        spectrum.imshow(
            spectrogram(sound, rate), origin="lower", aspect="auto", cmap="magma",
            vmin=top - RANGE, vmax=top, extent=(0.0, time[-1], 0.0, rate / 2000.0),
        )  # fmt: skip
        spectrum.set(xlabel="seconds", ylim=(0.0, min(rate / 2000.0, 5.0)))
        if column == 0:
            spectrum.set_ylabel("kHz", color=INK)
    for axes in rows.flat:
        _plain(axes)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=DOTS, facecolor=PAPER, format="png")
    # Noise makes large files: so many colours are enough for it.
    Image.open(drawn).convert("RGB").quantize(COLOUR_COUNT, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


def spectrogram(sound: Sound, rate: int) -> Sound:
    """Return decibels by frequency and time, (bins, frames)."""
    length = 1 << round(np.log2(FRAME * rate))
    slices = np.lib.stride_tricks.sliding_window_view(sound, length)[:: length // 8]
    power = np.abs(np.fft.rfft(slices * np.hanning(length), axis=1)) ** 2
    decibels: Sound = 10.0 * np.log10(power.T + 1e-9)
    return decibels


def _plain(axes: Axes) -> None:
    axes.set_facecolor(PAPER)
    axes.tick_params(length=0, colors=INK, labelsize=8)
    axes.xaxis.label.set_color(INK)
    axes.xaxis.label.set_fontsize(9)
    for spine in axes.spines.values():
        spine.set_visible(False)


def main() -> None:
    """Read the command line, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("excerpt", help="what `extempo listen --wav` wrote, without -real.wav")
    parser.add_argument("png", type=Path)
    parser.add_argument("--begin", type=float, default=0.0, help="seconds from the beginning")
    parser.add_argument("--seconds", type=float, default=6.0, help="how many are drawn")
    parser.add_argument("--close", type=float, help="where it is shown from near [in the middle]")
    asked = parser.parse_args()
    sounds = {}
    for who in NAMES:
        path = Path(f"{asked.excerpt}-{who}.wav")
        if not path.is_file():
            parser.error(f"there is no {path}: extempo listen --wav FOLDER writes it")
        sounds[who], rate = read(path, asked.begin, asked.seconds)
    if min(len(sound) for sound in sounds.values()) < rate // 4:
        parser.error(f"{asked.excerpt} ends before {asked.begin:g} s: begin earlier")
    close = asked.close if asked.close is not None else len(sounds["real"]) / rate / 2
    draw(sounds, rate, close, asked.png)


if __name__ == "__main__":
    main()
