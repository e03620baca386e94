"""The commands behind the Makefile: `python -m mlpipe.workshop --help`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m mlpipe.workshop", description="Run, read and keep the course.")
    commands = top.add_subparsers(dest="command", required=True)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    run = command("run", "Execute the lessons into build/run and build/html, with a report.")
    instructor = command("instructor", "Execute the lessons with solved exercises and speaker's notes.")
    refresh = command("refresh", "Make the stored notebooks anew from their texts.")
    lab = command("lab", "Open your own copy of the course, my_course/, in JupyterLab.")
    author = command("author", "Open the lessons themselves in JupyterLab, paired with their texts.")
    for one in (run, instructor, refresh):
        one.add_argument("--only", default="", metavar="02,05", help="these lessons only")
    for one in (run, instructor):
        one.add_argument("--jobs", type=int, default=2, help="lessons at a time (default: 2)")
    run.add_argument("--seed", type=int, help="another SEED than the lesson's")
    run.add_argument("--scale", choices=("full", "small"), help="another SCALE than the lesson's")
    for one in (lab, author):
        one.epilog = "Other arguments, such as --no-browser, are handed on to JupyterLab."
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command; a mistake of the caller is one sentence and exit status 2."""
    options, others = parser().parse_known_args(arguments)
    if others and options.command not in ("lab", "author"):
        parser().error(f"unknown arguments: {' '.join(others)}")
    root = Path.cwd()
    try:
        if options.command == "run":
            from mlpipe.workshop.run import run

            return run(root, options.only, options.jobs, options.seed, options.scale)
        if options.command == "instructor":
            from mlpipe.workshop.instructor import instructor

            return instructor(root, options.only, options.jobs)
        if options.command == "refresh":
            from mlpipe.workshop.refresh import refresh

            return refresh(root, options.only)
        from mlpipe.workshop import lab

        return (lab.lab if options.command == "lab" else lab.author)(root, others)
    except (OSError, ValueError) as error:  # a system's error names the file and the problem
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    code = main()
    if code == 130:  # interrupted, and all is told: one more Ctrl-C must not add a traceback
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)
