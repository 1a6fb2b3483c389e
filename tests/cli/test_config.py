"""Settings from the command line: every knob by its name, one sentence for what there is not."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from live.cli.group import extempo
from live.declared.knob import Kind, Knob, KnobError
from live.declared.knobs import CLOCK_KNOBS, KNOBS, SCOPES
from live.ipc import config


@pytest.mark.parametrize("kind", ["events", "audio"])
def test_every_knob_takes_its_default_as_it_is_typed(kind: Kind) -> None:
    for knob in (*SCOPES[kind].values(), *CLOCK_KNOBS.values()):
        voice, transport = config.knobs([f"{knob.name}={knob.default}"], kind)
        assert (voice | transport) == {knob.name: knob.default}
        assert bool(transport) == ("transport" in knob.scopes)


def test_a_knob_of_the_other_kind_is_said_to_be_one() -> None:
    with pytest.raises(KnobError, match="gain is a knob of voices of sound"):
        config.knobs(["gain=-6"])
    with pytest.raises(KnobError, match="mode is a knob of voices of notes"):
        config.knobs(["mode=solo"], "audio")


def test_a_number_says_whose_a_setting_is() -> None:
    settings = ["temperature=0.5", "2.gain=-6.5", "1.key=D", "0.5=", "2.pan=1"]
    assert config.by_voice(settings) == {
        1: ["temperature=0.5", "key=D"],
        2: ["gain=-6.5", "pan=1"],
        0: ["5="],
    }


def test_a_limit_is_told_as_it_is() -> None:
    with pytest.raises(KnobError, match="16777215"):
        config.knobs(["seed=99999999999"])


def test_the_last_of_a_name_counts() -> None:
    assert config.knobs(["temperature=0.5", "temperature = 0.7"]) == ({"temperature": 0.7}, {})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *(("key=d", "D"), ("key=f#", "F#"), ("key=Db", "Db"), ("key=Eb", "Eb"), ("key=Gb", "Gb")),
        *(("key=Ab", "Ab"), ("key=bb", "Bb"), ("key=BB", "Bb"), ("key=Cb", "Cb"), ("key=Fb", "Fb")),
        *(("key=E#", "E#"), ("key=B#", "B#"), ("scale=Dorian", "dorian"), ("mode=SOLO", "solo")),
    ],
)
def test_a_choice_is_told_in_any_case_and_a_key_as_it_was_written(setting: str, value: str) -> None:
    assert config.knobs([setting]) == ({setting.partition("=")[0]: value}, {})


@pytest.mark.parametrize(
    "setting", ["temperature", "=1", "warmth=1", "temperature=", "key=H", "low=200", "tempo=inf"]
)
def test_what_there_is_not_is_one_sentence(setting: str) -> None:
    with pytest.raises(KnobError) as error:
        config.knobs([setting])
    assert str(error.value).endswith((".", "?"))


BEYOND = ("1e308", "-1e308", "1e400", "nan", "9" * 400)


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_a_number_beyond_all_measure_is_told_in_one_sentence(knob: Knob) -> None:
    kind: Kind = "events" if knob.name in SCOPES["events"] else "audio"
    for text in BEYOND:
        with pytest.raises(KnobError, match=rf"^{knob.name} .*\.$"):
            config.knobs([f"{knob.name}={text}"], kind)
    for value in (1e308, -1e308, 10**400, -(10**5000)):
        for ask in (knob.check, knob.from_unit):
            with pytest.raises(KnobError) as raised:
                ask(value)
            assert len(str(raised.value)) < 300


@pytest.mark.parametrize("line", ["metre = {}", 'metre = "{}"', "[knobs]\nmetre = {}"])
def test_a_metre_beyond_all_measure_in_a_file_is_told_in_one_sentence(
    line: str, tmp_path: Path
) -> None:
    path = tmp_path / "tonight.toml"
    for text in ("1e308", "-1e308", "9" * 400):
        path.write_text(line.format(text))
        done = CliRunner().invoke(extempo, ["render", "--config", str(path)])
        assert done.exit_code == 2
        assert "Error: metre is written as 3/4, 6/8 or 7/8, or as 3 for 3/4, not " in done.output
