"""Who may look: with a token only whoever has it; and where the server listens."""

import pytest
from app_text import words
from stores import write_run

from mosecrot_core.errors import MosecrotError
from mosecrot_core.runs import serving

pytest.importorskip("streamlit")


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv(serving.TOKEN_VARIABLE, "s\u00e9same")
    write_run(tmp_path / "mine")
    return tmp_path


def test_without_the_token_nothing_is_shown(open_app, runs):
    for link in ({}, {"access": "wrong"}, {"access": ""}, {"access": "s\u00e9sam"}, {"token": "s\u00e9same"}):
        app = open_app(runs, page=None, **link)
        assert app.title[0].value == "Whose is this?"
        assert not app.selectbox
        assert "mine" not in words(app)


def test_a_link_with_the_token_opens_and_loses_it(open_app, runs):
    app = open_app(runs, page=None, access="s\u00e9same")
    assert app.title[0].value == "Overview"
    assert "access" not in app.query_params
    app.run()
    assert app.title[0].value == "Overview", "for as long as the session lasts"


def test_the_token_can_be_typed(open_app, runs):
    app = open_app(runs, page=None)
    app.text_input(key="typed-token").set_value("open").run()
    assert "That is not it." in words(app)
    app.text_input(key="typed-token").set_value("s\u00e9same").run()
    assert app.title[0].value == "Overview"


def test_other_machines_reach_it_only_where_it_is_asked_for(tmp_path):
    here = " ".join(serving.server_command(tmp_path, 8765))
    assert "allowedHosts" not in here, "as config.toml has it: names of this machine"
    there = " ".join(serving.server_command(tmp_path, 8765, serving.EVERYWHERE))
    assert "--server.address 0.0.0.0" in there
    assert "--server.allowedHosts *" in there


@pytest.mark.parametrize("address", ["no.such.name.invalid", "203.0.113.7"])
def test_an_address_of_another_machine_is_refused(tmp_path, address):
    with pytest.raises(MosecrotError, match="address"):
        serving.serve(tmp_path, None, open_browser=False, address=address)
