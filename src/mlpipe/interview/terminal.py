"""The mock interview on the command line: sit it, resume it, score it, drill, compare with a peer."""

from __future__ import annotations

import argparse
import contextlib
import io
import shutil
import sys
from pathlib import Path

from mlpipe.interview import store
from mlpipe.interview.content import LEVELS, QUESTIONS, minutes, scenario, scenarios
from mlpipe.interview.drill import drill
from mlpipe.interview.engine import Interview
from mlpipe.interview.listen import listen
from mlpipe.interview.printed import write_printed
from mlpipe.interview.rating import ask_quotes, look_back, rate, rate_cold_answer, show_result, write_card
from mlpipe.interview.score import compare, from_event, level
from mlpipe.interview.screen import Screen, keep
from mlpipe.interview.session import Session
from mlpipe.paths import call, home

FAST, MARK = 10, "-fast"  # how much faster the clock runs with --fast, and how the names of such attempts end


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="mlpipe interview",
        description="The mock interview in a terminal: 18 minutes on one question, then the score and a scorecard.",
        epilog="Attempts are kept in $MLPIPE_HOME/interviews, or in the platform's place for user data. "
        "MLPIPE_RATER_URL names a chat-completions endpoint of your own for a second opinion in the scorecard; "
        "MLPIPE_RATER_MODEL says which model, MLPIPE_RATER_SECONDS how long to wait. Without it nothing is contacted.",
    )
    top.add_argument("question", choices=QUESTIONS, nargs="?", help="which question; with --heard it may be left out")
    top.add_argument("--seed", type=int, help="deals questions and cards (default: another one each time)")
    top.add_argument("--target", choices=LEVELS, default="senior", help="the level that you sit for (default: senior)")
    names = [one.id for name in QUESTIONS for one in scenarios(name)]
    top.add_argument("--scenario", choices=names, help="the product that it is about (default: another one each time)")
    top.add_argument("--live", action="store_true", help="score the five dimensions that can be followed live")
    top.add_argument("--fast", action="store_true", help=f"a clock that runs {FAST} times as fast, to try it out")
    top.add_argument("--attempt", metavar="ID", help="with --resume or --score: which attempt (default: the last)")
    what = top.add_mutually_exclusive_group()
    what.add_argument("--resume", action="store_true", help="go on with an attempt that you left")
    what.add_argument("--score", action="store_true", help="score an attempt that is finished")
    what.add_argument("--drill", action="store_true", help="ten follow-ups with model answers, no clock")
    what.add_argument("--list", action="store_true", help="your attempts")
    what.add_argument("--peer", metavar="FILE", type=Path, help="score the attempt in a file that a peer sent you")
    what.add_argument("--compare", metavar="FILE", type=Path, help="your last score beside the one that a peer sent")
    what.add_argument("--heard", metavar="FILE", type=Path, help="what is heard in a text (- is the input)")
    what.add_argument("--print", metavar="FOLDER", type=Path, help="write sheets and cards, to print")
    return top


def main(arguments: list[str] | None = None, screen: Screen | None = None) -> int:
    """Run one command line and return the exit status: 0, 2 for a mistake, which is one sentence, 130 for Ctrl-C."""
    options = parser().parse_args(arguments)
    if options.question is None and options.heard is None:
        parser().error(f"which question? Expected one of {', '.join(QUESTIONS)}")
    if screen is None:
        with contextlib.suppress(ImportError):  # Windows edits lines by itself
            import readline  # noqa: F401 - `input` edits lines by it, and takes more than the 4,096 signs of a terminal
        screen = Screen(width=max(40, min(80, shutil.get_terminal_size().columns)))
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a sign shows ? in its place
    if options.fast:
        screen.speed = FAST
    try:
        if options.heard:
            listen(options.heard, options.question, screen)
        elif options.list:
            _list(options.question, screen)
        elif options.print:
            for path in write_printed(options.print, [options.question]):
                screen.tell(str(path))
        elif options.drill:
            drill(options.question, _another_seed(options), options.target, screen)
        elif options.compare:
            _compare(options.question, options.compare, screen)
        elif options.peer:
            _score_peer(options, screen)
        else:
            interview = _choose(options, screen)
            screen.speed = FAST if interview.attempt_id.endswith(MARK) else screen.speed  # also when it is resumed
            _interview(interview, options, screen)
    except EOFError:
        return 0
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _another_seed(options: argparse.Namespace) -> int:
    return sum(len(one) for one in store.attempts(options.question)) if options.seed is None else options.seed


def _choose(options: argparse.Namespace, screen: Screen) -> Interview:
    """The attempt to go on with or to score, or a new one."""
    question = options.question
    if options.scenario:
        scenario(question, options.scenario)  # one of the other question is told before anything else
    if options.attempt and (options.resume or options.score):
        return store.load(question, options.attempt, screen.clock)
    earlier, damaged = store.attempts(question, screen.clock)
    for sentence in damaged:
        screen.tell(sentence)
    left = [one for one in earlier if one.state != "finished"]
    finished = [one for one in earlier if one.state == "finished"]
    if options.resume:
        if found := left or [one for one in finished[-1:] if not one.scores]:
            return found[-1]
        raise ValueError(f"there is no attempt to resume. Begin one: {call('interview', question=question)}")
    if options.score:
        if finished:
            return finished[-1]
        begin, go_on = call("interview", question=question), call("interview", "--resume", question=question)
        raise ValueError(f"there is no finished attempt to score. Begin one: {begin}, or go on: {go_on}")
    if left:
        screen.say("command.left", at=minutes(left[-1].elapsed()))
    attempt_id = store.new_attempt_id() + (MARK if options.fast else "")
    about = options.scenario or store.next_scenario(question)
    return Interview(question, _another_seed(options), screen.clock, options.target, attempt_id, about)


def _interview(interview: Interview, options: argparse.Namespace, screen: Screen) -> None:
    try:
        if interview.state != "finished":
            Session(interview, screen).sit()
        look_back(interview, screen)
        if not interview.scores:
            ask_quotes(interview, screen)
        given = rate(interview, screen, options.live)
    except (EOFError, KeyboardInterrupt):
        screen.tell()
        if interview.state == "ready":
            screen.say("command.nothing_kept")
        elif path := _kept(interview, screen):
            what = "--score" if interview.state == "finished" else "--resume"
            go_on = call("interview", what, question=interview.question)
            screen.say("command.stopped", at=minutes(interview.elapsed()), path=path, call=go_on)
        raise
    interview.score(given.levels, given.unprompted, given.gates, sentences=given.sentences)
    _kept(interview, screen)
    try:
        rate_cold_answer(interview.question, screen)
    finally:
        show_result(interview, given, screen)
    screen.say("command.next", call=call("interview", "--drill", question=interview.question))


def _kept(interview: Interview, screen: Screen) -> Path | None:
    """Save, for the last time; what cannot be saved is shown, to be copied."""
    if not (path := keep(interview, screen)):
        said = [f"{about}:\n{text}" for about, text in (interview.notes | interview.answers).items()]
        screen.tell("\n".join(["Copy what you want to keep:", *said]))
    return path


def _list(question: str, screen: Screen) -> None:
    earlier, damaged = store.attempts(question, screen.clock)
    for one in earlier:
        state = f"scored: {level(from_event(one.scores[-1]), one.content)}" if one.scores else one.state
        screen.tell(f"{one.attempt_id:<30} {minutes(one.elapsed()):>5}  {one.scenario:<5} {one.target:<7} {state}")
    if not earlier:
        screen.say("command.no_attempt", question=question, folder=store.folder(question))
    for sentence in damaged:
        screen.tell(sentence)


def _score_peer(options: argparse.Namespace, screen: Screen) -> None:
    interview = store.read(options.peer, screen.clock)
    look_back(interview, screen)
    given = rate(interview, screen, options.live, peer=True)
    path = home() / "peer_scores" / f"{interview.question}-{interview.attempt_id}.json"
    store.write_score(path, given, peer=True)
    screen.say("command.peer", path=path)


def _compare(question: str, peer: Path, screen: Screen) -> None:
    earlier, _ = store.attempts(question, screen.clock)
    scored = [one for one in earlier if one.own_scores]
    if not scored:
        raise ValueError("there is no score of yours to compare with: --score first")
    interview, theirs = scored[-1], store.read_score(peer)
    mine = from_event(interview.own_scores[-1])
    screen.say("command.compare", attempt=interview.attempt_id, path=peer)
    screen.tell(compare(mine, theirs))
    if theirs not in [from_event(event) for event in interview.scores if event["peer"]]:
        interview.score(theirs.levels, theirs.unprompted, theirs.gates, peer=True, sentences=theirs.sentences)
        keep(interview, screen)
    write_card(interview, screen)
