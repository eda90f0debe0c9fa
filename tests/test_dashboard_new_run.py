"""The New run page: own files brought, refused calmly, checked, put in the queue, removed."""

import pytest
from app_text import plain_words, words
from brought_files import FILES, write_inputs
from stores import HOSTILE, write_run

from mosecrot_core.errors import InputError
from mosecrot_core.runs import own_inputs
from mosecrot_core.runs.jobs import FILE, Jobs
from mosecrot_core.runs.store import Run

pytest.importorskip("streamlit")

PAGE = "app_pages/new_run.py"


@pytest.fixture
def unchecked(monkeypatch):
    """Files pass, whatever is in them: the check takes a process."""
    found = [{"language": "fo", "what": "word list", "found": HOSTILE[0]}]
    monkeypatch.setattr(own_inputs, "_checked", lambda file, waiting: found)


@pytest.fixture
def private(monkeypatch):
    """Only this machine reaches the dashboard, as by default."""
    from streamlit import config

    monkeypatch.setattr(config, "get_option", _at("127.0.0.1", config.get_option))
    monkeypatch.setattr("streamlit.get_option", config.get_option)


def _at(address, get_option):
    return lambda name: address if name == "server.address" else get_option(name)


def fill(app, name="faroese", target="fo", encoder="nobody/no-such-encoder"):
    for key, value in (("name", name), ("target", target), ("encoder", encoder)):
        app.text_input(key=f"own-{key}").set_value(value)
    for part, (given, content) in FILES.items():
        app.file_uploader(key=f"own-{part}-0").set_value((given, content, "text/plain"))
    return app


def send(app):
    app.button(key="check-own").click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize("there", ["nothing", "empty", "small"])
def test_the_page_is_there_whatever_there_is(open_app, tmp_path, there):
    if there != "nothing":
        (tmp_path / "runs").mkdir()
    if there == "small":
        write_run(tmp_path / "runs" / "demo")
    app = open_app(tmp_path / "runs", page=PAGE)
    assert app.title[0].value == "New run"
    assert "At most 200 MB of vectors and 50 MB of any other file" in words(app)
    assert "None yet." in words(app)
    assert [button.key for button in app.button] == ["check-own"]
    assert len(app.file_uploader) == 5
    assert (tmp_path / "runs").exists() == (there != "nothing"), "looking makes nothing"


def test_from_files_to_a_job(open_app, tmp_path):
    runs = tmp_path / "runs"
    app = send(fill(open_app(runs, page=PAGE)))
    said = plain_words(app)
    assert "fo \u00b7 anchors: 6 pairs that the vectors know" in said
    assert "encoder: nobody/no-such-encoder" in said
    assert f"mosecrot run {runs}/faroese.inputs/experiment.yaml --runs {runs}" in said
    assert app.session_state["prepared"] == "faroese"
    assert app.file_uploader(key="own-vectors-1").value is None, "the server lets go of what is on the disk"
    app.button(key="run-own").click().run()
    assert not app.exception
    (job,) = Jobs(runs).newest(5)
    assert (job.kind, job.run, job.state) == ("experiment", "faroese", "queued")
    assert "faroese: waits" in words(app)
    assert app.button(key="run-own").disabled
    assert app.button(key="remove-own").disabled
    app.button(key=f"cancel-{job.number}").click().run()
    assert Jobs(runs).state(job.number) == "cancelled"
    app.run()
    app.button(key="remove-own").click().run()
    assert not app.exception
    assert not (runs / "faroese.inputs").exists()
    assert "None yet." in words(app)


def test_what_cannot_be_used_is_told_as_text_and_may_be_replaced(open_app, tmp_path, monkeypatch):
    def refuses(file, waiting):
        waiting()
        raise InputError(f"{HOSTILE[0]} **x**", path=file.parent / "train.tsv", line=3)

    monkeypatch.setattr(own_inputs, "_checked", refuses)
    app = send(fill(open_app(tmp_path, page=PAGE)))
    assert f"english.tsv:3: {HOSTILE[0]} **x**." in [text.value for text in app.text]
    assert "These files cannot be used" in words(app)
    assert "None yet." in words(app)
    assert str(tmp_path / ".") not in "".join(text.value for text in app.text)
    monkeypatch.setattr(own_inputs, "_checked", lambda file, waiting: [])
    send(app)
    assert app.button(key="run-own")


@pytest.mark.parametrize("name", ["", "../x", "/etc", "a\0b", "x-reviewed", HOSTILE[0], "demo"])
def test_a_name_that_cannot_be_taken(open_app, tmp_path, unchecked, name):
    write_run(tmp_path / "demo", hostile=False)
    before = sorted(tmp_path.rglob("*"))
    app = send(fill(open_app(tmp_path, page=PAGE), name=name))
    assert "These files cannot be used" in words(app)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "given", ["../../x.vec", "/etc/x.vec", "..\\x.vec", "a\u202ecev.vec", "x" * 300 + ".vec"]
)
def test_an_upload_that_names_a_place_is_refused(open_app, tmp_path, unchecked, given):
    runs = tmp_path / "runs"
    app = fill(open_app(runs, page=PAGE))
    app.file_uploader(key="own-vectors-0").set_value((given, FILES["vectors"][1], "text/plain"))
    assert "the name of a file expected" in words(send(app))
    assert [path for path in tmp_path.rglob("*") if path.suffix != ".lock"] == [runs]


def test_paths_are_offered_on_this_machine_alone(open_app, tmp_path, unchecked, private, monkeypatch):
    runs, there = tmp_path / "runs", tmp_path / "big.vec"
    there.write_bytes(FILES["vectors"][1])
    app = fill(open_app(runs, page=PAGE), encoder=str(tmp_path))
    app.file_uploader(key="own-vectors-0").set_value([])
    app.text_input(key="own-path-vectors").set_value(str(there))
    send(app)
    assert str(there) in plain_words(app)
    assert not (runs / "faroese.inputs" / "vectors.vec").exists()
    from streamlit import config

    everywhere = _at("0.0.0.0", config.get_option)
    monkeypatch.setattr("streamlit.get_option", everywhere)
    app = open_app(runs, page=PAGE)
    assert [field.key for field in app.text_input if "path" in field.key] == []
    send(fill(app, name="other", encoder=str(tmp_path)))
    assert "a hub id or package:NAME/FOLDER expected" in words(app)


def test_a_failed_run_says_why_and_can_be_run_again(open_app, tmp_path):
    write_inputs(tmp_path, "mine")
    number = Jobs(tmp_path).put_experiment("mine")
    Jobs(tmp_path).take()
    Run(tmp_path / "mine").write_info(state="running", done=2, total=9)
    app = open_app(tmp_path, page=PAGE)
    assert "2 of 9 steps" in str(app.get("progress")[0].proto.text)
    assert app.button(key="run-own").disabled
    Run(tmp_path / "mine").write_info(state="stopped")
    Jobs(tmp_path).end(number, "failed", HOSTILE[0])
    app.run()
    assert [text.value for text in app.text].count(HOSTILE[0]) == 2, "in the sidebar and on the page"
    app.button(key="run-own").click().run()
    assert [job.state for job in Jobs(tmp_path).newest(5)] == ["queued", "failed"]


def test_a_run_that_is_done_is_not_run_again(open_app, tmp_path):
    write_inputs(tmp_path, "mine")
    write_run(tmp_path / "mine")
    app = open_app(tmp_path, page=PAGE)
    assert app.button(key="run-own").disabled
    assert not app.button(key="remove-own").disabled


@pytest.mark.parametrize("name", ["../mine", "/etc", HOSTILE[0], "nothing"])
def test_a_link_names_only_what_is_there(open_app, tmp_path, name):
    write_inputs(tmp_path, "mine")
    app = open_app(tmp_path, page=PAGE, prepared=name)
    assert app.selectbox(key="prepared").value == "mine"


def test_damaged_inputs_and_a_damaged_queue_are_calm(open_app, tmp_path):
    file = write_inputs(tmp_path, "mine")
    file.write_bytes(b"\xff\xfe\0")
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    app = open_app(tmp_path, page=PAGE)
    assert app.title[0].value == "New run"
    assert "This cannot be shown" in words(app)
    assert "unexpected" not in words(app)


def test_one_run_alone_has_no_place_for_others(open_app, tmp_path):
    write_run(tmp_path / "demo")
    app = open_app(tmp_path / "demo", page=PAGE)
    assert "not a folder of runs" in words(app)
    assert not app.file_uploader


def test_the_overview_and_an_empty_folder_lead_there(open_app, tmp_path):
    def links(app):
        return [link.proto.label for link in app.get("page_link")]

    (tmp_path / "runs").mkdir()
    app = open_app(tmp_path / "runs", page=None)
    assert any("Make a run of your own" in label for label in links(app))
    write_run(tmp_path / "runs" / "demo")
    app = open_app(tmp_path / "runs", page=None)
    assert any("Make a run of your own" in label for label in links(app))
