"""The command `mlpipe`, in a checkout (where `make` calls it) and in any other folder: `mlpipe --help`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from mlpipe.paths import FILES, checkout

AUTHORS = ("refresh", "author", "exercise")


class Parser(argparse.ArgumentParser):
    """A mistake on the command line is one sentence."""

    def error(self, message: str):
        """Say what is wrong, and where to look."""
        self.exit(2, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = Parser(
        prog="mlpipe",
        description="An executable course for the machine-learning pipeline design interview.",
        epilog="`mlpipe COMMAND --help` says more. The authors' commands need a checkout of the course.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str, epilog: str = "") -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, epilog=epilog)

    handed_on = "Other arguments, such as --no-browser, are handed on to JupyterLab."
    command("lab", "Open your own copy of the course, my_course/ in this folder, in JupyterLab.", handed_on)
    run = command("run", "Execute lessons: the site in build/html in this folder, a report at the end.")
    commands.add_parser("interview", help="Sit a mock interview in the terminal.", add_help=False)
    site = command("site", "The site in build/html in this folder, of what was executed, or of the stored notebooks.")
    instructor = command("instructor", "Execute lessons with solved exercises; pages with notes in build/instructor.")
    slides = command("slides", "Slides of the lessons, with a speaker's view: build/slides in this folder.")
    progress = command("progress", "How far have you come? Lessons, exercises, guesses, interviews, and what is next.")
    progress.add_argument("--forget", action="store_true", help="remove it from this machine, after a question")
    progress.add_argument("--yes", action="store_true", help="with --forget: do not ask")
    command("check-environment", "Is this machine ready for the course? What fails comes with its fix.")
    _add_serve(command("serve", "Answer with lists of films on this machine: two stages, with budgets and fallbacks."))
    refresh = command("refresh", "For authors: make the stored notebooks anew from their texts.")
    command("author", "For authors: open the lessons' texts in JupyterLab.", handed_on)
    exercise = command("exercise", "For authors: prove an exercise, and tell how often each mistake is told.")
    exercise.add_argument("--only", default="", metavar="05.user_step", help="these exercises or lessons only")
    for one in (run, instructor, slides, refresh):
        one.add_argument("--only", default="", metavar="02,05", help="these lessons only")
    for one in (run, site, instructor):
        one.add_argument("--jobs", type=int, default=2, help="lessons or pages at a time (default: 2)")
    site.add_argument(
        "--solutions", choices=("yes", "no"), default="yes", help="of the exercises, folded (default: yes)"
    )
    site.add_argument("--notes", choices=("yes", "no"), default="no", help="of the speaker (default: no)")
    run.add_argument("--seed", type=int, help="another SEED than the lesson's")
    run.add_argument("--scale", choices=("full", "small"), help="another SCALE than the lesson's")
    return top


def _add_serve(serve: argparse.ArgumentParser) -> None:
    build = "the model is built there from MovieLens where there is none (default: build/serving in this folder)"
    serve.add_argument("--folder", type=Path, help=f"of the model, the histories, and the request log; {build}")
    serve.add_argument("--port", type=int, default=8000, help="0 for any that is free (default: 8000)")
    serve.add_argument("--at-a-time", type=int, default=8, help="requests that are worked on (default: 8)")
    serve.add_argument("--waiting", type=int, default=64, help="requests that may wait; others get a 503 (default: 64)")
    serve.add_argument("--exploration", type=float, default=0.02, help="share of places that explore (default: 0.02)")
    hedge = "send a second read of a history then, for 5 %% of the reads at most"
    serve.add_argument("--hedge-after", type=float, metavar="SECONDS", help=hedge)
    slow = "to try what it does: so many seconds later, for this share of the reads, such as 0.2:0.1"
    serve.add_argument("--slow-store", type=_slow, default=(0.0, 0.0), metavar="SECONDS:SHARE", help=slow)
    serve.add_argument("--until-closed", action="store_true", help="end when the standard input is closed")


def _slow(text: str) -> tuple[float, float]:
    seconds, _, share = text.partition(":")
    try:
        return float(seconds), float(share)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form SECONDS:SHARE, such as 0.2:0.1") from None


def main(arguments: list[str] | None = None) -> int:
    """Run one command; a mistake of the caller is one sentence and exit status 2."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["interview"]:
        from mlpipe.interview import terminal

        return terminal.main(given[1:])
    options, others = parser().parse_known_args(given)
    if others and options.command not in ("lab", "author"):
        parser().error(f"unknown arguments: {' '.join(others)}")
    try:
        return command(options, others)
    except KeyboardInterrupt:
        print("Interrupted. What is finished is kept; the same call goes on.", file=sys.stderr)
        return 130
    except (OSError, ValueError) as error:  # a system's error names the file and the problem
        print(error, file=sys.stderr)
        return 2


def command(options: argparse.Namespace, others: list[str]) -> int:
    """Run the command that was chosen, on the checkout's lessons in a checkout, elsewhere on those of this package."""
    from mlpipe.workshop.execute import ONE_THREAD

    os.environ.update(ONE_THREAD)  # before NumPy is imported, which reads them once
    found = checkout()
    if options.command in AUTHORS and found != FILES:
        where = "this folder is not in one" if found is None else f"this is the `mlpipe` of {FILES}, not of {found}"
        raise ValueError(
            f"mlpipe {options.command} works on a checkout of the course, and {where}: "
            f"call `make {options.command}` in a clone of the project"
        )
    course, folder = found or FILES, found or Path.cwd()
    if options.command == "run":
        from mlpipe.workshop.run import run

        return run(course, options.only, options.jobs, options.seed, options.scale, into=folder)
    if options.command == "site":
        from mlpipe.workshop.site import Edition, site

        edition = Edition(solutions=options.solutions == "yes", notes=options.notes == "yes")
        print("Building the site ...", flush=True)
        print(f"Read on: {site(course, folder, edition, options.jobs)}")
        return 0
    if options.command == "instructor":
        from mlpipe.workshop.instructor import instructor

        return instructor(course, options.only, options.jobs, into=folder)
    if options.command == "slides":
        from mlpipe.workshop.slides import slides

        return slides(course, options.only, into=folder)
    if options.command == "refresh":
        from mlpipe.workshop.refresh import refresh

        return refresh(course, options.only)
    if options.command == "exercise":
        from mlpipe.workshop.prove import exercise

        return exercise(course, options.only)
    if options.command == "serve":
        return _serve(options, options.folder or folder / "build" / "serving")
    if options.command == "progress":
        from mlpipe.workshop.progress import ask_to_forget, report

        return ask_to_forget(options.yes) if options.forget else report()
    if options.command == "check-environment":
        from mlpipe.workshop import environment

        found_out = environment.report()
        print("\n".join(line for line, _ in found_out))
        return int(not all(good for _, good in found_out))
    from mlpipe.workshop import lab

    return lab.author(course, others) if options.command == "author" else lab.lab(course, others, into=folder)


def _serve(options: argparse.Namespace, folder: Path) -> int:
    """Serve from a folder; what is not there is built first."""
    from mlpipe import arguments
    from mlpipe.datasets import movielens
    from mlpipe.serving import app, service

    arguments.whole_number("port", options.port, 0, 65_535)
    settings = service.Settings(
        at_a_time=options.at_a_time,
        waiting=options.waiting,
        exploration=options.exploration,
        hedge_after=options.hedge_after,
        slow_store=options.slow_store,
    )
    if not (folder / "current").exists():
        from mlpipe.serving import build

        print(f"no model in {folder}: it is built now, in some seconds", flush=True)
        data = movielens()
        likes = data.ratings[data.ratings["rating"] >= 4]
        build.build(folder, likes, data.items, progress=lambda step: print(f"  {step}", flush=True))
    return app.serve(folder, options.port, settings, sys.stdin.fileno() if options.until_closed else None)


def script() -> None:
    """Entry point of the console script."""
    code = main()
    if code == 130:  # interrupted, and all is told: one more Ctrl-C must not add a traceback
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


if __name__ == "__main__":
    script()
