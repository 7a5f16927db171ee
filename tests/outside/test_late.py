"""A library may be loaded without what it does not need; whoever needs that gets the real thing afterwards."""

from __future__ import annotations

from tests.processes import python


def run(*lines: str) -> str:
    return python("\n".join(lines)).strip()


TYPER = "import sys; from chatbot.cli.command_line.parsing import parse"
PARSED = "from chatbot.cli.command_line.declared import Command; parse(Command('x', 'X.', print), [], 'x')"


def test_a_command_line_is_read_without_what_only_help_pages_need() -> None:
    unused = "{'typer', 'typer.main', 'inspect', 'difflib', 'gettext'}"
    assert run(TYPER, PARSED, f"print(sorted({unused} & set(sys.modules)))") == "[]"


def test_typer_can_be_used_afterwards() -> None:
    app = "app = typer.Typer()\n@app.command()\ndef main(name: str = 'you'): typer.echo('hello ' + name)"
    called = "print(CliRunner().invoke(app, ['--name', 'me']).output)"
    assert run(TYPER, PARSED, "import typer; from typer.testing import CliRunner", app, called) == "hello me"


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


def test_a_short_option_asks_for_no_near_names() -> None:
    parsed = "from chatbot.cli.chat.command import DECLARED; parse(DECLARED, ['-m', 'echo', '-n', 'hi'], 'x')"
    assert run(TYPER, parsed, "print('difflib' in sys.modules)") == "False"


def test_a_pattern_is_compiled_when_it_is_used() -> None:
    code = (
        "import sys; from chatbot.outside.late import patterns_compiled_late; import re\n"
        "with patterns_compiled_late():\n    import quopri, http.cookies, re as standing\n"
        "made = standing.compile('(a)b', re.I)\n"
        "print(type(made).__name__, made.match('AB').group(1), made.pattern, sys.modules['re'] is re)\n"
        "print(http.cookies.SimpleCookie('a=b; c=d').output(header='', sep=';'), standing.sub('a', 'b', 'aa'))"
    )
    assert run(code) == "LatePattern A (a)b True\n a=b; c=d bb"


def test_a_pattern_that_is_wrong_says_so_when_it_is_used() -> None:
    code = (
        "from chatbot.outside.late import LatePattern; import re\n"
        "made = LatePattern('(', 0)\ntry:\n    made.match('')\nexcept re.error as error:\n    print(error)"
    )
    assert run(code).startswith("missing )")
