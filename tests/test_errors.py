"""Messages: one line, of a length that can be read, that any terminal and file can take."""

from mosecrot_core.errors import InputError


def test_a_long_problem_is_cut_and_half_a_character_written_out():
    said = str(InputError("label " + "x" * 9_000, path="a.tsv", line=3, remedy="Correct it."))
    assert said.startswith("a.tsv:3: label xxx")
    assert said.endswith("x [...]. Correct it.")
    assert len(said) < 2_100
    assert str(InputError("half \ud800", path="caf\udce9.tsv")) == "caf\\udce9.tsv: half \\ud800."
