"""`extempo render` and `replay` as they are typed: what they say, and what they leave."""

from pathlib import Path

import mido
import music21
import pytest
from click.testing import CliRunner, Result

from live.cli.group import extempo
from live.engine.offline import render
from live.ipc.config import EngineOptions
from live.runtime.opening import opened
from tests.daemon_tools import ROOT
from tests.engine.tunes import tune_artifact
from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact

PHRASE = ROOT / "docs" / "phrase.mid"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_artifact(tmp_path_factory.mktemp("models") / "tiny.onnx", seed=1))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(extempo, words)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--mode", "respond"), "in mode respond it waits for you; give it a phrase with --in"),
        (("--set", "mute=1"), "its voice is mute"),
    ],
)
def test_a_rendering_without_notes_is_said_and_not_written(
    model: str, words: tuple[str, ...], why: str
) -> None:
    done = run("render", model, "--bars", "4", *words)
    assert done.exit_code == 1
    assert done.output.startswith("Error: out.mid is not written: ")
    assert why in done.output
    assert not Path("out.mid").exists()


def test_nothing_but_the_result_goes_into_a_pipe(model: str) -> None:
    done = run("render", model, "--bars", "2")
    assert done.exit_code == 0
    assert done.output.count("\n") == 1
    assert done.stderr == ""


def test_a_knob_that_does_nothing_says_so() -> None:
    tunes = str(tune_artifact(Path("tunes.onnx")))
    done = run("render", tunes, "--bars", "4", "--set", "density=2", "--set", "temperature=1.2")
    assert done.exit_code == 0
    assert done.stderr == "Voice 1 plays what is written as 'abc', to which density does nothing.\n"


def journal(path: str, seed: int, model: str) -> str:
    lines = render(EngineOptions(model, knobs={"seed": seed}, beats=8), opened).lines
    Path(path).write_text("\n".join(lines) + "\n")
    return path


def test_several_journals_are_each_told(model: str) -> None:
    one, two = journal("one.jsonl", 1, model), journal("two.jsonl", 2, model)
    done = run("replay", one, two)
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert [line.partition(":")[0] for line in lines] == [one, two]
    assert all("come out the same" in line for line in lines)


def test_a_broken_journal_does_not_stop_the_others(model: str) -> None:
    Path("broken.jsonl").write_text("this is none\n")
    done = run("replay", "broken.jsonl", journal("two.jsonl", 2, model))
    assert done.exit_code == 1
    assert "two.jsonl: All" in done.output
    assert "broken.jsonl is not a journal" in done.output
    assert "1 of 2 journals" in done.output


def test_one_midi_file_is_for_one_journal(model: str) -> None:
    one, two = journal("one.jsonl", 1, model), journal("two.jsonl", 2, model)
    done = run("replay", one, two, "-o", "take.mid")
    assert done.exit_code == 2
    assert "give -o with one journal" in done.output


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("rendr",), "render"),
        (("render", "improvser"), "improviser"),
        (("play", "--voice", "paino-wavenet"), "piano-wavenet"),
        (("render", "--set", "temprature=1"), "temperature"),
        (("play", "--tmpo", "90"), "--tempo"),
        (("train", "improvisor"), "improviser"),
    ],
)
def test_a_misspelt_name_has_its_neighbour_named(words: tuple[str, ...], meant: str) -> None:
    done = run(*words)
    assert done.exit_code != 0
    assert "Did you mean" in done.output
    assert meant in done.output.partition("Did you mean")[2]


def test_a_misspelt_setting_in_a_file_has_its_neighbour_named() -> None:
    Path("a.toml").write_text("[knobs]\ntemprature = 1\n")
    assert "Did you mean temperature?" in run("render", "--config", "a.toml").output
    Path("b.toml").write_text("tempp = 100\n")
    assert "Did you mean tempo?" in run("render", "--config", "b.toml").output


@pytest.mark.parametrize("word", ["output", "o", "prime"])
def test_a_letter_that_no_path_has_is_refused(word: str) -> None:
    Path("a.toml").write_text(f'{word} = "\\u0000"\n')
    done = run("render", "--config", "a.toml", *(() if word[0] == "o" else ("-o", "o.mid")))
    assert done.exit_code in (1, 2)
    assert done.output.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize("word", ["bars", "phrase-delay", "prime", "in", "config", "nothing"])
def test_of_a_page_that_is_refused_some_words_are_told_back(word: str) -> None:
    Path("a.toml").write_text(f'{word} = "{"y" * 100_000}"\n')
    assert 50 < len(run("render", "--config", "a.toml").output) < 1500
    assert 50 < len(run("render", f"--{word}", "y" * 100_000).output) < 1000


def test_a_name_that_no_disk_has_is_no_recipe() -> None:
    done = run("train", "a" * 300)
    assert done.exit_code == 1
    assert "There is no recipe" in done.output


def test_what_is_read_is_not_written_over(model: str) -> None:
    mine = Path("mine.onnx")
    mine.write_bytes(Path(model).read_bytes())
    Path("out.mid").write_bytes(PHRASE.read_bytes())
    Path("a.toml").write_text("tempo = 90\n")
    journal("one.jsonl", 1, str(mine))
    Path("link.mid").symlink_to("one.jsonl")
    Path("other.mid").symlink_to(mine)
    before = {path: path.read_bytes() for path in Path().iterdir()}
    for words in (
        ("render", "mine.onnx", "-o", "mine.onnx"),
        ("render", model, "--voice", "mine.onnx", "-o", "other.mid"),
        ("render", model, "--in", "out.mid"),
        ("render", model, "--config", "a.toml", "-o", "./a.toml"),
        ("replay", "one.jsonl", "-o", "one.jsonl"),
        ("replay", "one.jsonl", "-o", "link.mid"),
        ("replay", "one.jsonl", "-o", "mine.onnx"),
    ):
        done = run(*words)
        assert done.exit_code == 2, done.output
        assert done.output.startswith("Error: ")
        assert "is read here" in done.output
        assert done.output.count("\n") == 1
    assert {path: path.read_bytes() for path in Path().iterdir()} == before


def test_a_link_stays_one(model: str) -> None:
    Path("link.mid").symlink_to("target.mid")
    assert run("render", model, "--bars", "2", "-o", "link.mid").exit_code == 0
    assert Path("link.mid").is_symlink()
    assert Path("target.mid").read_bytes().startswith(b"MThd")


@pytest.mark.parametrize("name", ["tune.abc", "tune.musicxml", "tune.xml", "tune.mxl", "TUNE.ABC"])
def test_a_rendering_is_written_as_notation(model: str, name: str) -> None:
    done = run("render", model, "--bars", "2", "--metre", "7/8", "-o", name)
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"{name}: ")
    part = music21.converter.parse(name, forceSource=True).parts[0]
    assert part.recurse().getElementsByClass("TimeSignature").first().ratioString == "7/8"
    assert list(part.flatten().notes)


def test_what_you_play_in_is_a_part_of_its_own(model: str) -> None:
    words = ("--in", str(PHRASE), "--mode", "continue", "--bars", "4")
    assert run("render", model, *words, "-o", "a.musicxml").exit_code == 0
    found = music21.converter.parse("a.musicxml").parts
    assert {part.partName for part in found} == {"performer", "voice 1"}


def test_a_network_of_tunes_is_written_in_its_own_letters() -> None:
    tune_artifact(Path("noise.onnx"))
    assert run("render", "noise.onnx", "--bars", "8", "-o", "tune.abc").exit_code == 0
    text = Path("tune.abc").read_text()
    assert text.startswith("X:1\nT:tune\nQ:1/4=100\nM:")
    assert "%%MIDI" not in text
    assert run("render", "noise.onnx", "--bars", "8", "-o", "tune.musicxml").exit_code == 0


@pytest.mark.parametrize("name", ["take.abc", "take.musicxml"])
def test_a_journal_is_written_as_notation(model: str, name: str) -> None:
    done = run("replay", journal("one.jsonl", 1, model), "-o", name)
    assert done.exit_code == 0, done.output
    said, count = done.output.splitlines()[0].split(": ")
    assert said == name
    assert int(count.split()[0]) > 0
    assert list(music21.converter.parse(name, forceSource=True).flatten().notes)


def test_an_ending_that_nothing_is_written_as_names_those_there_are(model: str) -> None:
    journal("one.jsonl", 1, model)
    for words in (("render", model, "--bars", "2"), ("replay", "one.jsonl")):
        for name in ("tune.pdf", "tune"):
            done = run(*words, "-o", name)
            assert done.exit_code == 2
            known = ".mid, .midi, .abc, .musicxml, .xml or .mxl"
            assert (
                f"{name} ends in nothing that notes are written as: it can be {known}."
                in done.output
            )
            assert not Path(name).exists()


def test_a_voice_of_sound_has_no_notation() -> None:
    sound = str(tiny_sound_artifact(Path("sound.onnx")))
    done = run("render", sound, "--in", str(PHRASE), "-o", "tune.abc")
    assert done.exit_code == 2
    assert "A voice of sound is written as WAV: -o out.wav, not tune.abc." in done.output
    assert not Path("tune.abc").exists()


def test_a_rendering_that_cannot_be_written_is_one_sentence(model: str) -> None:
    Path("tune.musicxml").write_text("mine")
    Path("closed").write_text("a file")
    done = run("render", model, "--bars", "2", "-o", "closed/tune.abc")
    assert done.exit_code in (1, 2)
    assert done.output.splitlines()[-1].startswith("Error: ")
    assert Path("tune.musicxml").read_text() == "mine"


def test_a_form_is_rendered(model: str) -> None:
    for name, words in (("plain", ()), ("form", ("--plan", "AABA 1"))):
        assert run("render", model, "--bars", "4", "-o", f"{name}.mid", *words).exit_code == 0
    assert Path("plain.mid").read_bytes() != Path("form.mid").read_bytes()
    Path("form.toml").write_text('plan = "AABA 1"\n')
    done = run("render", model, "--bars", "4", "-o", "file.mid", "--config", "form.toml")
    assert done.exit_code == 0
    assert Path("file.mid").read_bytes() == Path("form.mid").read_bytes()


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ("", '--plan takes letters and bars, such as "AABA 8", not'),
        ("A1B", "a plan is of letters alone, such as AABA, or off, not 'A1B'."),
        ("A" * 300, "a plan is a word of 1 to 16 bytes."),
        ("AABA 0", "a section's length is a number from 1 to 16, not 0."),
        ("AABA x", "a section's length is a number from 1 to 16, not 'x'."),
        ("AABA 4 5", "--plan takes letters and bars"),
        ("2.AABA 4", "--plan is for voice 2, and there is none: --voice"),
    ],
)
def test_a_form_that_is_none_is_refused_in_a_sentence(model: str, plan: str, why: str) -> None:
    done = run("render", model, "--bars", "4", "-o", "out.mid", "--plan", plan)
    assert done.exit_code != 0
    assert why in done.output
    assert not Path("out.mid").exists()


def test_a_phrase_leads_the_clock_where_that_is_asked(model: str) -> None:
    # Quavers with a bass on the beats, at another tempo than the clock's.
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=600_000)])
    for number in range(32):
        pitches = [(60, 64, 67, 65)[number % 4], *([43 + number % 3] if number % 2 == 0 else [])]
        track += [mido.Message("note_on", note=pitch, velocity=80) for pitch in pitches]
        track += [
            mido.Message("note_off", note=pitch, time=0 if later else 240)
            for later, pitch in enumerate(pitches)
        ]
    mido.MidiFile(tracks=[track]).save("phrase.mid")
    words = ("--in", "phrase.mid", "--tempo", "92", "--mode", "continue", "--bars", "8")
    tempi = {}
    for name in ("internal", "player"):
        done = run("render", model, *words, "--clock", name, "-o", f"{name}.mid")
        assert done.exit_code == 0, done.output
        written = mido.MidiFile(f"{name}.mid")
        tempi[name] = {one.tempo for one in written.merged_track if one.type == "set_tempo"}
    assert len(tempi["internal"]) == 1
    assert min(abs(one - 600_000) for one in tempi["player"]) < 6_000
    refused = run("render", model, "--clock", "mine")
    assert "--clock is one of auto, internal, tap, player, not 'mine'." in refused.output
