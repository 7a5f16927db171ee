"""A library may be loaded without what it does not need; whoever needs that gets the real thing afterwards."""

from __future__ import annotations

import subprocess
import sys


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


TYPER = """import sys
from chatbot.cli.command_line.parsing import parse
from chatbot.cli.command_line.declared import Command
"""


def test_a_command_line_is_read_without_what_only_help_pages_need() -> None:
    code = TYPER + "parse(Command('x', 'X.', print), [], 'x')\n"
    unused = "{'typer', 'typer.main', 'inspect', 'difflib', 'gettext'}"
    assert run(code + f"print(sorted({unused} & set(sys.modules)))") == "[]"


def test_typer_can_be_used_afterwards() -> None:
    code = TYPER + "parse(Command('x', 'X.', print), [], 'x'); import typer; from typer.testing import CliRunner\n"
    code += "app = typer.Typer()\n@app.command()\ndef main(name: str = 'you'): typer.echo('hello ' + name)\n"
    assert run(code + "print(CliRunner().invoke(app, ['--name', 'me']).output)") == "hello me"


def test_a_late_module_is_loaded_when_a_function_of_it_is_called() -> None:
    code = (
        "import sys; from chatbot.outside.late import late, stand_ins\n"
        "with stand_ins({'colorsys': late('colorsys', 'rgb_to_hsv')}):\n"
        "    import colorsys\n    from colorsys import rgb_to_hsv\n"
        "print('colorsys' in sys.modules, rgb_to_hsv(0, 0, 0), 'colorsys' in sys.modules, colorsys.ONE_THIRD > 0)"
    )
    assert run(code) == "False (0.0, 0.0, 0) True True"


def test_a_late_module_may_be_asked_for_anything_while_it_still_stands_in() -> None:
    code = (
        "import sys; from chatbot.outside.late import late, stand_ins\n"
        "with stand_ins({'colorsys': late('colorsys', 'rgb_to_hsv')}):\n"
        "    import colorsys\n    print(colorsys.ONE_THIRD > 0, colorsys.rgb_to_hsv(0, 0, 0))\n"
        "import colorsys as after; print(after.__spec__ is not None)"
    )
    assert run(code) == "True (0.0, 0.0, 0)\nTrue"


def test_a_module_that_is_loaded_already_is_not_replaced() -> None:
    code = (
        "import colorsys as real; from chatbot.outside.late import late, stand_ins\n"
        "with stand_ins({'colorsys': late('colorsys')}):\n    import colorsys\n"
        "import colorsys as after; print(colorsys is real is after)"
    )
    assert run(code) == "True"
