"""The command ``descentlab``: serve the laboratories, or run one and print its frames as JSON Lines."""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence
from typing import Any, TextIO

import uvicorn
from pydantic import ValidationError

import engine
from app import jsonio, wire
from app.cli_claims import add_claims_command, check_claims
from app.i18n import Translator, choose_language, translator
from app.main import create_app
from app.messages import Inquiry
from app.settings import Settings
from engine.message import Message, _, say
from engine.params import InvalidParams, check, explain
from engine.replay import Change, Run

BAD_INPUT = 2
FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (0 well, 1 could not serve, 2 bad input)."""
    options = _parser().parse_args(arguments)
    words = translator(choose_language(None, os.environ.get("LANG", "").partition(".")[0].replace("_", "-")))
    try:
        match options.command:
            case "run":
                return _run(options)
            case "ask":
                return _ask(options)
            case "claims":
                return check_claims(options, words)
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
    return parser


def _ask(options: argparse.Namespace) -> int:
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
        out.write(wire.line(run.ask(inquiry.question, inquiry.params)))
    return 0


def _text(given: str) -> str:
    return sys.stdin.read() if given == "-" else given


def _output() -> TextIO:
    """Return stdout in UTF-8 whatever the terminal's locale: the lines are for programs."""
    return open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False)


def _run(options: argparse.Namespace) -> int:
    experiment = engine.experiment(options.name)
    data = jsonio.parse(_text(options.params), say(_("PARAMS")))
    if options.seed is not None and isinstance(data, dict):
        data["seed"] = options.seed
    params = check(experiment.Params, data)
    run = Run(experiment, params, _changes(options.changes))
    stride = max(1, options.stride or experiment.stride)
    with _output() as out:
        out.write(wire.line(run.first()))
        while not run.done:
            out.write(wire.line(run.advance(stride)))
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
                raise jsonio.refused(say('Changes are written as [[step, {{"field": value}}], ...].'), "changes")
    return changes


def server_config(settings: Settings) -> uvicorn.Config:
    """Return how the web server runs: quiet, and its WebSockets without compression (our arrays do not shrink)."""
    return uvicorn.Config(
        create_app(settings),
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=settings.websocket_bytes,
        timeout_graceful_shutdown=2,
    )


def _serve(options: argparse.Namespace, words: Translator) -> int:
    given: dict[str, Any] = {
        name: value for name in ("host", "port") if (value := getattr(options, name)) is not None
    }
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise InvalidParams(explain(error)) from None
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        print(words.say(_why_not(settings.host, settings.port, error)), file=sys.stderr)
        return FAILED
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    url = f"http://{shown}:{port}/"

    class Server(uvicorn.Server):
        """Says where the page is once it answers."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            """Start, then print the address and open a browser where there is a desktop."""
            await super().startup(sockets)
            print(words.say(say(_("Descent Lab is at {url} (Ctrl+C stops it)"), url=url)), flush=True)
            if not options.no_browser and has_desktop():
                threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    Server(server_config(settings)).run(sockets=[listener])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family, kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind)
    try:
        if os.name == "posix":  # elsewhere this would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _why_not(host: str, port: int, error: OSError) -> Message:
    if error.errno == errno.EADDRINUSE:
        return say(
            _("Port {port} is taken: perhaps Descent Lab is already running. Choose another with --port {next}."),
            port=port,
            next=port + 1,
        )
    if error.errno == errno.EACCES:
        sentence = _("Port {port} may not be used by this account. Choose one above 1023 with --port 8000.")
        return say(sentence, port=port)
    reason = error.strerror or str(error)
    return say(_("Cannot listen on {host}:{port}: {reason}."), host=host, port=port, reason=reason)


def has_desktop() -> bool:
    """True when a browser can be opened for the person who typed the command."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
