"""What the interviewer hears: which concepts, faults and numbers an answer holds, with their sentences. Never a level.

The lexicon is content: `variants` and `weak` of each concept in lexicon.toml, where the notation is explained, and the
faults in faults.toml.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from mlpipe.interview import content
from mlpipe.interview.content import sentence

STATES = ("reasoned", "said", "named", "denied", "not heard")
_RECITED = 10  # concepts that are only named, from which on an answer may be one that recites
_BEST = ("not heard", "named", "denied", "said", "reasoned")  # what wins when a concept is heard several times


class Heard(NamedTuple):
    """A concept or fault by its id, one of `STATES`, and the sentence that shows it, as typed; "" when not heard."""

    concept: str
    state: str
    sentence: str = ""


class Number(NamedTuple):
    """A number that was uttered: its value, its unit in one spelling (ms, s, %, times, users, GB ...), its sentence."""

    value: float
    unit: str
    sentence: str


def heard(question: str, text: str) -> tuple[Heard, ...]:
    """What is heard of each concept of a question.

    A concept is *reasoned* when its sentence, or the next one that refers back, gives a cause, a number with a unit, a
    consequence or a choice given up; *said* when a sentence states it, as every question does at most; *named* when it
    is only an item of a list, a heading or a bare word; *denied* when it is put aside ("latency is not a problem"). Of
    several mentions the best counts, reasoned before said; to put a concept aside outweighs to name it, but not to have
    stated it elsewhere: who says both knows it, and the contradiction is for the interviewer to ask about. Where most
    concepts are only named, the answer recites, and what would pass as said elsewhere counts as named, too.

    Lines that begin with "Interviewer:" and lines of code are not heard.

    Parameters
    ----------
    question : "recommender" or "ctr"
    text : str
        What the candidate says: sentences, notes, or dictation without full stops.

    Returns
    -------
    tuple of Heard
        One for each concept, in the order of the file; `sentence` is as typed, of several that show the same state the
        one that shows it most clearly, of a long one the words around it; "" when the concept is not heard.

    Raises
    ------
    ValueError
        For an unknown question.

    Examples
    --------
    >>> [one for one in heard("ctr", "Calibration is not a problem.") if one.state != "not heard"]
    [Heard(concept='calibration', state='denied', sentence='Calibration is not a problem.')]
    """
    best = {one.id: (Heard(one.id, "not heard"), 0.0, (0, 0)) for one in content.concepts(question)}
    units = _units(text)
    for number, unit in enumerate(units):
        for shown in _states(question, unit.text, unit.heading):
            state, asks = shown.state, _asks(unit.text)
            if state == "said" and not asks and number + 1 < len(units) and _refers_back(units[number + 1].text):
                state = "reasoned"
            elif state == "reasoned" and asks:
                state = "said"
            before, clearness, _ = best[shown.concept]
            if (_BEST.index(state), shown.clearness) > (_BEST.index(before.state), clearness):
                best[shown.concept] = Heard(shown.concept, state, unit.text), shown.clearness, shown.place
    found = tuple(one._replace(sentence=_around(one.sentence, *place)) for one, _, place in best.values())
    states = Counter(one.state for one in found)
    if states["named"] > max(_RECITED, states["said"] + states["reasoned"]):
        return tuple(one._replace(state="named") if one.state == "said" else one for one in found)
    return found


def faults(question: str, text: str) -> tuple[Heard, ...]:
    """The faults that are asserted, not those that are rejected ("a random split would leak"), each with its sentence.

    Raises ValueError for an unknown question.
    """
    found = dict[str, Heard]()
    table = {one["id"]: one for one in content.faults(question)}
    for unit in _units(text):
        shadow = _shadow(unit.text)
        for hit in _lexicon("faults.toml", question).hits(shadow):
            if hit.concept not in found and not _asks(unit.text) and not _rejected(shadow, hit):
                found[hit.concept] = Heard(hit.concept, "said", _around(unit.text, hit.begin, hit.end))
    states = {one.concept: one.state for one in heard(question, text)} if found else {}
    mended = {id for id in found if any(states[one] in STATES[:2] for one in table[id].get("unless", ()))}
    return tuple(found[id] for id in table if id in found and id not in mended)


def fault_names(question: str) -> dict[str, str]:
    """The faults that are listened for, by id. Raises ValueError for an unknown question."""
    return {one["id"]: one["name"] for one in content.faults(question)}


def numbers(text: str) -> tuple[Number, ...]:
    """The numbers that were uttered, with their units, in the order of the text.

    The unit of a place in a ranking ("top 10", "recall at 10") is "top", and "" where there is none. A share is in
    percent ("a tenth" is 10 %), and each end of a range is a number. Years, times of day, code, and numbers in words
    without a unit ("one model") are left out: they measure nothing.
    """
    return tuple(one for unit in _units(text) for one in _numbers(unit.text))


def evidence(question: str, text: str) -> dict[str, tuple[Heard, ...]]:
    """For each dimension what was heard, reasoned first, then said.

    Code is evidence for D8, under the name "code", and a sentence that steers the interview for D9, as "steering".
    Raises ValueError for an unknown question.
    """
    of = {one.id: one.dimension for one in content.concepts(question)}
    found: dict[str, list[Heard]] = {dimension: [] for dimension in content.DIMENSIONS}
    for state in STATES[:2]:
        for one in heard(question, text):
            if one.state == state:
                found[of[one.concept]].append(one)
    found["D8"] += [Heard("code", "said", line) for line in _split(text)[1]]
    found["D9"] += [Heard("steering", "said", one.text) for one in _units(text) if _steers(one.text)]
    return {dimension: tuple(of_it) for dimension, of_it in found.items()}


def squeezed(text: str) -> str:
    """Text without case and with single spaces, for comparing.

    >>> squeezed("Two  Towers")
    'two towers'
    """
    return " ".join(text.casefold().split())


def language_problem(text: str) -> str:
    """A sentence that says so if the words are hardly English, else ""."""
    words = [word for word in re.findall(r"[^\W\d_]+", text.lower()) if len(word) > 1]
    letters = [sign for sign in text if sign.isalpha()]
    if len(letters) >= 30 and sum(sign.isascii() for sign in letters) < len(letters) / 2:  # another script
        return sentence("hearing.language")
    if len(words) < 12:
        return ""
    share = sum(word in _words("english") or word in _vocabulary() for word in words) / len(words)
    return "" if share >= 0.4 else sentence("hearing.language")


# ---------------------------------------------------------------- text to sentences


@dataclass(frozen=True)
class _Unit:
    """A sentence, or a piece of one that has no full stops, as typed."""

    text: str
    heading: bool = False


_LINE = re.compile(r"[^\r\n]+")
_SPEAKER = re.compile(r"\s{0,3}[*_]{0,2}(interviewer|candidate)[*_]{0,2}\s?:[*_]{0,2}", re.IGNORECASE)
_BULLET = re.compile(r"\s*(?:(?:[-*•·–—>+]|\d{1,2}[.)]|\(?[a-z]\))\s+|#{1,6}\s*)")
_CODE = re.compile(  # what may be code, or a formula in notes
    r"\s*(?:return\b.*[(\[\w]|for\s+\w.*\sin\s.*:\s*$|(?:if|elif|while|with)\b.*[(=<>\[].*:\s*$|assert\s.*[=<>(]"
    r"|\w[\w., \[\]:]{0,40}\s[-+*/@]?=\s*[^=\s].*[(\[{@\"'].*[)\]}\"'\w]\s*(?:#.*)?$"
    r"|[A-Za-z_][\w.]{0,60}\(.{0,200}\)\s*(?:#.*)?$)"
)
_INDENTED = re.compile(r"(?: {4}|\t)\s*(?![-*•]\s)(?=.*(?:[=()\[\]]|:\s*$|#))")
_STATEMENT = re.compile(  # what is code without a doubt
    r"\s*(?:(?:async\s+)?def\s+\w+\s*\(|class\s+[A-Z]\w*\s*[(:]|import\s+[\w.]+(?:\s+as\s+\w+)?\s*$"
    r"|from\s+[\w.]+\s+import\b|@[\w.]+$|print\()"
)
_CALL = re.compile(  # a method, an argument by name, a string, an index
    r"\w\.[a-z_]\w*\(|\w_\w*\(|\w\([^()]*\b\w+=[^=\s]|[(\[{=,:]\s*[\"'][^\"']*[\"']|\w\[[^\]]*\]"
)
_FORMULAS = 30  # lines in a row that may be formulas, beyond which they are code
_FUNCTION = re.compile(r"[A-Za-z]\w+\(")
_STOP = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|;(?=\s)")
_QUESTION = re.compile(r"\?[\"'”’)\]*_]*\s*$")
_TAG = re.compile(r"[,–—-]\s*(?:right|ok|okay|correct|yes|no)\s*\?[\"'”’)\]*_]*\s*$", re.IGNORECASE)
_ABBREVIATED = re.compile(
    r"(?:\b(?:e\.?g|i\.?e|vs|approx|etc|cf|resp|incl|ca|avg|max|min|rel|excl|no(?=\. \d))|\b[a-z]|^\s*\d{1,2})\.$",
    re.IGNORECASE,
)
_CONJUNCTION = re.compile(
    r"\s(?=(?:and|but|so|then|also|okay|ok|now|next|well|um|uh|plus)\s+"
    r"(?:i|we|you|the|then|that|this|it|there|they|for|if|on|in|so|what|when|as|after|at|my|our|let|now|next|also|one)\b)",
    re.IGNORECASE,
)
_BREATH = re.compile(r".{1,700}(?=\s|$)|.{1,700}", re.DOTALL)
_LONG = 24  # words without a comma or stop, from which on a sentence is taken for dictation


@lru_cache(maxsize=8)
def _split(text: str) -> tuple[tuple[_Unit, ...], tuple[str, ...]]:
    """The candidate's sentences, and the lines of code."""
    units, code = list[_Unit](), list[str]()
    begin = end = 0  # of the prose that is being gathered: a line that was wrapped goes on in the next one
    fenced = asked = False  # within code; within a question of the interviewer's
    fences = len(re.findall(r"(?m)^\s*(?:```|~~~)", text))
    width = max((len(line) for line in text.splitlines()), default=0)
    kinds = _kinds(text)

    def close() -> None:
        units.extend(_sentences(text[begin:end]))

    for found in _LINE.finditer(text):
        line, start = found[0], found.start()
        if re.match(r"\s*(```|~~~)", line):
            close()
            begin = end = found.end()
            fences -= 1
            fenced = not fenced and fences > 0  # one that nobody closes opens nothing
            continue
        speaker = _SPEAKER.match(line)
        if speaker:
            fenced = False
            start += speaker.end()
            line = line[speaker.end() :]
        interviewer = speaker and speaker[1].lower() == "interviewer"
        kind = "code" if fenced else kinds.get(found.start(), "")
        if kind == "formula" and _FUNCTION.search(line) and line.isascii():
            code.append(line.strip())  # it is heard as well
        if not interviewer and line.strip() and kind == "code":
            close()
            begin = end = found.end()
            code.append(line.strip())
            continue
        bullet = _BULLET.match(line)
        previous = text[begin:end]
        above = text[text.rfind("\n", 0, max(0, found.start() - 1)) + 1 : found.start()].rstrip()
        wrapped = (
            bool(above and line.strip() and not speaker and not bullet)
            and 60 <= width <= 140
            and width - len(above) <= len(line.split()[0])  # the next word had no room
            and above[-1] not in ".!?:;"
        )
        asked = bool(interviewer or (asked and wrapped))
        wrapped = wrapped and bool(previous)
        if not wrapped:
            close()
            begin = start + (bullet.end() if bullet else 0)
        end = begin if asked else found.end()
        if bullet and "#" in bullet[0]:
            units.extend(_Unit(one.text, True) for one in _sentences(text[begin:end]))
            begin = end
    close()
    return tuple(units), tuple(code)


def _kinds(text: str) -> dict[int, str]:
    """Which lines are "code" and which a "formula", by where they begin.

    A line that may be code is a formula when it speaks of a concept or gives a quantity, unless code without a doubt
    stands right above or below, or so many such lines follow each other as no notes have.
    """
    kinds, block = dict[int, str](), list[tuple[int, str]]()
    sure, last = False, -2

    def close() -> None:
        certain = sure or len(block) > _FORMULAS
        kinds.update({start: "code" if certain or not _speaks(line) else "formula" for start, line in block})
        block.clear()

    for found in _LINE.finditer(text):
        speaker = _SPEAKER.match(found[0])
        line = found[0][speaker.end() :] if speaker else found[0]
        short = len(line) <= 300
        states = short and bool(_STATEMENT.match(line))
        maybe = states or (short and bool(_CODE.match(line) or (not speaker and _INDENTED.match(line))))
        if text[last : found.start()] not in ("\n", "\r\n", "\r") or not maybe:
            close()
            sure = False
        if maybe:
            block.append((found.start(), line))
            sure = sure or states or bool(_CALL.search(line))
        last = found.end()
    close()
    return kinds


def _speaks(line: str) -> bool:
    """Whether a line holds words of a concept, or a number with a unit."""
    shadow = _shadow(line)
    found = (hit for question in content.QUESTIONS for hit in _lexicon("lexicon.toml", question).hits(shadow))
    return any(not hit.weak for hit in found) or any(one.unit for one in _numbers(line))


def _units(text: str) -> tuple[_Unit, ...]:
    return _split(text)[0]


def _asks(text: str) -> bool:
    """Whether a sentence is a question; "..., right?" behind a statement makes it none."""
    return bool(_QUESTION.search(text)) and not _TAG.search(text)


def _sentences(prose: str) -> Iterator[_Unit]:
    begin = 0
    for stop in _STOP.finditer(prose):
        if not _ABBREVIATED.search(prose, max(begin, stop.end() - 12), stop.end()):
            yield from _pieces(prose[begin : stop.end()])
            begin = stop.end()
    yield from _pieces(prose[begin:])


def _pieces(one: str) -> Iterator[_Unit]:
    """A sentence whole, or at its conjunctions if it runs on as dictation does; never longer than a breath."""
    cuts = [0]
    if len(one.split()) > _LONG * (1 + one.count(",") + one.count(":")):
        for found in _CONJUNCTION.finditer(one):
            if len(one[cuts[-1] : found.start()].split()) >= 5:
                cuts.append(found.start())
    for begin, end in pairwise([*cuts, len(one)]):
        for found in _BREATH.finditer(one, begin, end):
            if piece := found[0].strip():
                yield _Unit(piece)


# ---------------------------------------------------------------- a sentence in one spelling


class _Shadow:
    """The tokens of a sentence in one spelling, each followed by one space in `text`, where patterns look."""

    def __init__(self, tokens: Sequence[str]):
        self.tokens = tuple(tokens)
        self.text = "".join(f"{one} " for one in tokens)
        self.starts = [0]
        for one in tokens:
            self.starts.append(self.starts[-1] + len(one) + 1)

    def index(self, position: int) -> int:
        """Which token a character belongs to."""
        return bisect_right(self.starts, position) - 1

    @cached_property
    def clauses(self) -> list[int]:
        """The number of the clause that each token belongs to."""
        number, numbers = 0, list[int]()
        for i, token in enumerate(self.tokens):
            follows = self.tokens[i + 1] if i + 1 < len(self.tokens) else ""
            opens = token in _OPENS or token in _PAUSES or (token == "and" and follows in _SUBJECTS)
            if opens and i and self.tokens[i - 1] not in _PAUSES:
                number += 1
            numbers.append(number)
        return numbers

    @cached_property
    def listed(self) -> set[int]:
        """The tokens that stand in an enumeration of three or more short items."""
        items, item = list[list[int]](), list[int]()
        for i, token in enumerate((*self.tokens, ",")):
            if token in _SEPARATES:
                items.append(item)
                item = []
            else:
                item.append(i)
        filled = [one for one in items if one]
        listed, run = set[int](), list[list[int]]()
        for one in [*filled, []]:
            if one and len(self._short(one)) <= 3:
                run.append(one)
                continue
            if one and run == [] and len(tail := self._tail(one)) <= 3:  # "of course there are a, b, c"
                run = [tail]
                continue
            if len(run) >= 3:
                listed.update(i for item in run for i in item)
            run = [self._tail(one)] if one and len(self._tail(one)) <= 3 else []
        return listed

    def _short(self, item: list[int]) -> list[int]:
        if any(self.tokens[i] in ("=", "->", "because", "if", "since") for i in item):
            return [*item, *([0] * 9)]  # a statement is no item
        return [i for i in item if self.tokens[i] not in ("the", "a", "an", "some", "few", "also")]

    def _tail(self, item: list[int]) -> list[int]:
        """What stands behind an opening of a list, such as "I would use"; the whole item if there is none."""
        words = " ".join(self.tokens[i] for i in item) + " "
        if found := _opening().match(words):
            return item[found[0].count(" ") :]
        return [*item, *([0] * 9)]  # a clause of its own is no item


_BRACKETS = str.maketrans("()", "{}")  # parentheses are notation in the lexicon
_TOKEN = re.compile(r"(?<![\d.])\.\d+|\d+(?:[.,]\d+)*|p\d{2,3}\b|[^\W\d_]+(?:'[^\W\d_]+)?|->|[,;:{}?!%@+/*|=$€·•–—-]")
_PAUSES = frozenset(",;:{}–—")
_OPENS = frozenset(
    ["because", "since", "but", "so", "which", "if", "then", "while", "although", "otherwise", "unless", "->"]
)
_SUBJECTS = frozenset(["i", "we", "it", "they", "this", "that", "there", "then", "you", "the"])
_SEPARATES = frozenset([",", "/", "+", "and", "or", "|", "·", "•", "–", "—", "plus", ";", ":", "{", "}", "*"])
_LONGHAND = {
    **{
        "b/c": "because",
        "w/o": "without",
        "b/l": "baseline",
        "t/o": "timeout",
        "w/in": "within",
        "w/": "with",
        "→": "->",
        "=>": "->",
        "⇒": "->",
    },
    **{
        "!=": " not = ",
        "&": " and ",
        "’": "'",
        "‘": "'",
        " - ": " – ",
        " -- ": " – ",
        "cannot": "can not",
        "cant": "can not",
    },
}
_LONGHAND_RE = re.compile("|".join(rf"\b{k}\b" if k.isalpha() else re.escape(k) for k in _LONGHAND))
_NOT = re.compile(r"\b(is|are|was|were|do|does|did|has|have|had|would|could|should|need)n'?t\b")
_NOISE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|</?[a-zA-Z][^<>]{0,200}>")
_AB = re.compile(r"\ba ?[/&-] ?b\b|\ba b (?=test|exp)")
_LETTERS = re.compile(r"\b[a-z](?: [a-z]\b){2,5}")  # "a u c"
_POWER = re.compile(
    r"(?<![\w.^])(?:(?P<times>\d+(?:\.\d+)?) ?[x×*·] ?(?=10 ?(?:\^|\*\*|[⁻⁰¹²³⁴-⁹])))?(?P<base>\d{1,4})"
    r"(?:(?: ?\^ ?|\*\*| \*\* )\{?(?P<power>-?\d{1,4})\}?(?!\d)|(?P<raised>⁻?[⁰¹²³⁴-⁹]{1,4}))"
    r"|(?<![\w.,])(?P<number>\d+(?:\.\d+)?)e(?P<ten>[+-]?\d{1,2})\b"
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_PER_MILLE = re.compile(r"(\d+(?:[.,]\d+)?) ?(?:‰|per ?mille\b|promille\b)")
_FRACTION = re.compile(r"(?<![\w.])(\d{0,6}) ?([½⅓⅔¼¾⅕⅛])")
_FRACTIONS = {
    **{"½": "half", "⅓": "a third", "⅔": "two thirds", "¼": "a quarter", "¾": "three quarters"},
    **{"⅕": "a fifth", "⅛": "0.125"},
}
_PERIODS = {"d": "days", "h": "hours", "w": "weeks", "y": "years"}  # behind a number
_ENDINGS = {"t": ["not"], "ll": ["will"], "d": ["would"], "re": ["are"], "ve": ["have"]}


@lru_cache(maxsize=4096)
def _shadow(text: str) -> _Shadow:
    plain = _AB.sub("ab", _NOISE.sub(" ", text).lower())
    plain = _FRACTION.sub(_fraction, _PER_MILLE.sub(_percent, _POWER.sub(_power, plain)))
    plain = _NOT.sub(r"\1 not", _LONGHAND_RE.sub(lambda found: _LONGHAND[found[0]], plain))
    plain = _LETTERS.sub(lambda found: found[0].replace(" ", ""), plain).translate(_BRACKETS)
    tokens = list[str]()
    short = _lists()["abbreviations"]
    for token in _TOKEN.findall(plain):
        if "'" in token:
            token, _, ending = token.partition("'")
            tokens += ["will" if token == "won" else token.removesuffix("n") if ending == "t" else token]
            tokens += _ENDINGS.get(ending, [])
        elif token in _PERIODS and tokens and tokens[-1][0].isdigit():
            tokens.append(_PERIODS[token])
        elif token != "-":
            tokens += short.get(token, token).split()
    return _Shadow([_spelled(one).replace("z", "s") for one in tokens])


def _power(found: re.Match[str]) -> str:
    """2^22, 3 x 10⁶ or 1e6 as a plain number; nothing where it is beyond what anybody counts or measures."""
    base, times = float(found["base"] or 10), float(found["times"] or found["number"] or 1)
    power = int(found["power"] or found["ten"] or found["raised"].translate(_RAISED))
    value = times * base**power if base > 1 and abs(power) < 60 else 0
    return _plainly(value) if 1e-9 < value < 1e15 else " "


def _percent(found: re.Match[str]) -> str:
    return f"{_plainly(float(found[1].replace(',', '.')) / 10)} %"


def _fraction(found: re.Match[str]) -> str:
    return _plainly(int(found[1]) + unicodedata.numeric(found[2])) if found[1] else f" {_FRACTIONS[found[2]]} "


def _plainly(value: float) -> str:
    return f"{value:.12f}".rstrip("0").rstrip(".")


@cache
def _lists() -> dict[str, dict[str, str]]:
    table = content._read("lexicon.toml")
    return {"abbreviations": table["abbreviations"], "words": table["words"]}


@cache
def _vocabulary() -> frozenset[str]:
    """The words of the interview's content, which are spelled right."""
    files = sorted([*content.FOLDER.glob("*.toml"), *content.FOLDER.glob("*.md")])
    words = {word for path in files for word in re.findall(r"[a-z]{4,}", path.read_text(encoding="utf-8").lower())}
    return frozenset(words)


_LONG_WORD = 9  # letters, from which on a slip is told from another word


def _without_one(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(1, len(word))}


@cache
def _misspelled() -> dict[str, str]:
    """Long words with one letter left out, each with the word that it comes from."""
    found = dict[str, str]()
    for word in sorted(word for word in _vocabulary() if len(word) >= _LONG_WORD):
        for less in sorted(_without_one(word)):
            found.setdefault(less, word)
    return found


@lru_cache(maxsize=16384)
def _spelled(word: str) -> str:
    """A long word with one slip of the finger as the word that was meant."""
    if not _LONG_WORD - 1 <= len(word) <= 24 or word in _vocabulary() or not word.isalpha():
        return word
    wrong = _misspelled()
    for near in (word, *sorted(_without_one(word))):
        if (meant := wrong.get(near)) and abs(len(meant) - len(word)) <= 1 and not _same_stem(meant, word):
            return meant
        if len(word) > len(near) >= _LONG_WORD and near in _vocabulary() and not _same_stem(near, word):
            return near
    return word


def _same_stem(one: str, other: str) -> bool:
    """Whether two words differ in their ending only, as forms of one word do."""
    return one[:-2] == other[: len(one) - 2] or other[:-2] == one[: len(other) - 2]


# ---------------------------------------------------------------- the lexicon

_NUMBER_WORDS = (
    "half|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy"
    "|eighty|ninety|hundred|thousand|million|billion|dozen|tenth|third|quarter|fifth|hundredth"
)
_A_NUMBER = (
    rf"(?:\.?\d[\d.,]* (?:/ \d+ )?(?:(?:k|m|b|million|billion|thousand|hundred) )?"
    rf"|(?:{_NUMBER_WORDS})s? (?:(?:point |and a )?(?:{_NUMBER_WORDS})s? ){{0,4}})"
)
_NOTATION = re.compile(r"->|\.{2,5}|[()\[\]|]|[#]|<\w+>|!?[^\s()\[\]|<>]+")
_GAPS = {"..": 2, "...": 3, "....": 4, ".....": 7}


class _Variant:
    """One way to say something, from the notation that lexicon.toml explains to a pattern."""

    def __init__(self, written: str, concept: str, weak: bool):
        self.concept, self.weak = concept, weak
        self.kind = written[0] if written[0] in "+^" else ""
        self.written = written.lstrip("+^ ")
        self.spans = any(one in self.written for one in ",/{:")

    @cached_property
    def parsed(self) -> tuple[str, set[str]]:
        """The pattern, and how the words begin that it can begin with."""
        tokens = _NOTATION.findall(self.written.replace("z", "s"))[::-1]
        pattern, first, empty = _alternatives(tokens, self.written)
        if tokens or empty or not first:
            raise ValueError(sentence("hearing.variant", variant=self.written, concept=self.concept))
        return pattern, first

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.parsed[0])


def _alternatives(tokens: list[str], written: str) -> tuple[str, set[str], bool]:
    """Parse what stands between brackets: the pattern, the beginnings of its first words, and if it can be empty."""
    patterns, firsts, empties = [""], set[str](), [True]
    while tokens and tokens[-1] not in ")]":
        token = tokens.pop()
        first, empty = set[str](), False
        if token == "|":
            patterns.append("")
            empties.append(True)
            continue
        if token in "([":
            part, first, empty = _alternatives(tokens, written)
            if not tokens:
                raise ValueError(sentence("hearing.variant", variant=written, concept="?"))
            part += "?" if tokens.pop() == "]" else ""
            empty = empty or part.endswith("?")
        elif token in _GAPS:
            part = rf"(?:\S+ ){{0,{_GAPS[token]}}}?"
        elif token == "#":
            part, first = _A_NUMBER, {"#"}
        elif token.startswith("<"):
            part, first, _ = _alternatives(
                _NOTATION.findall(_lists()["words"][token[1:-1]].replace("z", "s"))[::-1], written
            )
        elif token.startswith("!") and len(token) > 1:
            part, empty = rf"(?!{_word(token[1:])})", True
        else:
            part = _word(token)
            first = {_stem(token)[:3]} | ({f"{token}s"} if len(token) < 3 else set())
        if empties[-1]:
            firsts |= first
            empties[-1] = empty
        patterns[-1] += part
    return f"(?:{'|'.join(patterns)})", firsts, any(empties)


def _both_ways(written: str) -> tuple[str, ...]:
    """A variant of two parts in both orders."""
    one, _, other = written.partition(" & ")
    return (f"{one} .... {other}", f"{other} .... {one}") if other else (written,)


def _word(token: str) -> str:
    stem = _stem(token)
    return re.escape(stem) + (
        r"\S* " if token[len(stem) :] == "*" else " " if token != stem or not token.isalpha() else "s? "
    )


def _stem(token: str) -> str:
    """A word of the notation without the sign behind it."""
    return token[:-1] if len(token) > 1 and token[-1] in "*=" else token


@dataclass(frozen=True)
class _Hit:
    """A variant found: the tokens from `begin` to before `end`."""

    concept: str
    begin: int
    end: int
    weak: bool
    kind: str
    spans: bool  # it speaks of a list itself: "user, item and context"


class _Lexicon:
    """All variants of a question by the beginnings of their first words."""

    def __init__(self, entries: Sequence[dict[str, Any]]):
        self.variants: dict[str, list[_Variant]] = {}
        for one in entries:
            for key in ("variants", "weak"):
                for written in (way for each in one.get(key, ()) for way in _both_ways(each)):
                    variant = _Variant(written, one["id"], key == "weak")
                    for first in sorted(variant.parsed[1]):
                        self.variants.setdefault(first, []).append(variant)

    def hits(self, shadow: _Shadow) -> Iterator[_Hit]:
        """Whatever is found, in the order of the sentence."""
        for i, token in enumerate(shadow.tokens):
            keys = [token[:3]]
            if token[0].isdigit() or re.fullmatch(_NUMBER_WORDS, token.removesuffix("s")):
                keys.append("#")
            for key in keys:
                for one in self.variants.get(key, ()):
                    if found := one.pattern.match(shadow.text, shadow.starts[i]):
                        yield _Hit(one.concept, i, max(i + 1, shadow.index(found.end())), one.weak, one.kind, one.spans)


@cache
def _lexicon(file: str, question: str) -> _Lexicon:
    return _Lexicon(
        [one._asdict() for one in content.concepts(question)] if file == "lexicon.toml" else content.faults(question)
    )


@cache
def _phrase(name: str) -> re.Pattern[str]:
    """The phrases of one kind as one pattern, to be found where a word begins."""
    written = content._read("phrases.toml")[name]
    parts = [_alternatives(_NOTATION.findall(one.replace("z", "s"))[::-1], one)[0] for one in written]
    return re.compile(rf"(?<!\S)(?:{'|'.join(parts)})")


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(content._read("phrases.toml")[name].split())


@cache
def _opening() -> re.Pattern[str]:
    """What stands before the first item of a list."""
    return re.compile(rf"(?:\S+ ){{0,8}}?{_phrase('openings').pattern}")


@cache
def _listing() -> re.Pattern[str]:
    """What says that a list comes, up to five words before its item."""
    return re.compile(rf"{_phrase('listing').pattern}(?:\S+ ){{0,5}}$")


@cache
def _dismissal() -> re.Pattern[str]:
    """What puts aside that which stands up to six words behind it."""
    return re.compile(rf"{_phrase('dismissed').pattern}(?:\S+ ){{0,6}}$|{_phrase('negated').pattern}(?:\S+ )?$")


def _steers(text: str) -> bool:
    shadow = _shadow(text)
    return shadow.text.endswith("? ") or bool(_phrase("steering").search(shadow.text))


# ---------------------------------------------------------------- states


_TERSE = 14  # words and signs, up to which a sentence is one thought
_DILUTED = 24  # words and signs of a sentence that take away as much clearness as one word of the concept's own gives
_PARAGRAPH, _PIECE = 40, 25  # words from which on a sentence is cut as evidence, and what is left of it
_STUFFED = 6  # commas in a sentence, from which on what spans several items of its list is a list, too


class _Shown(NamedTuple):
    """A concept in one sentence: its best state there, how clearly it is shown, and by which tokens."""

    concept: str
    state: str
    clearness: float
    place: tuple[int, int]


@lru_cache(maxsize=16384)
def _states(question: str, text: str, heading: bool) -> tuple[_Shown, ...]:
    """The concepts of one sentence, each with its best state there."""
    shadow = _shadow(text)
    every = list(_lexicon("lexicon.toml", question).hits(shadow))
    if not every:
        return ()
    hits, ways = _longest(every), Counter(hit.concept for hit in every)
    chained = _chained(hits, shadow)
    best = dict[str, tuple[str, _Hit]]()
    own = dict[str, set[int]]()  # the words by which a concept was found
    for hit in hits:
        state = _state(shadow, hit, heading, hit in chained)
        before, longest = best.get(hit.concept, ("not heard", hit))
        if state and (_BEST.index(state), hit.end - hit.begin) > (_BEST.index(before), longest.end - longest.begin):
            best[hit.concept] = state, hit
        words = range(hit.begin, hit.end)
        own.setdefault(hit.concept, set()).update(i for i in words if shadow.tokens[i] not in _words("small"))
    return tuple(
        _Shown(id, state, ways[id] + _clearness(shadow, id, own), (hit.begin, hit.end))
        for id, (state, hit) in best.items()
    )


def _clearness(shadow: _Shadow, concept: str, own: dict[str, set[int]]) -> float:
    """How many words show a concept: a common one, or one of another concept too, counts half; a long sentence less."""
    shared = set[int]().union(*(words for id, words in own.items() if id != concept))
    lost = sum((i in shared) + (shadow.tokens[i] in _words("english")) for i in own[concept]) / 2
    return len(own[concept]) - lost - len(shadow.tokens) / _DILUTED


def _around(text: str, begin: int, end: int) -> str:
    """The words around a hit where a sentence is long, else the sentence; always as typed."""
    words = list(re.finditer(r"\S+", text))
    if len(words) <= _PARAGRAPH:
        return text
    ends, count = list[int](), 0  # the token behind each word
    for word in words:
        count += len(_shadow(word[0]).tokens)
        ends.append(count)
    first = min(bisect_right(ends, begin), len(words) - 1)
    last = min(bisect_right(ends, end - 1), len(words) - 1)
    spare = max(0, _PIECE - (last + 1 - first))
    first = max(0, min(first - spare // 2, len(words) - _PIECE))
    last = min(len(words) - 1, max(last, first + _PIECE - 1))
    return text[words[first].start() : words[last].end()]


def _longest(hits: list[_Hit]) -> list[_Hit]:
    """Of hits for the same concept, those that no other one covers; a weak one covers no strong one."""
    return [
        one
        for one in hits
        if not any(
            other.concept == one.concept and other is not one and other.weak <= one.weak
            and other.begin <= one.begin and one.end <= other.end
            and (other.end - other.begin, not other.weak) > (one.end - one.begin, not one.weak)
            for other in hits
        )
    ]  # fmt: skip


def _chained(hits: list[_Hit], shadow: _Shadow) -> set[_Hit]:
    """Hits of three or more concepts with at most a word between them: a list without commas."""
    chained, run = set[_Hit](), list[_Hit]()
    short = sorted((hit for hit in hits if hit.end - hit.begin <= 4), key=lambda one: (one.begin, one.end))
    for hit in [*short, None]:
        reach = max((one.end for one in run), default=0)
        if hit and run and hit.begin <= reach + 1 and not _OPENS & set(shadow.tokens[reach : hit.begin]):
            run.append(hit)
            continue
        if min(len({one.concept for one in run if not one.weak}), len({one.begin for one in run})) >= 3:
            chained.update(run)
        run = [hit] if hit else []
    return chained


def _state(shadow: _Shadow, hit: _Hit, heading: bool, chained: bool) -> str:
    if hit.kind == "^":
        return "" if not _rejected(shadow, hit) else "reasoned" if _reasoned(shadow, hit) else "said"
    if not hit.kind and _denied(shadow, hit):
        return "denied"
    words = range(hit.begin, hit.end)
    across = any(shadow.tokens[i] in _SEPARATES for i in words)  # the list itself may state it: "user, item, context"
    inside = all(i in shadow.listed or shadow.tokens[i] in _SEPARATES for i in words)
    inside = inside and not (across and hit.spans and shadow.text.count(",") < _STUFFED)
    inside = inside or bool(_listing().search(shadow.text[: shadow.starts[hit.begin]]))
    rest = [
        i
        for i, token in enumerate(shadow.tokens)
        if not hit.begin <= i < hit.end and token not in _words("small") and token[0].isalnum()
    ]
    sized = any(shadow.tokens[i].isdigit() and len(shadow.tokens[i]) > 4 for i in rest)  # "ids hashed 2^22"
    bare = len(rest) < 2 and not sized and not _phrase("verbs").search(shadow.text)
    if heading or inside or chained or bare or hit.weak:
        return "named"
    return "reasoned" if _reasoned(shadow, hit) else "said"


def _denied(shadow: _Shadow, hit: _Hit) -> bool:
    clause = shadow.clauses[hit.begin]
    begin = next(i for i, number in enumerate(shadow.clauses) if number == clause)
    before = shadow.text[shadow.starts[begin] : shadow.starts[hit.begin]]
    wide = shadow.text[shadow.starts[max(0, begin - 6)] : shadow.starts[hit.begin]]
    if _dismissal().search(before):
        return not _phrase("spared").search(wide)
    after = shadow.text[shadow.starts[hit.end] :]
    put_aside = re.match(rf"(?:\S+ ){{0,4}}?(?={_phrase('dismissed_after').pattern})", after)
    return bool(put_aside) and not _phrase("spared").search(after[:40])


def _rejected(shadow: _Shadow, hit: _Hit) -> bool:
    """Whether what is found is spoken against: in its sentence, or by a "not" in its clause or soon after."""
    begin = next(i for i, number in enumerate(shadow.clauses) if number == shadow.clauses[hit.begin])
    before = shadow.text[shadow.starts[begin] : shadow.starts[hit.begin]]
    after = shadow.text[shadow.starts[hit.end] : shadow.starts[min(hit.end + 5, len(shadow.tokens))]]
    outside = shadow.text[: shadow.starts[hit.begin]] + "| " + shadow.text[shadow.starts[hit.end] :]
    return bool(_phrase("negations").search(before + "| " + after) or _phrase("rejected").search(outside))


def _reasoned(shadow: _Shadow, hit: _Hit) -> bool:
    """Whether a cause, a number or a consequence stands in the clause or beside it."""
    low, high = shadow.clauses[hit.begin] - 1, shadow.clauses[hit.end - 1] + 1
    if len(shadow.tokens) <= _TERSE:
        low, high = 0, len(shadow.tokens)
    inside = [i for i, number in enumerate(shadow.clauses) if low <= number <= high]
    begin, end = shadow.starts[inside[0]], shadow.starts[inside[-1] + 1]
    text = shadow.text[begin:end]
    if begin == 0:
        text = re.sub(r"^(?:so|then|and|but|okay|ok|well) ", "", text)
    if _phrase("reasons").search(_phrase("empty_reasons").sub("", text)):
        return True
    without = shadow.text[begin : shadow.starts[hit.begin]] + "| " + shadow.text[shadow.starts[hit.end] : end]
    whole = shadow.tokens[hit.begin][0].isdigit() or hit.end - hit.begin > 5  # the number is part of what is said
    return bool(_phrase("quantities").search(text if whole else without))


def _refers_back(text: str) -> bool:
    """Whether a sentence goes on with the one before and gives a cause, a number or a consequence."""
    shadow = _shadow(text).text
    said = _phrase("empty_reasons").sub("", shadow)
    if _phrase("consequences").match(shadow):
        return said == shadow and shadow.count(" ") > 2
    found = _phrase("back").match(said)
    return bool(found and (_phrase("reasons").search(said, found.end() - 1) or _phrase("quantities").search(said)))


# ---------------------------------------------------------------- numbers

_DIGITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORTH = {word: float(value) for value, word in enumerate((_DIGITS + " seventeen eighteen nineteen").split())}
_WORTH |= {word: 10.0 * value for value, word in enumerate(_TENS.split(), 2)}
_SCALE = {"hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "b": 1e9, "bn": 1e9}
_PART = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10, "twentieth": 20, "hundredth": 100}
_BETWEEN = frozenset(["independent", "more", "other", "different", "new", "old", "fewer", "of", "the", "extra", "free"])
_KINDS = frozenset(
    ["active", "concurrent", "daily", "live", "monthly", "open", "paid", "promoted", "registered", "total", "unique"]
)  # of users or items: up to two of these stand before them, too
_A_SECOND = re.compile(r"(?:a|per|each) sec(?:ond)?|per s|/ s(?:ec|econd)?")
_LABELS = frozenset(
    ["day", "week", "lesson", "step", "version", "v", "figure", "phase", "c", "table", "section", "seed"]
)


@cache
def _unit_words() -> dict[str, str]:
    """Each word that is read as a unit, and the unit."""
    table = {unit: words.replace("z", "s") for unit, words in content._read("phrases.toml")["units"].items()}
    counted = {word: f"{word}s" for word in table.pop("counted").split()}
    return counted | {word: unit for unit, words in table.items() for word in words.split()}


def _numbers(text: str) -> Iterator[Number]:
    tokens = _shadow(text).tokens
    waiting = list[float]()  # the first of a range, which has the unit of the last
    i = 0
    while i < len(tokens):
        value, end, spelled = _value(tokens, i)
        if value is None:
            i += 1
            continue
        before = tokens[i - 1] if i else ""
        unit, end = _unit(tokens, end) if not isinstance(value, tuple) else ("%", end)
        value = value[0] if isinstance(value, tuple) else value
        if before in ("$", "€") and not unit:
            unit = _unit_words()[before]
        if (
            not unit
            and tokens[end : end + 1] != (":",)
            and (before in ("top", "at", "first", "best") or before.startswith("ndcg"))
        ):
            unit = "top"
        follows = tokens[end : end + 2]
        if not unit and follows and (follows[0] in ("to", "–", "—", "or") or follows[0][0].isdigit()):
            other = _value(tokens, end + (not follows[0][0].isdigit()))
            if other[0] is not None:
                waiting.append(value)
                i = end + (not follows[0][0].isdigit())
                continue
        ordinal = tokens[end : end + 1] in (("th",), ("st",), ("nd",), ("rd",))
        year = not unit and 1990 <= value <= 2099 and tokens[i].isdigit()
        clock = (follows[:1] == (":",) and tokens[i].isdigit() and follows[1:2] and follows[1].isdigit()) or (
            before == ":" and i > 1 and tokens[i - 2].isdigit()
        )
        if not (
            year
            or clock
            or ordinal
            or (not unit and (spelled or before in _LABELS))
            or (spelled and value == 1 and unit == f"{tokens[end - 1]}s")
        ):
            for one in (*waiting, value):
                yield Number(one, unit, text)
        waiting.clear()
        i = end


def _value(tokens: Sequence[str], i: int) -> tuple[Any, int, bool]:
    """The number at a token, or None, a share as a tuple of percent; where it ends; whether it was spelled out."""
    token = tokens[i] if i < len(tokens) else ""
    spelled = not token[:1].isdigit()
    if not spelled:
        if not re.fullmatch(r"\d+(?:[.,]\d+)*", token):
            return None, i + 1, False
        if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}", token):  # 1.000.000,5
            token = token.translate(str.maketrans(".,", ",."))
        thousands = re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", token)
        plain = token.replace(",", "") if thousands else token.replace(",", ".")
        if plain.count(".") > 1:
            return None, i + 1, False
        value, i = float(plain), i + 1
    elif token in ("a", "an") and i + 1 < len(tokens):
        if tokens[i + 1] in _PART and tokens[i + 1] != "half":
            return *_share(tokens, 1.0, i + 1), True
        if tokens[i + 1] not in ("hundred", "thousand", "million", "billion"):
            return None, i + 1, True
        value, i = 1.0, i + 1
    elif token in ("twice", "double"):
        return 2.0, i + 1, False
    elif token == "half":
        return *_share(tokens, 1.0, i), True
    elif token in _WORTH:
        value, i = _WORTH[token], i + 1
        if value >= 20 and i < len(tokens) and 0 < _WORTH.get(tokens[i], 0) < 10:
            value, i = value + _WORTH[tokens[i]], i + 1
        if tokens[i : i + 1] == ("point",) and i + 1 < len(tokens) and tokens[i + 1] in _WORTH:
            value, i = value + _WORTH[tokens[i + 1]] / 10, i + 2
    else:
        return None, i + 1, True
    if tokens[i : i + 2] == ("to", "the") and (value == 2 or (spelled and value == 10)):  # two to the twenty
        power, end, _ = _value(tokens, i + 2)
        if isinstance(power, float) and (8 if value == 2 else 3) <= power <= 40:
            return value**power, end, False
    if tokens[i : i + 3] == ("and", "a", "half"):
        value, i = value + 0.5, i + 3
    while i < len(tokens) and tokens[i] in _SCALE:
        value, i = value * _SCALE[tokens[i]], i + 1
    if tokens[i : i + 1] == ("in",) and i + 1 < len(tokens):  # one in ten
        whole, end, _ = _value(tokens, i + 1)
        if isinstance(whole, float) and whole > value and (end >= len(tokens) or tokens[end] not in _unit_words()):
            return (100 * value / whole,), end, False
    if spelled and i < len(tokens) and tokens[i].removesuffix("s") in _PART:
        return *_share(tokens, value, i), True
    return value, i, spelled


def _share(tokens: Sequence[str], value: float, i: int) -> tuple[tuple[float], int]:
    """So many parts as percent; also "a third of a percent"."""
    share, end = value / _PART[tokens[i].removesuffix("s")], i + 1
    if tokens[end : end + 3] in (("of", "a", "percent"), ("of", "one", "percent")):
        return (share,), end + 3
    return (100 * share,), end


def _unit(tokens: Sequence[str], i: int) -> tuple[str, int]:
    """The unit that stands at a token or up to two words behind it, "" if none, and where it ends."""
    end = i + (i < len(tokens) and tokens[i] in _BETWEEN | _KINDS)
    end += end < len(tokens) and tokens[end] in _KINDS
    for at in dict.fromkeys((i, end)):
        token = tokens[at] if at < len(tokens) else ""
        unit = _unit_words().get(token) or _unit_words().get(token.removesuffix("s")) or ""
        if token == "x" and at + 1 < len(tokens) and (tokens[at + 1][0].isdigit() or tokens[at + 1] in _WORTH):
            unit = ""  # "10M x 64 floats" is a product
        if unit or at == end:
            break
    if tokens[i : i + 2] == ("percentage", "points"):
        return "points", i + 2
    end = at + 1 if unit else i
    if unit == "users" and "monthly" in tokens[i:end]:
        unit = "users a month"
    if _A_SECOND.fullmatch(" ".join(tokens[end : end + 2])):
        return f"{unit}/s", end + 2
    return unit, end
