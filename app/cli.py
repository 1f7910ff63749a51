"""The command ``descentlab``: serve the laboratories, or run one and print its frames as JSON Lines."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

import engine
from app import jsonio, wire
from app.cli_claims import add_claims_command, check_claims
from app.cli_doctor import add_doctor_command, try_doctor
from app.cli_search import add_search_command, search_settings
from app.i18n import Translator, choose_language, translator
from app.messages import Inquiry
from app.serve import serve
from app.settings import settings_of
from engine.message import Message, _, say
from engine.params import InvalidParams, check, refused
from engine.replay import Change, Run

BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (0 well, 1 could not serve, 2 bad input)."""
    options = _parser().parse_args(arguments)
    words = translator(choose_language(None, os.environ.get("LANG", "").partition(".")[0].replace("_", "-")))
    try:
        match options.command:
            case "run":
                return _run(options, words)
            case "ask":
                return _ask(options, words)
            case "claims":
                return check_claims(options, words)
            case "doctor":
                return try_doctor(options, words)
            case "search":
                return search_settings(options, words)
            case _:
                return _serve(options, words)
    except InvalidParams as error:
        for problem in error.problems:
            place = f"{problem.path}: " if problem.path else ""
            print(f"{place}{words.say(problem.message)}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        # The reader (`head`) has what it wants. Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="descentlab",
        description="Interactive laboratories in which you watch neural networks train.",
        epilog="Without a command the laboratories are served to a browser. Further settings come from the "
        "environment as DESCENTLAB_<NAME>, see app/settings.py.",
    )
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (8000); 0 takes a free one")
    parser.add_argument("--workers", type=int, help="how many processes serve (1); the cores make a good number")
    parser.add_argument("--dask", help="address of a Dask scheduler whose workers train the trials of searches")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="run a laboratory, print JSON Lines",
        description="Run a laboratory and print a JSON object for each frame, one a line.",
        epilog='example: descentlab run race \'{"surface": "beale", "steps": 200}\'',
    )
    run.add_argument("name", help="the laboratory: " + ", ".join(engine.experiments()))
    run.add_argument("params", nargs="?", default="{}", help="its parameters as JSON; - reads them from stdin")
    run.add_argument("--seed", type=int, help="the seed, in place of the one in the parameters")
    run.add_argument("--stride", type=int, help="steps in a frame")
    run.add_argument("--changes", default="[]", help='live changes as JSON: [[step, {"field": value}], ...]')
    ask = commands.add_parser(
        "ask",
        help="ask a run a question, print the answer as JSON",
        description="Make a run, go to a step, ask it one of the laboratory's questions; print a JSON object.",
        epilog='example: descentlab ask charrnn sample \'{"prime": "The "}\' --run \'{"steps": 300}\'',
    )
    ask.add_argument("name", help="the laboratory: " + ", ".join(engine.experiments()))
    ask.add_argument("question", help="one of those that the laboratory declares")
    ask.add_argument("params", nargs="?", default="{}", help="the question's parameters as JSON; - reads stdin")
    ask.add_argument("--run", default="{}", help="the run's parameters as JSON")
    ask.add_argument("--at", type=int, help="the step at which to ask (the end)")
    ask.add_argument("--changes", default="[]", help='live changes as JSON: [[step, {"field": value}], ...]')
    add_claims_command(commands)
    add_doctor_command(commands)
    add_search_command(commands)
    return parser


def _ask(options: argparse.Namespace, words: Translator) -> int:
    experiment = engine.experiment(options.name)
    given = {
        "question": options.question,
        "params": jsonio.parse(_text(options.params), say(_("PARAMS"))),
        "run": jsonio.parse(options.run, Message("--run")),
        "changes": jsonio.parse(options.changes, say(_("The list of changes"))),
        "at": options.at,
    }
    inquiry = check(Inquiry, given)
    run = inquiry.begin(experiment)
    run.go_to(run.simulation.total if inquiry.at is None else inquiry.at)
    with _output() as out:
        out.write(wire.line(run.ask(inquiry.question, inquiry.params), words.say))
    return 0


def _text(given: str) -> str:
    return sys.stdin.read() if given == "-" else given


def _output() -> TextIO:
    """Return stdout in UTF-8 whatever the terminal's locale: the lines are for programs."""
    return open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False)


def _run(options: argparse.Namespace, words: Translator) -> int:
    experiment = engine.experiment(options.name)
    data = jsonio.parse(_text(options.params), say(_("PARAMS")))
    if options.seed is not None and isinstance(data, dict):
        data["seed"] = options.seed
    params = check(experiment.Params, data)
    run = Run(experiment, params, _changes(options.changes))
    stride = max(1, options.stride or experiment.stride)
    with _output() as out:
        out.write(wire.line(run.first(), words.say))
        while not run.done:
            out.write(wire.line(run.advance(stride), words.say))
            out.flush()
    return 0


def _changes(text: str) -> list[Change]:
    data = jsonio.parse(text, say(_("The list of changes")))
    changes = []
    for entry in data if isinstance(data, list) else [None]:
        match entry:
            case [int(step), dict(values)] if step >= 0:
                changes.append(Change(step, values))
            case _:
                raise refused(say('Changes are written as [[step, {{"field": value}}], ...].'), "changes")
    return changes


def _serve(options: argparse.Namespace, words: Translator) -> int:
    given: dict[str, Any] = {
        name: value
        for name in ("host", "port", "workers", "dask")
        if (value := getattr(options, name)) is not None
    }
    return serve(settings_of(given), words, browser=not options.no_browser)


if __name__ == "__main__":
    sys.exit(main())
