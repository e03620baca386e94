"""The system of both interview questions on one picture, with links into the lessons."""

from __future__ import annotations

from dataclasses import dataclass

from mlpipe.course.boxes import render, show

# Each part: what it does, in words that fit its box, and its lessons, as their notebooks are called.
PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "business goal": ("what is better?", ("01_requirements",)),
    "serving": ("while one waits", ("13_two_stage_pipeline", "17_scale_out")),
    "retrieval": (
        "finds hundreds",
        ("05_matrix_factorization", "07_choose_the_recommender", "12_deep_models", "13_two_stage_pipeline"),
    ),
    "ranking": (
        "picks ten",
        ("08_ctr_baselines", "09_ctr_models", "12_deep_models", "13_two_stage_pipeline"),
    ),
    "data": ("what people did", ("02_explore_the_data",)),
    "features": ("as known then", ("03_engineer_features",)),
    "evaluation": (
        "better than today?",
        (
            "04_measure_recommendations",
            "06_compare_honestly",
            "10_calibrate_the_probability",
            "11_biased_clicks",
            "14_experiments",
            "15_learning_from_the_own_log",
        ),
    ),
    "monitoring": ("still good?", ("16_monitor_and_retrain",)),
}
PEOPLE = {"asks": "a person\nasks", "sees": "sees ten,\nclicks one"}  # stand beside the parts, without lessons
LOOP = "what was shown decides what is logged"


@dataclass(frozen=True)
class Layout:
    """One arrangement of the same drawing; lengths in units of the drawing, a text is 16 of them high."""

    kind: str
    width: int
    height: int
    boxes: dict[str, tuple[int, int, int, int]]  # left, top, width, height
    arrows: tuple[str, ...]  # the points of a line, as SVG writes them; the last is the tip
    loop: str  # the arrow from what was shown to the log
    loop_text: tuple[int, int, int, int]


LAYOUTS = (
    Layout(
        "wide",
        width=760,
        height=350,
        boxes={
            "business goal": (4, 4, 752, 34),
            "asks": (4, 110, 78, 50),
            "serving": (112, 50, 520, 146),
            "retrieval": (132, 86, 220, 98),
            "ranking": (392, 86, 220, 98),
            "sees": (664, 110, 92, 50),
            "data": (572, 252, 184, 94),
            "features": (374, 252, 166, 94),
            "evaluation": (156, 252, 190, 94),
            "monitoring": (4, 252, 126, 94),
        },
        arrows=(
            "82,135 132,135",
            "352,135 392,135",
            "612,135 664,135",
            "572,299 540,299",
            "374,299 346,299",
            "251,252 251,196",
            "121,196 121,252",
            "130,299 156,299",
        ),
        loop="710,164 710,252",
        loop_text=(250, 206, 450, 30),
    ),
    Layout(
        "narrow",
        width=360,
        height=580,
        boxes={
            "business goal": (4, 4, 352, 38),
            "asks": (4, 58, 150, 28),
            "sees": (168, 58, 172, 28),
            "serving": (4, 120, 332, 150),
            "retrieval": (14, 160, 150, 98),
            "ranking": (186, 160, 140, 98),
            "evaluation": (4, 306, 190, 98),
            "monitoring": (216, 306, 120, 98),
            "features": (4, 440, 150, 98),
            "data": (186, 440, 150, 98),
        },
        arrows=(
            "28,88 28,160",
            "164,209 186,209",
            "314,160 314,88",
            "102,306 102,270",
            "276,270 276,306",
            "216,355 194,355",
            "79,440 79,404",
            "186,489 154,489",
        ),
        loop="340,72 350,72 350,489 336,489",
        loop_text=(4, 546, 352, 30),
    ),
)


def system_map() -> None:
    """Show the system: eight parts, the path of a request, the loop through the log, and each part's lessons as links.

    Where there is no notebook, the parts and their lessons are printed.

    Examples
    --------
    >>> system_map()  # doctest: +ELLIPSIS
    business goal: 01
    serving: 13, 17
    ...
    """
    numbers = {name: ", ".join(lesson[:2] for lesson in lessons) for name, (_, lessons) in PARTS.items()}
    text = "\n".join(f"{name}: {found}" for name, found in numbers.items())
    show(drawn(), text, {"map": "system"})


def drawn() -> str:
    """The drawing as HTML, with links to notebooks."""
    return render("system_map.html", layouts=LAYOUTS, parts=PARTS, people=PEOPLE, loop_text=LOOP)
