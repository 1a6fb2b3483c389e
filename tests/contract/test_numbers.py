"""Every option that takes a number says in one sentence what it takes, and what to give."""

import pytest
from click.testing import CliRunner

from live.cli.group import extempo
from models.numbers import Number

BARS = "--bars takes a whole number from 1 to 100000, not {}: try --bars 1."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        *((f"render --bars {n}", BARS.format(n)) for n in ("nan", "1e9", "2.5", "0", "x", "9" * 40)),
        ("render --phrase-delay inf", "--phrase-delay takes a number of 0 or more, not inf: try --phrase-delay 0."),
        ("play --gain 5", "--gain takes a number from 0 to 4, not 5: try --gain 1."),
        ("play --latency -1", "--latency takes a number from 0 to 1000, not -1: try --latency 0."),
        ("play --for 0", "--for takes a number above 0, not 0: try --for 1."),
        ("play --osc-port 65536", "--osc-port takes a whole number from 1 to 65535, not 65536: try --osc-port 7700."),
        ("play --stream 1.5", "--stream takes a whole number from 0 to 65535, not 1.5: try --stream 0."),
        ("doctor --osc-port nan", "--osc-port takes a whole number from 1 to 65535, not nan: try --osc-port 7700."),
        ("bench events --seconds 0.1", "--seconds takes a number from 0.5 to 100, not 0.1: try --seconds "),
    ],
)  # fmt: skip
def test_what_is_no_such_number_is_one_sentence_of_ours(words: str, said: str) -> None:
    result = CliRunner().invoke(extempo, words.split())
    assert result.exit_code == 2
    assert f"Error: {said}" in result.output
    assert "Invalid value" not in result.output


def test_numbers_are_read_as_they_are_written() -> None:
    whole = Number(0, 2**63 - 1, whole=True)
    assert whole.convert("9223372036854775807", None, None) == 2**63 - 1
    assert whole.convert("1e3", None, None) == 1000
    assert isinstance(whole.convert(4.0, None, None), int)
    assert Number(0).convert("2", None, None) == 2.0


def test_a_switch_and_a_number_without_end_are_none(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "tonight.toml"
    for value in ("true", "nan", "1e400", "[]"):
        path.write_text(f"bars = {value}")
        result = CliRunner().invoke(extempo, ["render", "--config", str(path)])
        assert result.exit_code != 0
        assert result.output.count("Error: ") == 1
