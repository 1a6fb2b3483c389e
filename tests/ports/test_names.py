import pytest

from live.ports import names


def test_each_run_has_a_name_of_its_own_until_it_is_over(tmp_path):
    with names.held("extempo", tmp_path / "names") as first:
        with names.held("extempo", tmp_path / "names") as second:
            assert (first, second) == ("extempo", "extempo-2")
        with names.held("extempo", tmp_path / "names") as second:
            assert second == "extempo-2"
    with names.held("extempo", tmp_path / "names") as first:
        assert first == "extempo"


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path):
    (tmp_path / "names").write_text("a file")
    for _ in range(2):
        with names.held("extempo", tmp_path / "names") as name:
            assert name == "extempo"


@pytest.mark.parametrize(
    ("part", "port", "means"),
    [
        ("synth", "My Synth:in", True),
        ("extempo", "extempo:in", True),
        ("extempo", "extempo-2:in", False),
        ("extempo-2", "extempo-2:extempo-2 in 129:0", True),
        ("Extempo-2 in", "extempo-2 in", True),
        ("in", "extempo:in", False),
        ("extempo", "extempo-sound:left", False),
        ("temp", "extempo:in", False),
        ("synth", "extempore synth:in", True),
    ],
)
def test_a_port_of_another_run_is_meant_from_its_beginning_on(part, port, means):
    assert names.matches(part, port) is means
