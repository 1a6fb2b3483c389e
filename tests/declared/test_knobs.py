"""Knobs: what surfaces see of them is what the engine reads, with the same names, defaults and types."""

import pytest

from live.declared.knobs import DECLARED, KNOBS, SCOPES, NoteKnobs, defaults, turned, values


@pytest.mark.parametrize("scope", SCOPES)
def test_what_the_engine_reads_begins_with_the_defaults_that_surfaces_see(scope):
    knobs, stand = SCOPES[scope], DECLARED[scope]()
    assert list(knobs) == list(DECLARED[scope].__struct_fields__)
    assert values(stand) == defaults(knobs)
    for name, knob in knobs.items():
        assert knob.check(knob.default) == knob.default
        assert isinstance(getattr(stand, name), bool) == (knob.kind == "switch")
        assert knob.help
        assert scope in knob.scopes


def test_a_knob_of_two_scopes_is_the_same_in_both():
    for knob in KNOBS:
        assert [SCOPES[scope][knob.name] for scope in knob.scopes] == [knob] * len(knob.scopes)
    named = [(scope, knob.name) for knob in KNOBS for scope in knob.scopes]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("position", [0.0, 0.3, 1.0])
def test_a_knob_that_is_turned_by_name_stands_there(scope, position):
    for name, knob in SCOPES[scope].items():
        stand = turned(DECLARED[scope](), {name: knob.from_unit(position)})
        assert values(stand) == defaults(SCOPES[scope]) | {name: knob.from_unit(position)}
        assert type(getattr(stand, name)) is type(getattr(DECLARED[scope](), name))


def test_what_is_no_knob_cannot_be_turned():
    with pytest.raises(AttributeError):
        turned(NoteKnobs(), {"temprature": 1.0})
