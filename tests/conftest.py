"""Shared by all tests. Its being here also puts this folder, with `stores.py`, on the import path."""

import signal
import sys
from pathlib import Path

import pytest

# A shell starts its background jobs deaf to Ctrl-C, and what they start inherits it: tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def one_thread():
    """Tiny models are slower on several threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def processes():
    """Processes that begin quickly, to be killed."""
    from killed_runs import forked_processes

    return forked_processes()


@pytest.fixture
def open_app(monkeypatch):
    """Open the dashboard on a folder of runs, on a page of it, with what a link says."""
    from streamlit.testing.v1 import AppTest

    # AppTest leaves the app as `__main__`, which processes that are started later would run.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    file = Path(__file__).parents[1] / "dashboard" / "streamlit_app.py"

    def open_app(runs, page="app_pages/results.py", **query):
        monkeypatch.setattr(sys, "argv", ["streamlit_app.py", str(runs)])
        app = AppTest.from_file(str(file), default_timeout=30)
        app.query_params.update(query)
        app.run()
        if page is not None:
            app.switch_page(page)
            app.query_params.update(query)
            app.run()
        assert not app.exception
        return app

    return open_app
