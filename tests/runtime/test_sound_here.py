"""What `extempo doctor` and `extempo devices` say of voices of sound."""

import importlib.util
import json
import os
from typing import Any

import pytest
from click.testing import CliRunner

from live.cli.group import extempo
from live.ports import native
from live.ports.audio import devices


def _finding() -> dict[str, str]:
    told = json.loads(CliRunner().invoke(extempo, ["doctor", "--json"]).output)
    (found,) = [one for one in told if one["what"] == "sound"]
    return dict(found)


def _nothing(*_: Any) -> list[dict[str, Any]]:
    return []


def test_where_sound_would_be_heard_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "jack_answers", lambda: True)
    assert _finding()["text"] == "voices of sound can be heard through JACK"
    monkeypatch.setattr(native, "jack_answers", lambda: False)
    monkeypatch.setattr(devices, "playbacks", lambda *_: [{"name": "a card", "id": None}])
    assert _finding() == {
        "what": "sound",
        "state": "good",
        "text": "voices of sound can be heard through the sound device",
    }
    monkeypatch.setattr(devices, "playbacks", _nothing)
    found = _finding()
    assert found["state"] == "note"
    assert "unheard" in found["text"]


def test_what_is_missing_for_sound_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "numba" else find(name)
    )
    assert "need numba: run `make play` again" in _finding()["text"]


def test_a_cache_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "XDG_CACHE_HOME" in _finding()["text"]


def test_where_sound_can_go_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "jack_answers", lambda: True)
    monkeypatch.setattr(devices, "playbacks", lambda *_: [{"name": "a card", "id": None}])
    told = json.loads(CliRunner().invoke(extempo, ["devices", "--json"]).output)
    assert [entry["name"] for entry in told["sound"]] == ["jack", "device"]
    assert "extempo-sound" in told["sound"][0]["about"]
    assert "a card" in told["sound"][1]["about"]
