"""One object turns a share into a class, and says where the next one begins."""

from dataclasses import dataclass
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from dxlib.case.classes import KEYS, Class, Classes
from dxlib.publish.open_data import classes
from dxlib.show.labels import class_edge
from dxlib.words import catalogue

TIE = 1e-9
HIGH, MIDDLE, LOW = ({"vi": name} for name in ("Tốt", "Khá", "Yếu"))
CUTS = Classes([Class(HIGH, Fraction(4, 5)), Class(MIDDLE, Fraction(1, 2), False), Class(LOW, Fraction(0))])
PARITY = Classes(
    [Class(HIGH, Fraction(0), True, Fraction(1, 40)), Class(MIDDLE, Fraction(0), True, Fraction(1, 20)), Class(LOW, Fraction(0))]
)  # fmt: skip


@pytest.mark.parametrize("classes, share, place, above", [
    (CUTS, "1", 1, None), (CUTS, "4/5", 1, None), (CUTS, "0.79", 2, "4/5"), (CUTS, "1/2", 3, "1/2"), (CUTS, "-1", 3, "1/2"),
    (PARITY, "1", 1, None), (PARITY, "1.025", 1, None), (PARITY, "1.03", 2, None), (PARITY, "1.06", 3, None),
    (PARITY, "0.975", 1, None), (PARITY, "0.96", 2, None), (PARITY, "0.94", 3, None),
])  # fmt: skip
def test_the_class_of_a_share_and_where_the_next_begins(classes, share, place, above):
    share = Fraction(share)
    edge = classes.above(share)
    assert (classes.of(share), edge and edge.cut) == (place, above and Fraction(above))
    assert edge is None or edge.place == place - 1
    assert classes.of_float(float(share), TIE) == place


def test_floats_near_a_cut_have_reached_it():
    assert [CUTS.of_float(x, TIE) for x in (0.8 - 1e-10, 0.8 - 1e-8, 0.5 + 1e-10, 0.5 + 1e-8)] == [1, 2, 3, 2]
    assert CUTS.edges[0].reached(np.array([0.8 - 1e-10, 0.7]), TIE).tolist() == [True, False]


def test_both_ends_of_a_stretch():
    def ends(classes, share):
        return [(edge.cut, beyond) for edge, beyond in classes.borders(Fraction(share))]

    assert ends(CUTS, "0.9") == [(Fraction(4, 5), 2)]
    assert ends(CUTS, "0.6") == [(Fraction(4, 5), 1), (Fraction(1, 2), 3)]
    assert ends(CUTS, "0.1") == [(Fraction(1, 2), 2)]
    assert ends(PARITY, "1") == [(Fraction("1.025"), 2), (Fraction("0.975"), 2)]


def test_the_classes_that_a_range_meets():
    assert CUTS.met(Fraction(1, 2), Fraction(9, 10)) == [1, 2, 3]
    assert PARITY.met(Fraction("0.96"), Fraction("1.04")) == [1, 2]
    assert CUTS.met(None, Fraction(1)) == Classes().met(Fraction(0), Fraction(1)) == []


def test_without_classes_there_is_none():
    none = Classes()
    assert none.of(Fraction(1)) is none.of_float(1.0, TIE) is none.above(Fraction(1)) is CUTS.of(None) is None
    assert (none.borders(Fraction(1)), none.places, none.formula("A1", [], [], 12)) == ([], (), '""')


def test_the_formula_of_a_spreadsheet():
    names, cuts = ["N1", "N2", "N3"], ["C1", "C2", "C3"]
    assert CUTS.formula("A1", names, cuts, 12) == "IF(A1>=C1,N1,IF(A1>C2,N2,N3))"
    far = "ROUND(ABS(A1-1),12)"
    assert PARITY.formula("A1", names, cuts, 12) == f"IF({far}<=C1,N1,IF({far}<=C2,N2,N3))"


def published(known):
    return classes(SimpleNamespace(settings=SimpleNamespace(classes=known)))


def test_the_edge_is_published():
    plain, two = published(CUTS), published(PARITY)
    assert plain.columns[-2:].tolist() == ["cut", "includes_cut"] and plain["cut"].tolist() == [0.8, 0.5, 0.0]
    assert plain["includes_cut"].tolist() == ["yes", "no", "yes"]
    assert two.columns[-2:].tolist() == ["within", "includes_cut"] and two["within"].tolist()[:2] == [0.025, 0.05]


def test_another_key_is_told_and_published_where_a_class_gives_it(monkeypatch):

    @dataclass(frozen=True)
    class Led(Class):
        led: bool = False

    monkeypatch.setitem(KEYS, "led", {"type": "boolean"})
    monkeypatch.setitem(catalogue("en"), "policy.class.led", "led")
    best, last = Led(HIGH, Fraction(4, 5), led=True), Led(LOW, Fraction(0))
    assert [class_edge(c, "en") for c in (best, last)] == ["from 80.0\u00a0% of the maximum; led", "everybody else"]
    table = published(Classes([best, last]))
    assert table.columns[-3:].tolist() == ["cut", "includes_cut", "led"] and table["led"].tolist() == ["yes", "no"]
    assert published(Classes([last])).columns[-2:].tolist() == ["cut", "includes_cut"]
