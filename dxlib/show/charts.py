"""Drawings: matplotlib to SVG, the same bytes on every run. Colours are told apart by colour-blind readers."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from . import drawing, typeface

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

Write = Callable[[float], str]  # a number as the axis or a label shows it
Place = Callable[[float, float], tuple[float, float]]  # of a point of the axes in a drawing
Given = ParamSpec("Given")
Drawn = TypeVar("Drawn")

ACCENT, WARM, GREY, PALE, INK = "#0b5c8a", "#c8581a", "#8a939b", "#d5dde3", "#20262c"
ROWS = 26  # a drawing with more rows is split, so that it can be read on paper and on a phone
WIDTH = 5.6  # inches: narrow, so that the letters can still be read when a phone shrinks it

STYLE: dict[Any, Any] = {
    "font.size": 10.5,
    "svg.hashsalt": "dxlib",
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw(height: float, paint: Callable[[Figure, Axes], None], width: float = WIDTH) -> str:
    """One drawing. `paint` gets the figure and its axes."""
    return laid_out(height, paint, width)[0]


def laid_out(height: float, paint: Callable[[Figure, Axes], None], width: float = WIDTH) -> tuple[str, Place]:
    """One drawing, and where a point of its axes lies in it."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    with rc_context({**STYLE, "font.family": typeface.for_charts()}):
        figure = Figure(figsize=(width, height))
        axes = figure.subplots()
        paint(figure, axes)
        for ground in (figure.patch, axes.patch):
            ground.set_visible(False)
        FigureCanvasSVG(figure)
        figure.dpi = 72  # SVG's own, so that letters are measured as they are drawn
        ConstrainedLayoutEngine().execute(figure)  # as an engine of the figure it would have all drawn twice
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    across, down = axes.transData.transform([(0, 0), (1, 1)]).T.tolist()

    def place(x: float, y: float) -> tuple[float, float]:
        return across[0] + x * (across[1] - across[0]), height * 72 - down[0] - y * (down[1] - down[0])

    return drawing.plain(out.getvalue()), place


def in_our_letters(chart: Callable[Given, Drawn]) -> Callable[Given, Drawn]:
    """The chart, with every text that it is given in signs that the face can draw."""

    @wraps(chart)
    def drawn(*given: Given.args, **named: Given.kwargs) -> Drawn:
        return chart(*map(lettered, given), **{key: lettered(value) for key, value in named.items()})  # type: ignore[arg-type]

    return drawn


def lettered(value: Any) -> Any:
    """A text, or all texts in a list, as the face can draw them; anything else as it is."""
    if isinstance(value, str):
        return typeface.drawable(value)
    return type(value)(map(lettered, value)) if isinstance(value, list | tuple) else value


def parts(n: int, most: int = ROWS) -> list[slice]:
    """n rows in drawings of nearly equal length, none longer than `most`."""
    count = -(-n // most)
    bounds = [round(i * n / count) for i in range(count + 1)]
    return [slice(a, b) for a, b in pairwise(bounds)]


def folded(text: str, width: int = 28) -> str:
    """A long name on several lines, never cut."""
    import textwrap

    return "\n".join(textwrap.wrap(text, width)) or text


def rows_axis(axes: Axes, labels: Sequence[str], width: int = 28) -> list[float]:
    """Names down the side, the first on top; returns the heights of the rows."""
    lines = [folded(label, width) for label in labels]
    heights, at = [], 0.0
    for line in lines:
        extent = 1 + 0.75 * line.count("\n")
        heights.append(at + extent / 2)
        at += extent
    axes.set_yticks(heights, lines)
    axes.set_ylim(at, 0)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return heights


def row_by_row(
    labels: Sequence[str], paint: Callable[[Axes, slice, list[float]], None], above: float = 0.0
) -> list[str]:
    """Drawings of named rows, several where there are many.

    paint   gets the axes, which rows are drawn, and their heights
    above   inches for a title
    """

    def drawn(part: slice) -> str:
        named = labels[part]
        return draw(needed(named) + above, lambda figure, axes: paint(axes, part, rows_axis(axes, named)))

    return [drawn(part) for part in parts(len(labels))]


def grid(axes: Axes) -> None:
    """Thin lines behind the rows, from the ticks below."""
    axes.grid(axis="x", color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)


def whole_numbers() -> MaxNLocator:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(integer=True, min_n_ticks=1)


def needed(labels: Sequence[str], width: int = 28) -> float:
    """Inches that named rows need."""
    return 0.7 + 0.21 * sum(1 + 0.75 * folded(label, width).count("\n") for label in labels)


def rank_ticks(low: float, high: float) -> list[int]:
    """Whole ranks for an axis: the first place where it is shown, then round steps."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if high - low <= 9 * step)
    first = [1] if low <= 1 else []
    return first + [tick for tick in range(step, int(high) + 1, step) if tick >= max(low, 2)]


@in_our_letters
def intervals(
    labels: Sequence[str],
    low: Sequence[float],
    middle: Sequence[float],
    high: Sequence[float],
    x_label: str,
    heading: str = "",
) -> list[str]:
    """A dot between two ends for every row: ranks with their intervals, smallest to the left."""
    headed = folded(heading, 44)

    def paint(axes: Axes, part: slice, heights: list[float]) -> None:
        axes.hlines(heights, low[part], high[part], color=PALE, linewidth=6, capstyle="round")
        axes.plot(middle[part], heights, "o", color=ACCENT, markersize=5)
        axes.set_xlim(min(low[part]) - 0.6, max(*high[part], min(low[part]) + 1) + 0.6)
        axes.set_xticks(rank_ticks(min(low[part]), max(high[part])))
        axes.set_xlabel(x_label)
        if heading:
            axes.set_title(headed, loc="left", fontsize=11, fontweight="bold")
        grid(axes)

    return row_by_row(labels, paint, 0.25 + 0.18 * headed.count("\n") if heading else 0)


@in_our_letters
def two_sided(
    labels: Sequence[str],
    left: Sequence[float],
    right: Sequence[float],
    left_label: str,
    right_label: str,
    write: Write,
) -> list[str]:
    """Bars to the left and to the right of nought for every row, values beside them."""
    to_left, to_right = max(left), max(right)
    margin = 0.16 * (to_left + to_right or 1.0)  # for the values beside the bars

    def paint(axes: Axes, part: slice, heights: list[float]) -> None:
        axes.barh(heights, [-v for v in left[part]], color=ACCENT, height=0.62)
        axes.barh(heights, right[part], color=WARM, height=0.62)
        for y, a, b in zip(heights, left[part], right[part], strict=True):
            if a:
                axes.text(-a - margin * 0.1, y, write(a), ha="right", va="center", fontsize=9.5)
            if b:
                axes.text(b + margin * 0.1, y, write(b), ha="left", va="center", fontsize=9.5)
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_xlim(-to_left - margin if to_left else 0, to_right + margin if to_right else 0)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        if to_left:
            axes.set_title(f"◀ {left_label}", loc="left", fontsize=10, color=ACCENT)
        if to_right:
            axes.set_title(f"{right_label} ▶", loc="right", fontsize=10, color=WARM)

    return row_by_row(labels, paint, 0.2)


@in_our_letters
def distribution(
    values: Sequence[float], cuts: Sequence[tuple[float, str]], x_label: str, y_label: str, write: Write
) -> list[str]:
    """How many agencies lie where on 0..1, with the class cuts named."""

    def paint(figure: Figure, axes: Axes) -> None:
        edges = [i / 20 for i in range(21)]
        counts = [sum(a <= v < b or (b == 1.0 and v >= 1.0) for v in values) for a, b in pairwise(edges)]
        axes.bar([a + 0.025 for a in edges[:-1]], counts, width=0.045, color=ACCENT)
        top = max(counts) * 1.25 + 0.5
        for cut, label in cuts:
            axes.axvline(cut, color=WARM, linewidth=1, linestyle="--")
            named, place = folded(label, 26), (cut + 0.006, top * 0.98)
            axes.text(*place, named, rotation=90, va="top", ha="left", fontsize=9.5, color=WARM)
        axes.set_ylim(0, top)
        axes.set_xlim(0, 1)
        axes.set_xticks([i / 5 for i in range(6)], [write(i / 5) for i in range(6)])
        axes.yaxis.set_major_locator(whole_numbers())
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)

    return [draw(2.6, paint)]


def share_axis(axes: Axes, low: Sequence[float], high: Sequence[float], x_label: str, written: Sequence[str]) -> None:
    """Shares along the bottom: 0 to 1, wider where the values are."""
    axes.set_xlim(min([*low, 0.0]), max([*high, 1.0]))
    axes.set_xticks([i / 5 for i in range(6)], written)
    axes.set_xlabel(x_label)
    grid(axes)


@in_our_letters
def ranges(
    labels: Sequence[str],
    low: Sequence[float],
    middle: Sequence[float],
    high: Sequence[float],
    x_label: str,
    write: Write,
) -> list[str]:
    """Lowest, median and highest share (0..1) for every row."""

    def paint(figure: Figure, axes: Axes) -> None:
        heights = rows_axis(axes, labels, 26)
        axes.hlines(heights, low, high, color=PALE, linewidth=6, capstyle="round")
        axes.plot(middle, heights, "o", color=ACCENT, markersize=6)
        for y, m in zip(heights, middle, strict=True):
            axes.text(m, y - 0.32, write(m), ha="center", va="bottom", fontsize=9.5, color=ACCENT)
        share_axis(axes, low, high, x_label, [write(i / 5) for i in range(6)])

    return [draw(needed(labels, 26) + 0.14 * len(labels), paint)]


@in_our_letters
def differences(
    means: Sequence[float],
    gaps: Sequence[float],
    lines: Sequence[tuple[float, str]],
    x_label: str,
    y_label: str,
    write: Write,
) -> list[str]:
    """Difference against mean, one dot each; the first line solid and named, the others dashed."""

    def paint(figure: Figure, axes: Axes) -> None:
        axes.plot(means, gaps, "o", color=ACCENT, markersize=5, alpha=0.75, markeredgewidth=0)
        axes.axhline(0, color=GREY, linewidth=0.8)
        right = max(means) + 0.02
        for i, (level, label) in enumerate(lines):
            axes.axhline(level, color=WARM, linewidth=1.2, linestyle="--" if i else "-")
            named = f"{label} {write(level)}".strip()
            axes.text(right, level, named, ha="right", va="bottom", fontsize=9.5, color=WARM)
        axes.set_xlim(min(means) - 0.02, right)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda x, _: write(x))
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)

    return [draw(3.4, paint)]


@in_our_letters
def timeline(
    labels: Sequence[str], days: Sequence[str], today: str, today_label: str, written: Sequence[str]
) -> list[str]:
    """Days on a line, one row each with its date; `today` ("" for none) as a rule across them."""
    from datetime import date

    places = [date.fromisoformat(day).toordinal() for day in days]
    now = date.fromisoformat(today).toordinal() if today else None
    ends = [*places, *([now] if now is not None else [])]
    margin = max(max(ends) - min(ends), 10)

    def paint(figure: Figure, axes: Axes) -> None:
        heights = rows_axis(axes, labels, 26)
        axes.plot(places, heights, "o", color=ACCENT, markersize=7)
        for x, y, said in zip(places, heights, written, strict=True):
            axes.annotate(said, (x, y), xytext=(8, 0), textcoords="offset points", va="center")
        if now is not None:
            axes.axvline(now, color=PALE, linewidth=2, zorder=0)
            axes.annotate(today_label, (now, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom")
        axes.set_xlim(min(ends) - 0.05 * margin, max(ends) + 0.35 * margin)
        axes.set_xticks([])

    return [draw(needed(labels, 26), paint)]


@in_our_letters
def waterfall(labels: Sequence[str], values: Sequence[float], write: Write) -> list[str]:
    """From the first value to the last: the first and last rows are levels, those between are steps from one to the
    other."""

    def paint(figure: Figure, axes: Axes) -> None:
        heights = rows_axis(axes, labels, 30)
        reached = [values[0]]
        for step in values[1:-1]:
            reached.append(reached[-1] + step)
        ends = [*reached, values[-1]]
        low, high = min(ends), max(ends)
        margin = max(high - low, 0.01)
        for i, y in enumerate(heights):
            level = i in (0, len(heights) - 1)
            start = ends[i] if level else reached[i - 1]
            if level:  # a dot, not a bar: the axis does not begin at nought
                axes.plot(start, y, "o", color=INK, markersize=7)
            else:
                axes.barh(y, values[i], left=start, color=ACCENT if values[i] >= 0 else WARM, height=0.62)
            if i:
                axes.vlines(ends[i - 1], heights[i - 1], y, color=GREY, linewidth=0.8, zorder=0)
            axes.text(max(start, ends[i]) + 0.05 * margin, y, write(values[i]), va="center", fontsize=9.5)
        axes.set_xlim(low - 0.06 * margin, high + 0.3 * margin)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)

    return [draw(needed(labels, 30), paint)]


@in_our_letters
def of_which(
    labels: Sequence[str],
    part: Sequence[float],
    whole: Sequence[float],
    part_label: str,
    whole_label: str,
    write: Write,
) -> list[str]:
    """A bar for a part of a change and a diamond for the whole change, for every row."""
    low, high = min(0.0, *part, *whole), max(0.0, *part, *whole)
    margin = (high - low) or 1.0

    def paint(axes: Axes, rows: slice, heights: list[float]) -> None:
        axes.hlines(heights, part[rows], whole[rows], color=PALE, linewidth=2.5, zorder=1)
        colours = [ACCENT if value >= 0 else WARM for value in part[rows]]
        axes.barh(heights, part[rows], color=colours, height=0.5, zorder=2)
        axes.plot(whole[rows], heights, "D", color="white", markeredgecolor=INK, markersize=5, zorder=3)
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_xlim(low - 0.06 * margin, high + 0.06 * margin)
        axes.xaxis.set_major_formatter(lambda x, _: write(x))
        grid(axes)
        blanks = " \u00a0 \u00a0 "  # a page does not fold these
        axes.set_title(f"■ {part_label}{blanks}◊ {whole_label}", loc="left", fontsize=10)

    return row_by_row(labels, paint, 0.2)


@in_our_letters
def groups_by_year(
    years: Sequence[str],
    values: Sequence[Sequence[float]],
    breaks: Sequence[str],
    y_label: str,
    write: Write,
) -> list[str]:
    """All values of each year as dots, their median as a line that stops at every break.

    breaks   per pair of years, what stands between them; "" where the line goes on
    """

    def paint(figure: Figure, axes: Axes) -> None:
        from statistics import median

        middle = [median(column) for column in values]
        for x, column in enumerate(values):
            axes.plot([x] * len(column), column, "_", color=PALE, markersize=26, markeredgewidth=1.5)
            axes.plot(x, middle[x], "o", color=ACCENT, markersize=6, zorder=3)
            beside: dict[str, Any] = {"xytext": (16, 0), "textcoords": "offset points", "va": "center", "zorder": 4}
            box = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none"}  # the line passes behind
            axes.annotate(write(middle[x]), (x, middle[x]), bbox=box, **beside)
        for x, broken in enumerate(breaks):
            if broken:
                axes.axvline(x + 0.5, color=WARM, linewidth=1, linestyle="--")
                above: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom"}
                axes.annotate(folded(broken, 18), (x + 0.5, 1.0), fontsize=9.5, **above)
            else:
                axes.plot([x, x + 1], middle[x : x + 2], color=ACCENT, linewidth=1.2, zorder=2)
        axes.set_xticks(range(len(years)), years)
        axes.set_xlim(-0.5, len(years) - 0.4)
        axes.yaxis.set_major_formatter(lambda y, _: write(y))
        axes.set_ylabel(y_label)

    return [draw(3.2, paint)]


@in_our_letters
def against(
    labels: Sequence[str],
    low: Sequence[float],
    middle: Sequence[float],
    high: Sequence[float],
    own: Sequence[float],
    middle_label: str,
    x_label: str,
    write: Write,
) -> list[str]:
    """One agency's share (0..1) in every row against the range and the median of its peers."""
    written = tuple(write(i / 5) for i in range(6))
    shared = peers(tuple(labels), tuple(low), tuple(middle), tuple(high), middle_label, x_label, written)
    marks = []
    for y, x, m in zip(shared.heights, own, middle, strict=True):
        across, down = shared.place(x, y)
        marks.append(drawing.dot(across, down, 3.7, ACCENT if x >= m else WARM))
        marks.append(drawing.written(across, shared.place(x, y - 0.3)[1] - 2.4, write(x), 9.5, INK))
    return [drawing.added(shared.drawing, marks)]


@dataclass(frozen=True)
class Peers:
    """What the drawings of all agencies of a list share."""

    drawing: str
    place: Place
    heights: list[float]


@lru_cache(maxsize=64)
def peers(
    labels: tuple[str, ...],
    low: tuple[float, ...],
    middle: tuple[float, ...],
    high: tuple[float, ...],
    middle_label: str,
    x_label: str,
    written: tuple[str, ...],
) -> Peers:
    """Range and median of every row; drawn once, as the layout costs far more than an agency's own dots."""
    heights: list[float] = []

    def paint(figure: Figure, axes: Axes) -> None:
        heights.extend(rows_axis(axes, labels, 26))
        axes.hlines(heights, low, high, color=PALE, linewidth=6, capstyle="round")
        axes.plot(middle, heights, "|", color=GREY, markersize=13, markeredgewidth=2)
        share_axis(axes, low, high, x_label, written)
        axes.set_title(f"| {middle_label}", loc="left", fontsize=10, color=GREY)

    return Peers(*laid_out(needed(labels, 26) + 0.14 * len(labels) + 0.2, paint), heights)
