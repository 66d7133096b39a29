"""Drawings: the same bytes each time, whole names, ranks that begin at one."""

from __future__ import annotations

import inspect

import pytest

from dxlib.show import charts

LONG = "Ban Quản lý Khu kinh tế và các khu công nghiệp, khu công nghệ cao tỉnh Đồng Bằng Sông Cửu Long"


def ranks(names: list[str]) -> list[str]:
    places = list(range(1, len(names) + 1))
    return charts.intervals(names, places, places, [p + 2 for p in places], "Hạng", "Danh sách")


def test_same_bytes_and_nothing_of_the_day():
    names = ["Sở Nội vụ", LONG]
    assert ranks(names) == ranks(names)
    assert "date" not in ranks(names)[0]


def test_what_is_painted_is_drawn_once():
    drawn = []

    def paint(figure, axes):
        (line,) = axes.plot([0, 1])
        once = line.draw
        line.draw = lambda renderer: (drawn.append(1), once(renderer))
        axes.set_ylabel(LONG)

    assert charts.draw(2.0, paint).startswith("<svg ")
    assert drawn == [1]


@pytest.mark.parametrize("name", ["$\\frac{$", "$x$", "100 $ và 200 $", "<b>&", "\\alpha", "{}%s", "_^"])
def test_a_name_is_never_read_as_a_formula(name):
    assert ranks([name])[0].startswith("<svg ")
    sums = charts.two_sided([name], [1.0], [0.0], "a", "b", str)
    assert len(sums) == 1 and sums != charts.two_sided(["another"], [1.0], [0.0], "a", "b", str)


def test_a_folded_name_keeps_every_word():
    assert charts.folded(LONG).split() == LONG.split()
    assert charts.folded("x" * 90).replace("\n", "") == "x" * 90


@pytest.mark.parametrize("n", [1, 26, 27, 107, 193])
def test_long_lists_are_split_evenly(n):
    slices = charts.parts(n)
    lengths = [part.stop - part.start for part in slices]
    assert sum(lengths) == n and max(lengths) <= charts.ROWS and max(lengths) - min(lengths) <= 1
    assert slices[0].start == 0 and slices[-1].stop == n


def test_ticks_are_places():
    assert charts.rank_ticks(1, 1) == [1]
    assert charts.rank_ticks(1, 20) == [1, 5, 10, 15, 20]
    assert charts.rank_ticks(155, 193) == [155, 160, 165, 170, 175, 180, 185, 190]
    assert all(1 <= t <= high for low in (1, 7, 90) for high in (90, 107, 10_600) for t in charts.rank_ticks(low, high))


def test_one_sided_sums_draw_one_side():
    only_cut = charts.two_sided(["a"], [0.0], [3.0], "raised", "cut", str)
    assert only_cut != charts.two_sided(["a"], [1.0], [3.0], "raised", "cut", str)


STRANGE = ["😀 ✅\ufe0f ❌ ㎡ 中（１）", "e\u0323\u0302\u0301 ẍ̧ שם ﷺ a\tb\x0bc\u200bd\u202ee\ue000", "$x$ \\frac{1}{2} a_b^c"]
GIVEN = {
    "write": str, "days": ["2025-01-02", "2025-03-04"], "today": "2025-02-03", "values": [[1.0, 2.0], [2.0, 3.0]],
}  # fmt: skip
DRAWN = {name: of for name, of in inspect.getmembers(charts, inspect.isfunction) if hasattr(of, "__wrapped__")}


def test_every_chart_takes_its_words_in_our_letters():
    """A new kind of chart cannot forget it."""
    made = {name for name, of in vars(charts).items() if getattr(of, "__annotations__", {}).get("return") == "list[str]"}
    assert made - {"row_by_row"} == set(DRAWN) and len(DRAWN) > 9


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("text", STRANGE)
def test_every_chart_is_drawn_with_signs_that_the_face_lacks(name, text):
    def value(parameter):
        kinds = {"Sequence[str]": [text, text], "Sequence[float]": [1.0, 2.0], "str": text}
        pairs = [(0.5, text), (0.7, text)]
        if parameter.name == "values" and parameter.annotation == "Sequence[float]":
            return [1.0, 2.0]
        return GIVEN.get(parameter.name, kinds.get(parameter.annotation, pairs))

    parameters = inspect.signature(DRAWN[name]).parameters.values()
    drawings = DRAWN[name](*map(value, parameters))
    assert all(one.startswith("<svg ") for one in drawings)


@pytest.mark.filterwarnings("error")
def test_a_long_name_of_a_class_or_a_list_leaves_room_for_the_drawing():
    assert charts.distribution([0.2, 0.6], [(0.5, LONG)], "Tỷ lệ", "Số cơ quan", str)
    assert charts.intervals(["a"], [1], [1], [1], "Hạng", LONG)


def test_a_chart_shows_the_substitute_of_the_papers():
    assert ranks(["Xã ㎡ 😀"]) == ranks(["Xã m2 [U+1F600]"]) != ranks(["Xã m2"])
