"""What the command line of `extempo play` asks for: voices, their kinds, their knobs, where they are heard."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from live.cli.group import extempo
from live.cli.playing import _checked
from live.daemon import run as daemon
from live.declared.actions import LISTENED
from live.ipc.acts import Prime
from live.ipc.commands import Command
from live.ipc.config import ControlOptions, EngineOptions, PortOptions, SoundOptions, VoiceOptions
from live.time.sources.table import CHOICES
from models.contract.errors import ArtifactError
from tests.models.scores import random_score, write_score
from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact

Asked = tuple[EngineOptions, PortOptions]
Play = Callable[..., Asked]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("artifacts")
    tiny_artifact(made / "notes.onnx")
    tiny_sound_artifact(made / "sound.onnx")
    tiny_sound_artifact(made / "deaf.onnx", keys=0)
    return made


@pytest.fixture
def play(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Return what runs the command and gives what the daemon is told; a refusal is its text."""

    def run(*words: str) -> Asked:
        told: list[Asked] = []
        monkeypatch.setattr(
            daemon, "run", lambda engine, ports, *_, **__: told.append((engine, ports))
        )
        monkeypatch.chdir(folder)
        result = CliRunner().invoke(extempo, ["play", *words])
        assert told, result.output
        return told[0]

    return run


def refused(folder: Path, *words: str) -> str:
    result = CliRunner().invoke(extempo, ["play", str(folder / "notes.onnx"), *words])
    assert result.exit_code != 0
    return result.output.strip().splitlines()[-1]


def test_one_model_is_one_voice_of_its_kind(play: Play) -> None:
    engine, ports = play("./notes.onnx", "--set", "density=2", "--tempo", "90", "--seed", "4")
    assert (engine.kind, engine.others) == ("events", ())
    assert engine.knobs == {"density": 2.0, "seed": 4}
    assert engine.transport == {"tempo": 90.0}
    assert ports.synth
    engine, ports = play("./sound.onnx", "--set", "gain=-6", "--seed", "4")
    assert (engine.kind, engine.knobs) == ("audio", {"gain": -6.0, "seed": 4})
    assert not ports.synth


def test_further_voices_have_knobs_of_their_own(play: Play) -> None:
    engine, ports = play(
        *("./notes.onnx", "--voice", "./sound.onnx", "--voice", "./notes.onnx"),
        *("--set", "2.gain=-6", "--set", "3.mode=respond", "--set", "1.density=2"),
        *("--sound", "null", "--stream", "7702", "--sound-connect", "pure_data"),
    )
    assert engine.knobs == {"density": 2.0}
    assert engine.others == (
        VoiceOptions(Path("sound.onnx"), "audio", {"gain": -6.0}),
        VoiceOptions(Path("notes.onnx"), "events", {"mode": "respond"}),
    )
    assert list(engine.voices) == [1, 2, 3]
    assert ports.sound == SoundOptions("null", 7702, ("pure_data",))


@pytest.mark.parametrize(
    ("words", "synth"),
    [
        ((), False),
        (("--set", "2.hears=voices"), False),
        (("--set", "2.hears=player"), True),
        (("--set", "2.hears=none"), True),
        (("--set", "2.hears=1"), False),
        (("--set", "2.hears=voice-3"), True),
    ],
)
def test_the_synth_does_not_double_a_voice_of_sound(
    play: Play, words: tuple[str, ...], synth: bool
) -> None:
    assert play("./notes.onnx", "--voice", "./sound.onnx", *words)[1].synth == synth


def test_a_network_that_hears_no_keys_leaves_the_notes_to_the_synth(play: Play) -> None:
    assert play("./notes.onnx", "--voice", "./deaf.onnx")[1].synth


def test_a_settings_file_says_all_of_it(play: Play, folder: Path) -> None:
    (folder / "tonight.toml").write_text(
        'voice = "./sound.onnx"\nsound = "null"\nstream = 7702\n'
        "[knobs]\ndensity = 2\nmute = true\n[knobs.2]\ngain = -6\npan = 0.5\n"
    )
    engine, ports = play(
        "./notes.onnx", "--config", "tonight.toml", "--set", "2.pan=1", "--mode", "continue"
    )
    assert engine.knobs == {"density": 2.0, "mute": 1, "mode": "continue"}
    assert engine.voices[2].knobs == {"gain": -6.0, "pan": 1.0}
    assert (ports.sound.out, ports.sound.stream) == ("null", 7702)


def test_who_leads_the_clock_is_chosen(play: Play, folder: Path) -> None:
    assert play("./notes.onnx")[0].source == "auto"
    for name in CHOICES:
        assert play("./notes.onnx", "--clock", name)[0].source == name
    (folder / "led.toml").write_text('clock = "player"\n')
    assert play("./notes.onnx", "--config", "led.toml")[0].source == "player"
    said = CliRunner().invoke(extempo, ["play", "--help"]).output
    assert all(name in said for name in CHOICES)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "2.gain=0"), "knob of voice 2, and there is none: --voice"),
        (("--set", "gain=0"), "gain is a knob of voices of sound"),
        (("--voice", "SOUND", "--set", "2.mode=solo"), "mode is a knob of voices of notes"),
        (("--voice", "SOUND", "--set", "2.tempo=90"), "leave out the 2"),
        (("--voice", "no-such-model"), "no model 'no-such-model'"),
        (("--takes", "SOUND"), "is no folder"),
        (("--takes", "/dev/null"), "/dev/null is no folder"),
        (("--for", "0"), "--for takes a number above 0, not 0: try --for 1."),
        (("--for", "-2"), "--for takes a number above 0, not -2: try --for 1."),
        (("--in", "SOUND"), "sound.onnx cannot be read as MIDI"),
        (("--clock", "plaier"), "one of auto, internal, tap, player, not 'plaier'. Did you mean p"),
    ],
)
def test_what_cannot_be_is_one_sentence(folder: Path, words: tuple[str, ...], said: str) -> None:
    real = [str(folder / "sound.onnx") if word == "SOUND" else word for word in words]
    assert said in refused(folder, *real)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--sound", "take.wav"), "are for voices of sound, and only notes play"),
        (("--stream", "7703"), "are for voices of sound, and only notes play"),
        (("--in", "Take.WAV"), "--in Take.WAV: what is played in is MIDI; --prime Take.WAV has"),
        (("--prime", __file__), "--prime is for voices of sound, and only notes play"),
    ],
)
def test_where_sound_goes_is_asked_for_only_where_there_is_sound(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refused(folder, *words)


def test_a_file_that_is_there_is_played_in_whatever_its_name(play: Play, folder: Path) -> None:
    random_score(folder / "phrase", 1)
    (folder / "null").write_text("a place has this name")
    _, ports = play("./notes.onnx", "--in", "phrase", "--in", "null", "--in", "Keystation")
    assert ports.phrase == Path("phrase")
    assert ports.listen == "null,Keystation"


def test_it_ends_by_itself_only_where_it_is_told_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[ControlOptions] = []
    monkeypatch.setattr(daemon, "run", lambda _engine, _ports, control, **_: told.append(control))
    for words in ([], ["--for", "0.5"]):
        CliRunner().invoke(extempo, ["play", str(folder / "notes.onnx"), *words])
    assert [control.seconds for control in told] == [0.0, 0.5]


def test_what_is_no_model_is_told_in_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "play2.log").write_text("12:00 a note was late\n" * 40)
    result = CliRunner().invoke(extempo, ["play", "play2.log"])
    assert result.output.startswith("Error: play2.log is not an ONNX file")
    assert result.output.count("\n") == 1


def test_a_kind_of_file_that_sound_is_not_written_as_is_refused(folder: Path) -> None:
    words = ("--voice", str(folder / "sound.onnx"), "--sound", "null, take.mp3")
    said = refused(folder, *words)
    assert said == "Error: --sound take.mp3: sound is written as .wav or .flac."


def test_a_model_of_another_kind_is_not_loaded_into_a_voice(folder: Path) -> None:
    assert _checked(str(folder / "sound.onnx"), "audio") == folder / "sound.onnx"
    with pytest.raises(ArtifactError, match="sound plays sound, and this voice plays notes: load"):
        _checked(str(folder / "sound.onnx"), "events")


def test_every_voice_of_sound_is_primed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(folder / "a take.wav", np.full((4000, 2), 0.1), 8000)
    told: list[ControlOptions] = []
    monkeypatch.setattr(daemon, "run", lambda _engine, _ports, control, **_: told.append(control))
    monkeypatch.chdir(folder)
    voices = ["./sound.onnx", "--voice", "./notes.onnx", "--voice", "./sound.onnx"]
    result = CliRunner().invoke(extempo, ["play", *voices, "--prime", "a take.wav"])
    assert told, result.output
    file = str(folder / "a take.wav")
    assert told[0].first == (
        Command(Prime(path=file, seconds=LISTENED), voice=1),
        Command(Prime(path=file, seconds=LISTENED), voice=3),
    )


def test_what_is_no_sound_to_go_on_from_is_refused_before_anything_plays(folder: Path) -> None:
    said = refused(folder, "--voice", str(folder / "sound.onnx"), "--prime", __file__)
    assert said.startswith(f"Error: {__file__} is not sound that can be read")


@pytest.mark.parametrize(
    ("metre", "beats"),
    [
        ((3, 4), "3/4"),
        ((6, 8), "6/8"),
        ((2, 2), "2/2"),
        ((12, 8), "12/8"),
        ((7, 8), "7/8"),
        ((5, 16), None),
        (None, None),
    ],
)
def test_a_phrases_tempo_and_metre_are_taken(
    play: Play, folder: Path, metre: tuple[int, int] | None, beats: str | None
) -> None:
    write_score(folder / "waltz.mid", [[(0, 60, 1)]], metre=metre)
    engine, _ = play("./notes.onnx", "--in", "waltz.mid")
    assert engine.transport["tempo"] == 120
    assert engine.transport.get("metre") == beats
    engine, _ = play("./notes.onnx", "--in", "waltz.mid", "--set", "metre=5", "--tempo", "90")
    assert engine.transport == {"tempo": 90, "metre": 5}
    engine, _ = play("./notes.onnx", "--in", "waltz.mid", "--metre", "9/8", "--tempo", "90")
    assert engine.transport == {"tempo": 90, "metre": "9/8"}
    for line in ('metre = "6/8"', '[knobs]\nmetre = "6/8"'):
        (folder / "six.toml").write_text(line)
        engine, _ = play("./notes.onnx", "--config", "six.toml")
        assert engine.transport == {"metre": "6/8"}


def test_a_folder_whose_name_no_disk_takes_is_left_to_the_recorder(play: Play) -> None:
    assert play("./notes.onnx", "--takes", "a" * 300)
