import hashlib
import io
import itertools
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from mlpipe import plots, splits
from mlpipe.course.definition import find
from mlpipe.plots import (
    ACCENT,
    MUTED,
    als_step,
    color_of,
    intervals,
    label_lines,
    lorenz,
    ranked_bars,
    timeline,
    use_style,
)  # fmt: skip
from mlpipe.ranking_metrics import gini_of_counts

RECOMMENDERS = ["popularity", "ItemKNN", "PureSVD", "GraphFilter", "BPR", "ALS", "EASE", "hybrid"]
CLICK_MODELS = [
    "base rate", "SmoothedRate", "HashedLogisticRegression", "logistic regression + crosses", "FTRLProximal",
    "CounterTrees", "TreesPlusLR", "FactorizationMachine", "oracle",
]  # fmt: skip


@pytest.fixture(autouse=True)
def styled():
    with mpl.rc_context():
        use_style()
        yield


def axes():
    figure = Figure()
    FigureCanvasAgg(figure)
    return figure.subplots()


WEIGHTS = {"unobserved_weight": 0.1, "regularization": 0.2}


def solved():
    """Two users, three films, two factors: likes, films, and the users' vectors by the exercise of lesson 05."""
    likes, films = np.array([[1, 1, 0], [0, 0, 1]]), np.array([[1, 0], [0.8, 0.6], [0, 1]])
    empty, penalty = WEIGHTS.values()
    answer = find("05.user_step").answer
    users = [answer(np.flatnonzero(row), films, empty, penalty * (row.sum() + 3 * empty)) for row in likes]
    return likes, films, np.array(users)


def draw(name, ax):
    """One example of each helper, as dense as a lesson would make it."""
    if name == "lorenz":
        lorenz(ax, [1, 1, 2, 50], "films")
        lorenz(ax, [3, 4, 5, 6], "users", color=color_of("EASE"))
    elif name == "label_lines":
        for i, model in enumerate(RECOMMENDERS):
            ax.plot([0, 1], [0.1, 0.2 + i / 1000], label=model, color=color_of(model))
        ax.plot([0, 1], [0, 0])  # no label
        label_lines(ax)
    elif name == "ranked_bars":
        ranked_bars(ax, CLICK_MODELS, np.linspace(-0.5, 0.6, 9), accent="oracle", fmt="{:.0%}")
    elif name == "timeline":
        seen = {"shown": zip("abcde", range(5), strict=True), "clicked": [("a", 1)], "clicked too late": [("e", 9)]}
        timeline(ax, "abcde", seen, spans=[("e", 4, 9), ("b", 1, np.nan)], moments={"training starts": 6})
    elif name == "als_step":
        als_step(ax, *solved(), **WEIGHTS)
    else:
        intervals(ax, RECOMMENDERS, np.arange(8), np.arange(8) - 1, np.arange(8) + 1, reference=3, accent="ALS")
    return ax


HELPERS = ["lorenz", "label_lines", "ranked_bars", "intervals", "timeline", "als_step"]


def ticks(axis):
    """The tick labels that are drawn: matplotlib also keeps some outside the limits."""
    low, high = sorted(axis.get_view_interval())
    labels = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
    return [label for place, label in labels if axis.get_visible() and low <= place <= high and label.get_text()]


@pytest.mark.parametrize("name", HELPERS)
def test_texts_do_not_overlap_stay_inside_and_can_be_read(name):
    ax = draw(name, axes())
    ax.figure.draw_without_rendering()
    texts = [*ax.texts, *ticks(ax.xaxis), *ticks(ax.yaxis)]
    boxes = [text.get_window_extent() for text in texts]
    for (a, box_a), (b, box_b) in itertools.combinations(zip(texts, boxes, strict=True), 2):
        assert not box_a.padded(-1).overlaps(box_b.padded(-1)), (a, b)
    width, height = ax.figure.bbox.width, ax.figure.bbox.height
    for text, box in zip(texts, boxes, strict=True):
        assert box.x0 >= 0, text
        assert box.x1 <= width, text
        assert box.y0 >= 0, text
        assert box.y1 <= height, text
        assert text.get_fontsize() >= 11


@pytest.mark.parametrize("name", HELPERS)
def test_a_figure_is_small(name):
    png = io.BytesIO()
    draw(name, axes()).figure.savefig(png)
    assert len(png.getvalue()) < 100_000


def test_a_figure_is_the_same_in_every_process():
    program = (
        "import io, hashlib; from matplotlib.figure import Figure; from mlpipe.plots import *; use_style();"
        "ax = Figure().subplots(); ax.plot([1, 2], [3, 4], label='ALS'); label_lines(ax); out = io.BytesIO();"
        "ax.figure.savefig(out, format='png'); print(hashlib.sha256(out.getvalue()).hexdigest())"
    )
    digest = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    ax, out = axes(), io.BytesIO()
    ax.plot([1, 2], [3, 4], label="ALS")
    label_lines(ax).figure.savefig(out, format="png")
    assert hashlib.sha256(out.getvalue()).hexdigest() == digest


# What dichromats see, as linear RGB: Machado, Oliveira and Fernandes 2009, severity 1.0
SIGHTS = {
    "typical": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    )
    x, y, z = np.cbrt(np.maximum(to_xyz @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("models", [RECOMMENDERS, CLICK_MODELS], ids=["recommenders", "click models"])
def test_any_two_models_can_be_told_apart_with_any_sight(models, sight):
    """15 is about six just noticeable differences; the usual colour-blind palette with a grey in it has pairs at 11."""
    seen = {model: lab(np.array(SIGHTS[sight]) @ linear(color_of(model))) for model in models}
    for a, b in itertools.combinations(models, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 15, (a, b)


@pytest.mark.parametrize("color", sorted({*plots._COLORS.values(), ACCENT, MUTED}))
def test_a_text_in_any_colour_can_be_read_on_white(color):
    luminance = linear(color) @ [0.2126, 0.7152, 0.0722]
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_color_of_knows_names_and_class_names():
    assert color_of("item kNN") == color_of("ItemKNN") == color_of("item-knn")
    assert color_of("trees + LR") == color_of("TreesPlusLR")
    assert color_of("ALS") == ACCENT
    assert color_of("popularity") == color_of("base rate") == MUTED
    with pytest.raises(ValueError, match="'ASL'; expected one of 'popularity', 'item kNN'"):
        color_of("ASL")


def test_the_area_over_the_lorenz_curve_is_the_gini():
    counts = np.random.default_rng(0).pareto(1.2, 400)
    x, y = lorenz(axes(), counts).lines[-1].get_data()
    assert 1 - 2 * np.trapezoid(y, x) == pytest.approx(gini_of_counts(counts))
    assert (np.diff(y, 2) > -1e-12).all()  # convex: from the least popular on
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)


@pytest.mark.parametrize("counts", [[3, 4, 5, 6], [1, 1, 2, 50], np.arange(1, 99), 2.0 ** np.arange(30)])
def test_the_label_of_a_lorenz_curve_lies_on_neither_line(counts):
    ax = lorenz(axes(), counts, "ratings of films")
    ax.figure.draw_without_rendering()
    box = ax.texts[-1].get_window_extent().transformed(ax.transData.inverted())
    x, y = ax.lines[-1].get_data()
    corners = [(box.x0, box.y0), (box.x0, box.y1), (box.x1, box.y0), (box.x1, box.y1)]
    assert len({(top > across, top > np.interp(across, x, y)) for across, top in corners}) == 1
    assert 0 < box.x0 < box.x1 < 1


def test_lorenz_draws_the_diagonal_once_and_refuses_nothing():
    ax = axes()
    lorenz(lorenz(ax, [1, 2], "a"), [1, 5], "b")
    assert len(ax.lines) == 3
    for counts in ([0, 0], [1, -1], [np.nan, 1], [[1, 2]]):
        with pytest.raises(ValueError, match=r"^counts (are \d zeros|holds .*|has shape .*); expected"):
            lorenz(ax, counts)


def test_labels_sit_at_the_end_of_their_line_in_its_colour():
    ax = axes()
    (line,) = ax.plot([0, 1, 2], [5, 6, 7], label="ALS", color=color_of("ALS"))
    ax.plot([0, 1, 2], [1, 1, 1], label="EASE")
    text = next(text for text in label_lines(ax).texts if text.get_text() == "ALS")
    assert text.xy == (2, 7)
    assert text.get_color() == line.get_color()
    with pytest.raises(ValueError, match="no labelled line"):
        label_lines(axes())


def test_labels_move_only_as_far_as_they_must():
    assert plots._spread(np.array([0, 50.0]), 10, top=100).tolist() == [0, 50]
    assert plots._spread(np.array([20, 22.0]), 10, top=100).tolist() == [16, 26]
    assert plots._spread(np.array([20, 22, 31.0, 90]), 10, top=100) == pytest.approx([43 / 3, 73 / 3, 103 / 3, 90])
    assert plots._spread(np.array([97.0, 99]), 10, top=100).tolist() == [90, 100]
    spread = plots._spread(np.sort(np.random.default_rng(0).random(9) * 200), 10, top=200)
    assert np.diff(spread).min() >= 10 - 1e-9


def test_bars_are_ranked_labelled_and_one_is_accented():
    ax = ranked_bars(axes(), ["low", "high", "middle"], [1, 3, 2], accent="middle", fmt="{:.0f}")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["high", "middle", "low"]
    assert [text.get_text() for text in ax.texts] == ["3", "2", "1"]
    assert [bar.get_width() for bar in ax.patches] == [3, 2, 1]
    assert [mpl.colors.to_hex(bar.get_facecolor()) for bar in ax.patches] == [MUTED, ACCENT, MUTED]
    assert ax.yaxis_inverted()  # the first is on top


def test_intervals_show_bounds_and_reference():
    ax = intervals(axes(), ["a", "b"], [1, 2], [0, 1.5], [3, 2.5], reference=0.5, accent="b")
    spans = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert spans == [[0, 3], [1.5, 2.5]]
    assert ax.collections[1].get_offsets()[:, 0].tolist() == [1, 2]
    assert ax.lines[0].get_xdata() == [0.5, 0.5]
    colored = intervals(axes(), ["a", "b"], [1, 2], [0, 1.5], [3, 2.5], colors=[MUTED, ACCENT])
    assert [mpl.colors.to_hex(color) for color in colored.collections[1].get_facecolors()] == [MUTED, ACCENT]


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"values has 1 values and names 2; expected as many"):
        ranked_bars(axes(), ["a", "b"], [1])
    with pytest.raises(ValueError, match=r"high holds .*finite"):
        intervals(axes(), ["a"], [1], [0], [np.nan])
    with pytest.raises(ValueError, match="not their distance"):
        intervals(axes(), ["a"], [1], [0.1], [0.1])
    for chart in (
        lambda: ranked_bars(axes(), ["a"], [1], accent="z"),
        lambda: intervals(axes(), ["a"], [1], [1], [1], accent="z"),
    ):
        with pytest.raises(ValueError, match="accent is 'z'"):
            chart()


def test_a_timeline_puts_events_on_their_rows_and_tells_kinds_by_form_and_colour():
    kinds = {"shown": [("a", 1), ("b", 2)], "clicked": [], "late": [("b", 5)]}
    ax = timeline(axes(), ["a", "b"], kinds, spans=[("b", 2, 5), ("a", 1, np.nan)], moments={"now": 3})
    assert [dots.get_offsets().tolist() for dots in ax.collections] == [[[1, 0], [2, 1]], [], [[5, 1]]]
    shapes = [dots.get_paths()[0].vertices for dots in ax.collections]
    assert len({len(shape) for shape in shapes}) + (shapes[1].tolist() != shapes[2].tolist()) >= 3
    strokes = [line.get_xydata().tolist() for line in ax.lines if line.get_zorder() == 1]
    assert strokes == [[[2, 1], [5, 1]], [[3, 0], [3, 1]]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["shown", "clicked", "late"]
    assert ax.yaxis_inverted()  # the first row is on top


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ({}, "events has 0 kinds; expected one to 3"),
        ({name: [] for name in "wxyz"}, "events has 4 kinds"),
        ({"shown": [("c", 1)]}, "the row of an event of 'shown' is 'c'; expected one of 'a', 'b'"),
        ({"late": [("a", np.nan)]}, "'late' has an event of 'a' at nan; leave out"),
    ],
)
def test_a_timeline_refuses_what_it_cannot_place(events, message):
    with pytest.raises(ValueError, match=message):
        timeline(axes(), ["a", "b"], events)


def test_the_step_of_als_shows_the_equations_that_the_exercise_solves():
    likes, films, users = solved()
    texts = [text.get_text() for text in als_step(axes(), likes, films, users, **WEIGHTS).texts]
    for number in [*users.ravel(), *(users @ films.T).ravel(), *(likes @ films).ravel()]:
        assert f"{number:.2f}" in texts
    with pytest.raises(ValueError, match=r"user_factors\[1\] is .*; expected .*, the solution"):
        als_step(axes(), likes, films, users + np.array([[0, 0], [0.1, 0]]), **WEIGHTS)
    with pytest.raises(ValueError, match=r"shapes \(2, 3\), \(3, 3\) and \(2, 2\); expected"):
        als_step(axes(), likes, np.eye(3), users, **WEIGHTS)


def test_split_panels_show_each_like_once_and_the_cut_between_known_and_hidden():
    day = np.concatenate([np.arange(8), np.arange(3, 12)])
    likes = pd.DataFrame({"user_id": np.repeat(["ann", "bob"], [8, 9]), "timestamp": pd.to_datetime(day, unit="D")})
    parts = {"last": splits.leave_last_out(likes), "cut": splits.global_time(likes, pd.Timestamp("1970-01-08"))}
    parts["random"] = splits.random_per_user(likes)
    panels = plots.split_panels(parts).axes
    for ax, (name, part) in zip(panels, parts.items(), strict=False):
        counts = [len(dots.get_offsets()) for dots in ax.collections]
        assert (counts[0], counts[2], sum(counts)) == (len(part.train), len(part.test), 17), name
    (line,) = [line for line in panels[1].lines if line.get_linestyle() == "--"]
    assert pd.Timestamp("1970-01-07") < line.get_xdata()[0] < pd.Timestamp("1970-01-08")
    assert not panels[3].axison  # three splits, four places
    with pytest.raises(ValueError, match="'gap' knows no users"):
        plots.split_panels({"gap": splits.by_time(likes, pd.Timestamp("1970-01-08"))})
