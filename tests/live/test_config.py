"""Settings from the command line: every knob by its name, one sentence for what there is not."""

import pytest

from live import config
from live.knobs import KNOBS, KnobError


def test_every_knob_takes_its_default_as_it_is_typed() -> None:
    for knob in KNOBS:
        voice, transport = config.knobs([f"{knob.name}={knob.default}"])
        assert (voice | transport) == {knob.name: knob.default}
        assert bool(transport) == ("transport" in knob.scopes)


def test_a_limit_is_told_as_it_is() -> None:
    with pytest.raises(KnobError, match="16777215"):
        config.knobs(["seed=99999999999"])


def test_the_last_of_a_name_counts() -> None:
    assert config.knobs(["temperature=0.5", "temperature = 0.7"]) == ({"temperature": 0.7}, {})


@pytest.mark.parametrize(
    "setting", ["temperature", "=1", "warmth=1", "temperature=", "key=H", "low=200", "tempo=inf"]
)
def test_what_there_is_not_is_one_sentence(setting: str) -> None:
    with pytest.raises(KnobError) as error:
        config.knobs([setting])
    assert str(error.value).endswith((".", "?"))
