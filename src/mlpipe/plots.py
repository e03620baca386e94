"""The figures of the course: one style, one colour a model, labels on the lines instead of a legend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from mlpipe import arguments
from mlpipe.splits import Split

# Found by search: each has a contrast of 4.5 or more on white, as a text in it needs, and any two stay apart for red-
# and green-blind readers.
ACCENT = "#c25200"  # what the figure is about
MUTED = "#767676"  # what it is compared with
_BLACK, _NAVY, _CYAN, _GREEN, _VIOLET, _BROWN, _PLUM = (
    "#222222", "#0d2f86", "#007a9a", "#298548", "#7b4fd8", "#663d01", "#840a59",
)  # fmt: skip

# The recommenders and the click models never share a figure, so they share the colours.
_COLORS = {
    "popularity": MUTED,
    "item kNN": _BROWN,
    "PureSVD": _CYAN,
    "graph filter": _GREEN,
    "BPR": _PLUM,
    "ALS": ACCENT,
    "EASE": _NAVY,
    "hybrid": _VIOLET,
    "two-tower": _BLACK,
    "base rate": MUTED,
    "smoothed rate": _BROWN,
    "hashed logistic regression": _NAVY,
    "logistic regression + crosses": _CYAN,
    "FTRL-proximal": _GREEN,
    "counter trees": _VIOLET,
    "trees + LR": _PLUM,
    "factorization machine": ACCENT,
    "oracle": _BLACK,
}


def use_style() -> None:
    """Set matplotlib up for the course: 8 x 4.5 inches, 12 pt and more, no frame. Call it once, at the top of a lesson.

    Examples
    --------
    >>> use_style()
    >>> mpl.rcParams["axes.spines.top"]
    False
    """
    mpl.rcParams.update(
        {
            "figure.figsize": (8, 4.5),
            "figure.dpi": 100,
            "savefig.dpi": "figure",
            "figure.constrained_layout.use": True,
            "font.family": "DejaVu Sans",
            "font.size": 12,
            "axes.titlesize": 14,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 12,
            "figure.titlesize": 14,
            "figure.titleweight": "bold",
            "axes.labelsize": 12,
            "xtick.labelsize": 11,
            "ytick.labelsize": 11,
            "legend.fontsize": 11,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": MUTED,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#e6e6e6",
            "lines.linewidth": 2.5,
            "axes.prop_cycle": cycler(color=[ACCENT, _NAVY, _GREEN, _VIOLET, _CYAN, _BROWN, _PLUM, MUTED]),
        }
    )


def color_of(model: str) -> str:
    """The colour of a model, the same in every figure.

    Parameters
    ----------
    model : its name ("item kNN") or that of its class ("ItemKNN"); case, spaces and hyphens do not matter

    Returns
    -------
    hex colour

    Raises
    ------
    ValueError
        On an unknown name.

    Examples
    --------
    >>> color_of("ALS"), color_of("ItemKNN") == color_of("item kNN")
    ('#c25200', True)
    """
    names = {_plain(name): name for name in _COLORS}
    known = names.get(_plain(model), model)
    arguments.one_of("model", known, list(_COLORS), ": a new model gets its colour in mlpipe.plots")
    return _COLORS[known]


def lorenz(ax: Axes, counts: ArrayLike, label: str = "", *, color: str = ACCENT) -> Axes:
    """Draw the Lorenz curve of some counts: the share of the whole that the least popular x of the items hold.

    The diagonal, all counts equal, is drawn once.

    Parameters
    ----------
    ax : axes to draw on
    counts : (n_items,) zero or more, items with 0 included
    label : text at the curve
    color : of curve and text

    Returns
    -------
    `ax`

    Raises
    ------
    ValueError
        On negative, missing or no counts.

    References
    ----------
    Lorenz 1905, Methods of measuring the concentration of wealth.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> lorenz(Figure().subplots(), [1, 1, 8]).lines[-1].get_ydata().round(1).tolist()
    [0.0, 0.1, 0.2, 1.0]
    """
    values = np.sort(arguments.amounts("counts", counts))
    if not values.any():
        raise ValueError(f"counts are {len(values):,} zeros; expected one above 0: a curve needs something to share")
    share = np.append(0, np.cumsum(values) / values.sum())
    items = np.linspace(0, 1, len(share))
    if not any(line.get_gid() == "equal" for line in ax.lines):
        ax.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1.5, gid="equal")
        ax.annotate("all equal", (0.4, 0.4), xytext=(-8, 4), textcoords="offset points", ha="right", color=MUTED)
        ax.set(xlim=(0, 1), ylim=(0, 1))
        ax.xaxis.set_major_formatter(PercentFormatter(1))
        ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.plot(items, share, color=color)
    # Farthest from the diagonal the curve rises at 45 degrees: a text to its lower right is free, or, where that would
    # leave the axes, to its upper left.
    at = np.argmax(items - share)
    where: dict[str, Any] = (
        {"xytext": (-8, 4), "ha": "right"} if items[at] - share[at] > 0.4 else {"xytext": (8, -4), "va": "top"}
    )
    ax.annotate(label, (items[at], share[at]), textcoords="offset points", color=color, **where)
    return ax


def label_lines(ax: Axes) -> Axes:
    """Write the label of each line at its right end, in its colour: a legend that needs no looking up.

    Labels that would overlap are moved apart. Call it last, when limits and scales are set.

    Parameters
    ----------
    ax : axes with lines; those without a label (matplotlib names them "_child0", ...) get none

    Returns
    -------
    `ax`

    Raises
    ------
    ValueError
        When no line has a label.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> _ = ax.plot([1, 2], [3, 4], label="ALS")
    >>> [text.get_text() for text in label_lines(ax).texts]
    ['ALS']
    """
    lines = [line for line in ax.lines if not str(line.get_label()).startswith("_")]
    if not lines:
        raise ValueError('the axes have no labelled line; expected ax.plot(..., label="ALS") before label_lines')
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # the places below are those of the final layout
    ends = [np.asarray(line.get_xydata(), dtype=np.float64)[-1] for line in lines]
    heights = ax.transData.transform(ends)[:, 1] * 72 / ax.figure.dpi  # points
    font = mpl.rcParams["font.size"]
    order = np.argsort(heights, kind="stable")
    placed = _spread(heights[order], 1.3 * font, top=ax.bbox.y1 * 72 / ax.figure.dpi)
    for i, height in zip(order, placed, strict=True):
        ax.annotate(
            str(lines[i].get_label()), (ends[i][0], ends[i][1]), xytext=(8, height - heights[i]),
            textcoords="offset points", va="center", color=lines[i].get_color(), annotation_clip=False,
        )  # fmt: skip
    return ax


def ranked_bars(
    ax: Axes, names: Sequence[str], values: ArrayLike, *, accent: str | None = None, fmt: str = "{:.2f}"
) -> Axes:
    """Draw horizontal bars, the largest on top, each with its value.

    Parameters
    ----------
    ax : axes to draw on
    names, values : (n,) in any order, values finite
    accent : name of the bar that the figure is about, the others are grey
    fmt : format of the values, such as "{:.1%}"

    Returns
    -------
    `ax`

    Raises
    ------
    ValueError
        When the lengths differ, a value is not finite, or `accent` is none of the names.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = ranked_bars(Figure().subplots(), ["a", "b"], [1, 2], accent="b")
    >>> [text.get_text() for text in ax.texts]
    ['2.00', '1.00']
    """
    (lengths,) = _rows(names, values=values)
    order = np.argsort(-lengths, kind="stable").tolist()
    names = [str(names[i]) for i in order]
    ax.barh(range(len(names)), lengths[order], color=_highlight(names, accent))
    for row, value in enumerate(lengths[order].tolist()):  # a negative bar leaves the room on its right to its value
        ax.annotate(fmt.format(value), (max(value, 0), row), (5, 0), textcoords="offset points", va="center")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.margins(x=0.12)  # room for the values
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False)
    return ax


def intervals(
    ax: Axes,
    names: Sequence[str],
    estimates: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    reference: float | None = None,
    accent: str | None = None,
    colors: Sequence[str] | None = None,
) -> Axes:
    """Draw an estimate and its interval for each name, in the order given, first on top.

    Parameters
    ----------
    ax : axes to draw on
    names, estimates, low, high : (n,) low <= estimate <= high, all finite
    reference : where a dashed line says "no difference"
    accent : the name that the figure is about
    colors : (n,) a colour a name, instead of one accent among grey

    Returns
    -------
    `ax`

    Raises
    ------
    ValueError
        When the lengths differ, a value is not finite, an estimate lies outside its interval, or `accent` is none of
        the names.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = intervals(Figure().subplots(), ["a", "b"], [1, 2], [0, 1.5], [2, 3], reference=0)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['a', 'b']
    """
    middle, left, right = _rows(names, estimates=estimates, low=low, high=high)
    if (outside := ~((left <= middle) & (middle <= right))).any():
        raise ValueError(
            f"{outside.sum()} estimates (first: {names[int(outside.argmax())]!r}) lie outside their interval; expected "
            "low <= estimate <= high, the bounds themselves, not their distance from the estimate"
        )
    places, shades = range(len(names)), _highlight(names, accent) if colors is None else list(colors)
    arguments.same_length("colors", shades, "names", names, "one colour a name")
    ax.hlines(places, left, right, colors=shades, linewidth=3)
    ax.scatter(middle, places, c=shades, s=70, zorder=3)
    if reference is not None:
        ax.axvline(reference, color=_BLACK, linestyle="--", linewidth=1.5, zorder=1)
    ax.set_yticks(places, names)
    ax.margins(y=0.15)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")
    return ax


# What happened, what happened beside it, and what the figure is about: told apart by form as well as by colour.
_MARKS: tuple[dict[str, Any], ...] = (
    {"marker": "o", "color": MUTED, "s": 70},
    {"marker": "s", "facecolor": "white", "edgecolor": _NAVY, "linewidth": 2, "s": 70},
    {"marker": "D", "color": ACCENT, "s": 75},
)


def timeline(
    ax: Axes,
    rows: Iterable[Any],
    events: Mapping[str, Iterable[tuple[Any, Any]]],
    *,
    spans: Iterable[tuple[Any, Any, Any]] = (),
    moments: Mapping[str, Any] | None = None,
    legend: bool = True,
) -> Axes:
    """Draw what happened when: a line a row, a mark an event; form and colour tell its kind.

    Parameters
    ----------
    ax : axes to draw on
    rows : names of the lines, first on top
    events : (row, time) of each event, by kind, up to three; the kind that the figure is about comes last
        Times are numbers or time stamps. A kind without events stays in the legend.
    spans : (row, start, end) of strokes that join two events; those whose end is missing are left out
    moments : times at which a dashed line crosses all rows, by what happens then
    legend : whether the kinds are named below the axes

    Returns
    -------
    `ax`

    Raises
    ------
    ValueError
        For more than three kinds, an event of a row that is not in `rows`, or a missing time.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = timeline(Figure().subplots(), ["ann", "bob"], {"seen": [("ann", 1), ("bob", 3)]}, moments={"now": 2})
    >>> ax.collections[0].get_offsets().tolist()
    [[1.0, 0.0], [3.0, 1.0]]
    """
    if not 0 < len(events) <= len(_MARKS):
        raise ValueError(f"events has {len(events)} kinds; expected one to {len(_MARKS)}, each has a form of its own")
    names = list(rows)
    for number in range(len(names)):
        ax.axhline(number, color="#e6e6e6", linewidth=1.5, zorder=0)
    for (kind, pairs), mark in zip(events.items(), _MARKS, strict=False):
        of, times = [list(column) for column in zip(*pairs, strict=True)] or [[], []]
        for row, time in zip(of, times, strict=True):
            arguments.one_of(f"the row of an event of {kind!r}", row, names, ", the rows")
            if time != time:
                raise ValueError(f"{kind!r} has an event of {row!r} at {time}; leave out what never happened")
        ax.scatter(times, [names.index(row) for row in of], label=kind, zorder=3, **mark)
    for row, start, end in spans:
        if end == end:
            ax.plot([start, end], [names.index(row)] * 2, color=MUTED, linewidth=2, zorder=1)
    for name, moment in (moments or {}).items():
        ax.axvline(moment, color=_BLACK, linestyle="--", linewidth=1.5, zorder=1)
        ax.annotate(name, (moment, 1), xycoords=("data", "axes fraction"), xytext=(5, -3), textcoords="offset points")
    ax.set_yticks(range(len(names)), [str(name) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5 - 0.5 * bool(moments))  # room for the names of the moments
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)
    if legend:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=len(events), borderaxespad=0)
    return ax


def split_panels(parts: Mapping[str, Split], *, user: str = "user_id", column: str = "timestamp") -> Figure:
    """Draw what some splits do with one small log: a panel a split, a line a user, all on one scale of time.

    Parameters
    ----------
    parts : splits of the same frame, by name; the panels stand two in a row
    user, column : names of the columns of users and times

    Returns
    -------
    new figure

    Raises
    ------
    ValueError
        When a split knows no users, as those of `by_time`.
    """
    figure, axes = plt.subplots(-(-len(parts) // 2), 2, figsize=(8, 4.8), sharex=True, sharey=True, squeeze=False)
    for ax in axes.flat[len(parts) :]:
        ax.axis("off")
    for ax, (name, split) in zip(axes.flat, parts.items(), strict=False):
        if split.history is None:
            raise ValueError(f"the split {name!r} knows no users; expected one that has a history, such as global_time")
        folded = split.history.drop(split.train.index, errors="ignore")
        kinds = {"trained on": split.train, "folded in": folded, "hidden": split.test}
        rows = sorted(set().union(*(part[user] for part in kinds.values())))
        events = {kind: list(zip(part[user], part[column], strict=True)) for kind, part in kinds.items()}
        moments = {}
        if len(folded):
            last, first = split.train[column].max(), min(folded[column].min(), split.test[column].min())
            moments["cut"] = last + (first - last) / 2
        timeline(ax, rows, events, moments=moments, legend=False).set_title(name, fontsize=12, pad=2)
        ax.set(xticks=[], ylabel=f"{user.removesuffix('_id')}s" if ax in axes[:, 0] else "")
    for ax in axes[-1]:
        ax.set_xlabel("time")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def als_step(
    ax: Axes, likes: ArrayLike, item_factors: ArrayLike, user_factors: ArrayLike, *,
    unobserved_weight: float, regularization: float,
) -> Axes:  # fmt: skip
    """Draw a half-step of implicit ALS with its numbers: film vectors held fixed, each user solved, what is predicted.

    Parameters
    ----------
    ax : axes of about 8 x 4.5 inches
    likes : (n_users, n_films) 1 for a like, else 0; two or three users, up to four films
    item_factors, user_factors : (n_films, 2), (n_users, 2) the vectors held fixed, and the solution for them
    unobserved_weight, regularization : weight of an empty cell, and penalty before it is scaled by each user's cells

    Returns
    -------
    `ax`

    Raises
    ------
    ValueError
        When the shapes do not fit, or `user_factors` do not solve the normal equations that the figure would show.

    References
    ----------
    Hu, Koren and Volinsky 2008, Collaborative filtering for implicit feedback datasets; with the penalty of Rendle et
    al. 2021.
    """
    liked, Y, X = (np.asarray(values, dtype=np.float64) for values in (likes, item_factors, user_factors))
    if Y.shape[1:] != (2,) or X.shape != (len(liked), 2) or liked.shape[1:] != (len(Y),):
        raise ValueError(
            f"likes, item_factors and user_factors have shapes {liked.shape}, {Y.shape} and {X.shape}; expected "
            "(n_users, n_films), (n_films, 2) and (n_users, 2): a page has room for two factors"
        )
    empty = unobserved_weight * Y.T @ Y
    for place, text, color in (
        (0.8, "vector y,\nheld fixed", MUTED), (1.77, "like\nt", _BLACK), (2.25, "weight\nw", _BLACK),
        (3.0, "solve  A x = b  for x, one user at a time", _BLACK), (7.0, "predict\nx · y", _BLACK),
    ):  # fmt: skip
        ax.text(place, 0.2, text, color=color, va="bottom", fontsize=11, fontstyle="italic", linespacing=1)
    for user, (t, x) in enumerate(zip(liked, X, strict=True)):
        correction = (1 - unobserved_weight) * (Y * t[:, None]).T @ Y
        ridge = regularization * (t.sum() + unobserved_weight * len(Y)) * np.eye(2)
        A, b, top = empty + correction + ridge, t @ Y, -2.15 * user
        if not np.allclose(A @ x, b, atol=1e-6):
            raise ValueError(f"user_factors[{user}] is {x}; expected {np.linalg.solve(A, b)}, the solution for its row")
        ax.text(0, top - 0.1, f"user {user + 1}", fontsize=11, fontweight="bold", va="center")
        for film, (y, target) in enumerate(zip(Y, t, strict=True)):
            height, color = top - 0.55 - 0.38 * film, ACCENT if target else _BLACK
            weight = 1 if target else unobserved_weight
            cells = (f"film {film + 1}", f"({y[0]:.1f}, {y[1]:.1f})", f"{target:.0f}", f"{weight:g}")
            for place, cell in zip((0, 0.8, 1.8, 2.3), cells, strict=True):
                ax.text(place, height, cell, va="center", fontsize=11, color=MUTED if place == 0.8 else color)
            ax.barh(height, x @ y, height=0.26, left=7.0, color=ACCENT if target else MUTED)
            ax.text(7.06 + max(x @ y, 0), height, f"{x @ y:.2f}", va="center", fontsize=11, color=color)
        ax.plot([7.0, 7.0], [top - 0.32, height - 0.25], color=_BLACK, linewidth=1.2)
        for place, matrix, name, sign in (
            (3.05, empty, "all as empty:\nonce for all users", ""), (4.4, correction, "more for\nliked films", "+"),
            (5.75, ridge, "ridge", "+"),
            (3.05, A, "", "A ="), (4.7, x[:, None], "", "x ="), (5.9, b[:, None], "", "b ="),
        ):  # fmt: skip
            middle, color = top - (0.25 if name else 1.4), ACCENT if sign == "x =" else _BLACK
            _brackets(ax, place, middle, matrix, color)
            ax.text(place - 0.07, middle, sign, ha="right", va="center", fontsize=11, color=color)
            ax.text(place + 0.5, middle - 0.32, name, ha="center", va="top", fontsize=11, linespacing=1)
    ax.set(xticks=[], yticks=[], xlim=(-0.05, 8.35), ylim=(-2.15 * len(liked) + 0.42, 0.75))
    ax.axis("off")
    return ax


def _brackets(ax: Axes, left: float, middle: float, values: np.ndarray, color: str) -> None:
    """A small matrix between brackets, its left edge and its middle given."""
    width, half = 0.5 * values.shape[1], 0.26
    for (row, column), value in np.ndenumerate(values):
        place = left + 0.25 + 0.5 * column, middle + half / 2 - half * row
        ax.text(*place, f"{value:.2f}", ha="center", va="center", fontsize=11, color=color)
    for edge, inward in ((left, 0.06), (left + width, -0.06)):
        ax.plot(
            [edge + inward, edge, edge, edge + inward],
            middle + half * np.array([1, 1, -1, -1]),
            color=color,
            linewidth=1.2,
        )


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower().replace("+", "plus"))


def _highlight(names: Sequence[str], accent: str | None) -> list[str]:
    if accent is not None:
        arguments.one_of("accent", accent, names, ", the names of the figure")
    return [ACCENT if name == accent else MUTED for name in names]


def _rows(names: Sequence[str], **columns: ArrayLike) -> list[np.ndarray]:
    rows = []
    for name, values in columns.items():
        array = arguments.numbers(name, values, "(n,) numbers, one a name", ndim=1)
        arguments.same_length(name, array, "names", names, "one number a name")
        arguments.inside(name, array, np.isfinite(array), "finite numbers")
        rows.append(array)
    return rows


def _spread(heights: np.ndarray, gap: float, top: float) -> np.ndarray:
    """Move sorted heights apart to at least `gap`, none above `top`: groups that touch are centred on their mean."""
    groups: list[tuple[float, int]] = []  # mean height, number of labels
    for height in heights:
        mean, n = float(height), 1
        while groups and groups[-1][0] + gap * (groups[-1][1] - 1) / 2 + gap > mean - gap * (n - 1) / 2:
            below, m = groups.pop()
            mean, n = (below * m + mean * n) / (m + n), m + n
        groups.append((mean, n))
    spread = np.concatenate([mean + gap * (np.arange(n) - (n - 1) / 2) for mean, n in groups])
    return np.minimum(spread, top - gap * np.arange(len(heights))[::-1])
