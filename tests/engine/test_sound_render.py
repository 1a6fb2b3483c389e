"""`extempo render` with voices of sound, as a user types it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from live.cli.group import extempo as command
from live.ports.audio.layout import CEILING
from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact

PHRASE = Path(__file__).parent.parent.parent / "docs" / "phrase.mid"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("render")
    tiny_artifact(folder / "notes.onnx")
    tiny_sound_artifact(folder / "piano.onnx")
    tiny_sound_artifact(folder / "own.onnx", keys=0)
    tiny_sound_artifact(folder / "slow.onnx", keys=0, hop=128, rate=8000)
    soundfile.write(folder / "noise.wav", np.random.default_rng(1).uniform(-0.5, 0.5, 16000), 16000)
    return folder


@pytest.fixture(autouse=True)
def _cache(folder, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.chdir(folder)


def run(*words):
    return CliRunner().invoke(command, ["render", *map(str, words)])


def test_a_network_of_sound_plays_what_a_network_of_notes_plays_the_same_every_time(folder):
    words = ("./notes.onnx", "--voice", "./piano.onnx", "--bars", 1, "--tempo", 240)
    for name in ("a.wav", "b.wav"):
        result = run(*words, "-o", name)
        assert result.exit_code == 0, result.output
    assert result.output.startswith("b.wav: 1 bar, 3 seconds of sound in")
    assert (folder / "a.wav").read_bytes() == (folder / "b.wav").read_bytes()
    sound, rate = soundfile.read(folder / "a.wav")
    assert (rate, sound.shape[1]) == (16000, 2)
    assert len(sound) / rate == pytest.approx(1.0 + 2.0, abs=0.1)
    assert np.abs(sound).max() > 0.01


def test_a_network_of_sound_is_played_by_a_midi_file_to_its_end(folder):
    result = run("./piano.onnx", "--in", PHRASE)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("out.wav: 2 bars")
    assert soundfile.info(folder / "out.wav").duration > 4


def test_a_network_of_sound_goes_on_from_a_file(folder):
    for name, words in (("a.wav", ()), ("b.wav", ("--prime", "noise.wav"))):
        result = run(
            "./piano.onnx", "--in", PHRASE, "--bars", 1, "--tempo", 300, "-o", name, *words
        )
        assert result.exit_code == 0, result.output
    alone, primed = (soundfile.read(folder / name)[0] for name in ("a.wav", "b.wav"))
    assert alone.shape == primed.shape
    assert (alone != primed).any()


def test_a_settings_file_of_play_is_rendered_without_its_ports(folder):
    settings = folder / "tonight.toml"
    settings.write_text(
        'voice = "./piano.onnx"\nsound = "jack"\nsound-connect = ["left"]\nout = "synth"\n'
        f'in = ["Keystation", "{PHRASE}"]\nrecord = true\n'
        "[knobs]\nmode = 'continue'\ntempo = 300\n[knobs.2]\ngain = -6\n"
    )
    words = ("./notes.onnx", "--bars", 3)
    result = run(*words, "--config", settings, "-o", "a.wav")
    assert result.exit_code == 0, result.output
    plain = ("--voice", "./piano.onnx", "--in", PHRASE, "--mode", "continue", "--tempo", 300)
    assert run(*words, *plain, "--set", "2.gain=-6", "-o", "b.wav").exit_code == 0
    assert (folder / "a.wav").read_bytes() == (folder / "b.wav").read_bytes()
    settings.write_text('in = "Keystation"\nsuond = "jack"\n')
    refused = run(*words, "--config", settings)
    assert refused.exit_code == 2
    assert "a setting 'suond', which is none" in refused.output
    settings.write_text('in = ["a.mid", "b.mid"]\n')
    assert "what no option takes" in run(*words, "--config", settings).output


@pytest.mark.parametrize("name", ["own", "slow"])
def test_what_hears_no_keys_ends_in_silence(folder, name):
    result = run(f"./{name}.onnx", "--bars", 1, "--tempo", 240)
    assert result.exit_code == 0, result.output
    sound, rate = soundfile.read(folder / "out.wav")
    assert len(sound) == rate
    assert not sound[-rate // 200 :].any()
    assert np.abs(sound[-rate // 10 : -rate // 20]).max() > 0.2


def test_what_is_too_loud_is_limited_as_on_a_stage_and_not_clipped(folder):
    words = ("./own.onnx", "--bars", 1, "--tempo", 240, "-o")
    sounds = []
    for name, gain in (("soft.wav", -6), ("loud.wav", 12)):
        result = run(*words, name, "--set", f"gain={gain}")
        assert result.exit_code == 0, result.output
        sounds.append(soundfile.read(folder / name)[0][:, 0])
    soft, loud = sounds
    assert np.abs(loud).max() == pytest.approx(CEILING, abs=1e-3)
    assert np.mean(np.abs(loud) > 0.99 * CEILING) < 0.02
    # The same sound at the same time, turned down where it has to be.
    heard = np.abs(soft) > 0.01
    turned = loud[heard] / soft[heard]
    assert turned.max() < 10 ** (18 / 20) * 1.01
    assert turned.min() > 1.0


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("./piano.onnx", "-o", "a.mid"), "written as WAV"),
        (("./notes.onnx", "-o", "a.wav"), "Only notes play"),
        (("./notes.onnx", "--voice", "./no.onnx"), "There is no file"),
    ],
)
def test_what_cannot_be_written_is_refused(words, text):
    result = run("--bars", 1, *words)
    assert result.exit_code != 0
    assert text in result.output + str(result.exception)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("./piano.onnx",), "there is nothing to play; give it notes, as --in phrase.mid does."),
        (("./piano.onnx", "--voice", "./piano.onnx"), "there is nothing to play; give it notes"),
        (("./notes.onnx", "--voice", "./piano.onnx", "--mode", "respond"), "it waits for you"),
        (("./notes.onnx", "--voice", "./piano.onnx", "--set", "mute=1"), "its voice is mute"),
        (("./piano.onnx", "--in", PHRASE, "--set", "mute=1"), "its voice is mute"),
    ],
)
def test_silence_is_said_and_not_written(words, why, folder):
    (folder / "out.wav").write_bytes(b"mine")
    result = run("--bars", 1, *words)
    assert result.exit_code == 1
    assert result.output.startswith("Error: out.wav is not written: ")
    assert why in result.output
    assert result.output.count("\n") == 1
    assert (folder / "out.wav").read_bytes() == b"mine"


def test_what_goes_on_from_a_sound_needs_no_notes():
    result = run("./piano.onnx", "--bars", 1, "--prime", "noise.wav")
    assert result.exit_code == 0, result.output
