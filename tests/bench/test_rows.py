import math

import pytest

from live.bench.rows import BUDGETS, LEAST, BenchError, compared, measured
from live.bench.suite import MEASURES, ORDER


def test_a_row_says_whether_it_is_within_its_budget():
    row = measured("daemon_share", "ms", [0.5] * 99 + [1.5])
    assert (row.p50, row.max, row.n) == (0.5, 1.5, 100)
    assert row.budget == BUDGETS["daemon_share"]
    assert row.ok is True
    assert measured("daemon_share", "ms", [0.9] * 10).ok is False


def test_a_row_without_a_budget_has_no_verdict():
    row = measured("render_speed", "x", [10.0])
    assert row.budget is None
    assert row.ok is None


def test_a_row_of_nothing_is_refused():
    with pytest.raises(BenchError):
        measured("event_hot", "us", [])


def test_pytorch_is_held_against_our_event():
    event = measured("event_paced", "us", [1000.0])
    assert compared(measured("torch_default_paced", "us", [6000.0]), event).ok is True
    slow = compared(measured("torch_default_paced", "us", [4000.0]), event)
    assert (slow.times, slow.ok) == (4.0, False)
    assert compared(measured("torch_best_paced", "us", [900.0]), event).ok is None
    assert compared(slow, None) == slow


def test_every_row_is_measured_once_and_every_budget_is_a_rows():
    names = [name for measure in MEASURES for name in measure.rows]
    assert sorted(names) == sorted(ORDER)
    held = set(BUDGETS) | {name for name in LEAST if not name[0].isdigit()}
    assert held <= set(ORDER)
    assert all(math.isfinite(most) for budget in BUDGETS.values() for most in budget.values())
