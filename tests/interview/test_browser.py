"""The room of the interview in JupyterLab, in a real browser: no key and no word may be lost, and none may leave."""

import json
import os
import signal
import time
from urllib.parse import urlsplit

import labs
import nbformat
import pytest
from labs import PATIENCE, until

from mlpipe.interview import content
from mlpipe.paths import FILES
from mlpipe.workshop import lessons

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="the browser test needs playwright: pip install the group browser of pyproject.toml"
)
pytestmark = [*labs.MARKS, pytest.mark.xdist_group("browser")]  # one server for all of them
CELL = """
import os
os.environ["MLPIPE_HOME"] = {home!r}
from mlpipe.interview.widgets import practise
practise("recommender", seed=1)
print("pid", os.getpid())
""".strip()
NOISE = """
import threading, time
from mlpipe.interview import room

def disturb():
    while True:
        time.sleep(1)
        with room.LOCK:
            for one in list(room._rooms.values()):
                one.interview.interrupt()
                one.publish()

threading.Thread(target=disturb, daemon=True).start()
""".strip()
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """One JupyterLab for all tests: its address, and the folder of its notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    with labs.server(folder, "-m", "jupyterlab") as address:
        yield f"{address}/lab", folder / "notebooks"


@pytest.fixture(scope="module")
def browser():
    with labs.chromium(*MICROPHONE) as started:
        yield started


class Lab:
    """JupyterLab with one notebook of this test, in a browser of its own; `home` is the reader's folder."""

    def __init__(self, address, folder, browser, tmp_path):
        self.address, self.tmp_path, self.home = address, tmp_path, tmp_path / "home"
        self.name = f"{tmp_path.name}.ipynb"
        cells = [nbformat.v4.new_code_cell(text) for text in (CELL.format(home=str(self.home)), NOISE, "1 + 1")]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
        nbformat.write(notebook, folder / self.name)
        self.context = browser.new_context(viewport={"width": 1300, "height": 1100})
        self.requests, self.errors, self.n_tabs = [], [], 0
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("console", lambda one: one.type == "error" and self.errors.append(one.text))
        self.context.on("weberror", lambda one: self.errors.append(str(one.error)))
        self.page = self.open()

    def open(self, name=None):
        """The notebook in a tab, its kernel ready."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        self.n_tabs += 1  # each with a workspace of its own: a shared one would open earlier notebooks, too
        page.goto(f"{self.address}/workspaces/{self.tmp_path.name}{self.n_tabs}/tree/{name or self.name}")
        page.wait_for_selector("text=| Idle")
        return page

    def run(self, source="practise(", page=None, shown=True):
        page = page or self.page
        page.locator(".jp-CodeCell").filter(has_text=source).first.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        if source == "practise(" and shown:
            page.wait_for_selector(".mlpipe-room button:visible")

    def begin(self):
        """The interview has begun, and the cursor is in the first box."""
        self.run()
        self.press("Start")

    def press(self, text, page=None):
        (page or self.page).locator(".mlpipe-room").get_by_role("button", name=text, exact=True).click()

    def box(self, name="frame", page=None):
        return (page or self.page).locator(f'.mlpipe-room [data-box="{name}"] textarea')

    def saved(self):
        (path,) = self.home.glob("interviews/recommender/*.json")
        return json.loads(path.read_text(encoding="utf-8"))

    def notes(self):
        if not list(self.home.glob("interviews/recommender/*.json")):
            return {}
        return {event["phase"]: event["text"] for event in self.saved()["events"] if event["kind"] == "note"}

    def cells(self):
        return self.page.locator(".jp-CodeCell").count()

    def focused(self):
        return self.page.evaluate("document.activeElement.closest('[data-box]')?.dataset.box")

    def picture(self, name):
        self.page.locator(".mlpipe-room").screenshot(path=self.tmp_path / f"{name}.png")


@pytest.fixture
def at(lab, browser, tmp_path):
    made = Lab(*lab, browser, tmp_path)
    yield made
    made.page.screenshot(path=tmp_path / "end.png")  # for who looks why it failed
    made.context.close()
    assert {urlsplit(url).hostname for url in made.requests} <= {"localhost", None}, "a request left the machine"
    assert made.errors == []


def test_600_keys_are_kept_while_the_interviewer_speaks_each_second(at):
    at.run("def disturb")
    at.begin()
    text = ("We ask who uses it, and how often. " * 20)[:600]
    at.page.keyboard.type(text, delay=10)
    assert at.box().input_value() == text
    assert at.focused() == "frame"
    assert at.page.locator(".mlpipe-room .log .question").count() >= 3
    assert at.page.locator(".mlpipe-room .clock").inner_text() >= "00:05"
    log = at.page.locator(".mlpipe-room .log")
    rest = "log => log.scrollHeight - log.clientHeight - log.scrollTop"
    until(lambda: log.evaluate(rest) < 20)  # the last line is in view
    at.run()  # and in a new view of the same attempt
    until(lambda: log.evaluate(rest) < 20 < log.evaluate("log => log.scrollTop"))
    until(lambda: at.box().input_value() == text)
    until(lambda: at.notes().get("frame") == text)


def test_who_asks_for_a_question_answers_in_its_box_and_presses_no_button_again(at):
    at.run()
    at.begin()
    at.press("Question, please")
    until(lambda: at.page.locator(".mlpipe-room textarea").count() == 2)
    until(lambda: at.focused() != "frame")
    at.page.keyboard.type("it depends on the load", delay=30)
    assert at.page.locator(".mlpipe-room .log .question").count() == 1
    written = "document.activeElement.value"
    assert at.page.evaluate(written) == "it depends on the load"
    at.press("Hint")
    at.page.keyboard.type(" i see it", delay=30)
    assert at.page.locator(".mlpipe-room .log .hint").count() <= 1
    assert at.page.evaluate(written) == "it depends on the load i see it"


SHORTCUTS = ["Escape", *"ddabmyxz0", "Shift+Enter", "Control+Enter", "Alt+Enter", "Control+b", "Control+m", "Control+s"]


def test_no_key_reaches_the_shortcuts_of_the_notebook(at):
    at.run()
    at.page.locator(".mlpipe-room .start").focus()
    at.page.keyboard.press("Enter")
    assert at.focused() == "frame"
    at.press("Hint")
    at.page.wait_for_selector(".mlpipe-room .log .hint")
    numbers = at.page.locator(".jp-InputPrompt").all_inner_texts()
    for place in (at.box(), at.page.locator(".mlpipe-room .log"), at.page.get_by_label("Ask the interviewer")):
        place.focus()
        for key in SHORTCUTS:
            at.page.keyboard.press(key)
            assert place.evaluate("node => node === document.activeElement"), key
    pause = at.page.locator(".mlpipe-room .pause")
    pause.focus()
    for key in [key for key in SHORTCUTS if "Enter" not in key]:
        at.page.keyboard.press(key)
        assert pause.evaluate("node => node === document.activeElement"), key
    time.sleep(1)
    assert at.page.locator(".jp-CodeCell").count() == 3
    assert at.page.locator(".jp-InputPrompt").all_inner_texts() == numbers
    assert at.page.locator(".jp-Dialog").count() == 0
    assert at.box().input_value().startswith("ddabmyxz0\n")  # Enter is a new line there
    bare = at.page.locator(":is(.mlpipe-room, .mlpipe-room *):not([data-lm-suppress-shortcuts])")
    assert bare.count() == 0  # what Notebook looks at, which listens before the page does


def test_what_is_dictated_is_kept_as_it_comes(at):
    at.begin()
    said = ["The goal is watch time. ", "Größe und Ziel: 50 ms. ", "推荐系统的目标是留存。 ", "😀 done. "]
    for sentence in said:
        at.page.keyboard.insert_text(sentence)
    devtools = at.context.new_cdp_session(at.page)
    for letters in ("ka", "kan", "kanji"):  # as an input method does it
        devtools.send("Input.imeSetComposition", {"text": letters, "selectionStart": 0, "selectionEnd": len(letters)})
    devtools.send("Input.insertText", {"text": "漢字"})
    at.box().evaluate("""area => {
        area.setRangeText(" And a whole sentence.", area.value.length, area.value.length, "end");
        area.dispatchEvent(new InputEvent("input", { inputType: "insertFromDictation", bubbles: true }));
    }""")
    text = "".join(said) + "漢字 And a whole sentence."
    assert at.box().input_value() == text
    until(lambda: at.notes().get("frame") == text)
    long = "a line of notes\n" * 1000
    at.page.keyboard.insert_text(long)
    until(lambda: at.notes().get("frame") == text + long)


def test_a_killed_kernel_costs_no_letter(at):
    at.begin()
    at.press("Record my voice")
    at.page.get_by_text("recording", exact=True).wait_for()
    at.box().focus()
    pid = int(at.page.locator(".jp-OutputArea-output pre").filter(has_text="pid").inner_text().split()[1])
    at.page.keyboard.type("before ", delay=10)
    until(lambda: at.notes().get("frame") == "before ")
    time.sleep(2)
    os.kill(pid, signal.SIGKILL)
    text = "these words are typed while nobody is there, and a dialogue opens over them, " * 3
    at.page.keyboard.type(text, delay=40)
    assert at.box().input_value() == "before " + text
    at.page.locator(".mlpipe-room .saved.bad").filter(has_text="does not answer").wait_for()
    before = at.page.locator(".mlpipe-room .clock").inner_text()
    at.page.locator(".jp-Dialog button").first.click()
    at.page.wait_for_selector("text=| Idle")
    at.run()
    at.page.get_by_text("You left at").wait_for()
    at.press("Continue it")
    until(lambda: at.box().input_value() == "before " + text)
    until(lambda: at.notes().get("frame") == "before " + text)
    assert at.page.locator(".mlpipe-room .clock").inner_text() >= before
    sounds = list(at.home.glob("interviews/recommender/*.webm"))  # the ten seconds that the dead kernel did not take
    assert sounds
    assert sounds[0].stat().st_size > 1000


def test_a_reload_in_the_middle_of_a_word_costs_no_letter(at):
    at.begin()
    at.page.keyboard.type("We ask who uses it, and how oft")
    at.page.reload()
    at.page.wait_for_selector("text=| Idle")
    at.run()
    until(lambda: at.box().input_value() == "We ask who uses it, and how oft")
    until(lambda: at.notes().get("frame") == "We ask who uses it, and how oft")
    assert [event["kind"] for event in at.saved()["events"]] == ["start", "note"]  # the same attempt, and no pause
    name = f"mlpipe-room:{at.saved()['attempt_id']}:frame"
    at.page.evaluate('name => localStorage.setItem(name, \'{"text": "not ours", "rev": 1e300}\')', name)
    at.page.reload()
    at.page.wait_for_selector("text=| Idle")
    at.run()
    until(lambda: at.box().input_value() == "We ask who uses it, and how oft")


def test_where_the_page_is_missing_the_terminal_is_named(at):
    at.context.route("**/extensions/anywidget/**", lambda route: route.abort())  # as if it were not installed
    at.page.reload()
    at.page.wait_for_selector("text=| Idle")
    at.run(shown=False)
    at.page.get_by_text("The room of this interview needs JupyterLab").wait_for()
    at.errors.clear()


def test_two_tabs_are_one_attempt(at):
    at.begin()
    at.page.keyboard.type("first ")
    other = at.open()
    at.run(page=other)
    until(lambda: at.box(page=other).input_value() == "first ")
    at.box(page=other).focus()
    other.keyboard.press("Control+End")
    other.keyboard.type("second ", delay=10)
    until(lambda: at.box().input_value() == "first second ")
    at.page.bring_to_front()
    at.box().focus()
    at.page.keyboard.press("Control+End")
    at.page.keyboard.type("third", delay=10)
    until(lambda: at.box(page=other).input_value() == "first second third")
    until(lambda: at.notes() == {"frame": "first second third"})
    at.press("Pause", page=other)
    at.page.get_by_text("· paused").wait_for()


def test_the_clock_runs_while_the_kernel_is_busy(at):
    at.begin()
    at.page.locator(".jp-CodeCell").filter(has_text="1 + 1").first.locator(".cm-content").click()
    at.page.keyboard.press("Control+a")
    at.page.keyboard.insert_text("import time; time.sleep(10)")
    at.page.keyboard.press("Control+Enter")
    before = at.page.locator(".mlpipe-room .clock").inner_text()
    at.box().focus()
    at.page.keyboard.type("still here")
    until(lambda: at.page.locator(".mlpipe-room .clock").inner_text() >= before[:-1] + str(min(9, int(before[4]) + 3)))
    assert at.page.locator(".jp-InputPrompt").filter(has_text="[*]").count() == 1
    until(lambda: at.notes().get("frame") == "still here")


def test_the_own_voice_is_recorded_on_a_click_played_and_deleted(at):
    at.begin()
    at.page.evaluate("""() => {
        const media = navigator.mediaDevices;
        window.allowed = media.getUserMedia.bind(media);
        media.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
    }""")
    at.press("Record my voice")
    at.page.get_by_text("No microphone, or its use was refused").wait_for()
    at.page.evaluate("() => { navigator.mediaDevices.getUserMedia = window.allowed; }")
    at.press("Record my voice")
    at.page.get_by_text("recording", exact=True).wait_for()
    time.sleep(2)
    at.press("Stop recording")
    at.press("Next phase")
    at.box("data").wait_for()
    sounds = lambda: list(at.home.glob("interviews/recommender/*.webm"))  # noqa: E731
    until(lambda: sounds() and sounds()[0].stat().st_size > 1000)
    assert oct(sounds()[0].stat().st_mode)[-3:] == "600"
    at.press("Finish")
    at.press("Yes, finish")
    at.press("Play")
    at.page.wait_for_function("document.querySelector('.mlpipe-room audio').readyState >= 2")
    at.page.locator(".mlpipe-room .places button").click()  # one: the recording ended in the first phase
    until(lambda: 1 < at.page.evaluate("document.querySelector('.mlpipe-room audio').duration") < 5)
    at.press("Delete")
    assert sounds()
    at.press("Delete for good?")
    until(lambda: not sounds())
    at.page.locator(".mlpipe-room .take").wait_for(state="detached")


def test_a_sitting_from_the_lesson_to_the_scorecard(at, lab, tmp_path):
    (lesson,) = lessons.find(FILES, "18")
    bare = lessons.read(lesson.notebook)
    bare.cells.insert(0, nbformat.v4.new_code_cell(f"import os; os.environ['MLPIPE_HOME'] = {str(at.home)!r}"))
    lessons.write(lab[1] / f"18_{at.name}", lessons.to_bytes(lessons.without_outputs(bare)))
    at.page = at.open(f"18_{at.name}")
    at.run("MLPIPE_HOME")
    at.run("rate_transcripts()")
    at.page.get_by_text("Transcript 1 of").wait_for()
    at.run('practise("recommender")')
    scene = content.scenarios("recommender")[0]
    at.page.locator(".mlpipe-room .task").filter(has_text=scene.prompt[:40]).wait_for()
    at.picture("start")
    at.press("Start")
    staff = next(one for one in content.transcripts("recommender") if one.level == "staff")
    words = {phase: f"<b>{phase}</b> {text}" for phase, text in staff.sections}
    phases = [phase.id for phase in content.question("recommender").phases if phase.id != "questions"]
    for name in phases:
        if name == "constraint":  # the questions come first
            at.page.locator(".log").get_by_role("button", name="Answer it").last.click()
            at.page.keyboard.insert_text("I would compare both on a later week, and keep the cheaper one.")
            until(lambda: any(event["kind"] == "answer" for event in at.saved()["events"]))
            at.press("Next phase")
        assert at.focused() == name
        at.page.keyboard.insert_text(words.get(name, "It stays as it is."))
        until(lambda name=name: name in at.notes())
        if name == "frame":
            at.page.get_by_label("Ask the interviewer").fill("How many users do we have?")
            at.page.keyboard.press("Enter")
            at.page.locator(".log .fact").wait_for()
            until(lambda: at.page.get_by_label("Ask the interviewer").input_value() == "")
            at.picture("middle")
        if name != "constraint":
            at.press("Next phase")
    at.page.locator(".log .card").wait_for()
    at.picture("card")
    at.press("Finish")
    at.press("Yes, finish")
    at.page.get_by_text("Which level did you see?").wait_for()
    at.page.locator(".mlpipe-room .covers").first.wait_for()
    at.picture("after")
    rows = at.page.locator(".widget-toggle-buttons").all()[-9:]
    for row in rows:
        row.get_by_role("button", name="2 mid").click()
    make = at.page.get_by_role("button", name="Make the scorecard")
    make.click()
    unshown = at.page.get_by_text("Nothing found for D")
    sync_api.expect(unshown.or_(at.page.locator(".jp-OutputArea iframe")).first).to_be_visible()
    if unshown.count():  # a level that no sentence shows is not taken
        for row in rows[7:]:
            row.get_by_role("button", name="0 missing").click()
        make.click()
    card = at.page.frame_locator(".jp-OutputArea iframe")
    card.get_by_role("heading").first.wait_for()
    at.page.screenshot(path=tmp_path / "scorecard.png")
    card.get_by_role("link", name="Now").click()  # unfolds all that was written
    sync_api.expect(card.locator("#now")).to_be_in_viewport()
    assert "<b>frame</b>" in card.locator("body").inner_text()  # as text, not as markup
    with at.context.expect_page() as opened:  # a lesson opens beside the interview
        card.locator(".next").get_by_role("link").first.click()
    assert opened.value.url.startswith(at.address.removesuffix("/lab"))
    events = [event["kind"] for event in at.saved()["events"]]
    assert events[-1] == "score"
    assert {"start", "ask", "interrupt", "answer", "card", "finish"} <= set(events)
    (page,) = at.home.glob("interviews/recommender/*.html")
    assert page.with_suffix(".md").exists()
    left = "Object.keys(localStorage).filter(name => name.startsWith('mlpipe-room:'))"
    until(lambda: at.page.evaluate(left) == [])  # the copy in the browser goes when the file is complete
