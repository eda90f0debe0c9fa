"""A command typed at a prompt."""

import sys

from mosecrot_core import cli


def typed(monkeypatch, capsys, *arguments):
    """Run `mosecrot ARGUMENTS`; give exit code, output and errors."""
    monkeypatch.setattr(sys, "argv", ["mosecrot", *map(str, arguments)])
    code = 0
    try:
        cli.main()
    except SystemExit as ended:
        code = ended.code or 0
    return code, *capsys.readouterr()
