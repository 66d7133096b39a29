"""Two tables of scores side by side, worked out on paper: who moves, who does not, who came and went."""

import pandas as pd

from dxlib.index import compare

NA = pd.NA


def table(rows):
    """A table of `score` with a row of the index and one of another node per agency."""
    columns = ["agency", "scope", "score", "points", "rank", "of", "class"]
    index = pd.DataFrame(rows, columns=columns).assign(node="index")
    other = index.assign(node="1", score=0.0, rank=9)
    both = pd.concat([index, other], ignore_index=True)
    return both.astype(dict.fromkeys(("rank", "of", "class"), "Int64"))


BEFORE = table([
    ("an", "", 0.9, 90.0, 1, 3, 1), ("binh", "", 0.8, 80.0, 2, 3, 1), ("chau", "", 0.7, 70.0, 3, 3, 2),
    ("dung", "", None, None, NA, NA, NA), ("em", "", 0.5, 50.0, NA, NA, 3),
    ("gia", "b", 0.6, 60.0, 1, 2, 2), ("ha", "b", 0.5, 50.0, 2, 2, 2), ("khoa", "c", 0.4, 40.0, 1, 2, 3),
    ("lan", "c", 0.3, 30.0, 2, 2, 3),
])  # fmt: skip
AFTER = table([
    ("lan", "c", 0.3, 30.0, 2, 2, 3), ("moi", "b", 0.7, 70.0, 1, 3, 1), ("ha", "b", 0.6, 60.0, 2, 3, 2),
    ("gia", "b", 0.5, 50.0, 3, 3, 2), ("em", "", 0.5, 50.0, NA, NA, 2), ("dung", "", None, None, NA, NA, NA),
    ("chau", "", 0.95, 95.0, 1, 3, 1), ("binh", "", 0.8, 80.0, 2, 3, 1), ("an", "", 0.7, 70.0, 3, 3, 2),
    ("khoa", "a", 0.4, 40.0, 1, 2, 3),
])  # fmt: skip


def test_every_cell():
    """Places are counted within lists of one name and length; who only changes class has moved too."""
    after_before = compare(BEFORE.drop(index=BEFORE.index[BEFORE["agency"] == "lan"]), AFTER)
    assert after_before.loc[after_before["agency"] == "lan", "change"].tolist() == ["entered"]
    found = compare(BEFORE, AFTER)
    said = ["agency", "scope", "rank_before", "rank_after", "places", "class_before", "class_after", "change"]
    expected = [
        ("chau", "", 3, 1, 2, 2, 1, "moved"),
        ("binh", "", 2, 2, 0, 1, 1, "same"),
        ("an", "", 1, 3, -2, 1, 2, "moved"),
        ("dung", "", NA, NA, NA, NA, NA, "same"),
        ("em", "", NA, NA, NA, 3, 2, "moved"),
        ("khoa", "a", 1, 1, NA, 3, 3, "same"),
        ("moi", "b", NA, 1, NA, NA, 1, "entered"),
        ("ha", "b", 2, 2, NA, 2, 2, "same"),
        ("gia", "b", 1, 3, NA, 2, 2, "moved"),
        ("lan", "c", 2, 2, 0, 3, 3, "same"),
    ]
    assert found[said].astype(object).where(found[said].notna(), None).values.tolist() == [
        [None if x is NA else x for x in row] for row in expected
    ]
    assert found.loc[0, ["score_before", "score_after", "points_before", "points_after"]].tolist() == [
        0.7,
        0.95,
        70,
        95,
    ]
    assert found.loc[8, ["of_before", "of_after"]].tolist() == [2, 3] and found.index.tolist() == list(range(10))
    assert list(found.columns) == [
        "agency", "scope", "score_before", "score_after", "points_before", "points_after", "rank_before", "rank_after",
        "places", "of_before", "of_after", "class_before", "class_after", "change",
    ]  # fmt: skip


def test_who_left_keeps_the_list_it_was_on():
    found = compare(AFTER, BEFORE).set_index("agency")
    assert found.loc["moi", ["scope", "change"]].tolist() == ["b", "left"]
    assert found.loc["khoa", "scope"] == "c" and pd.isna(found.loc["khoa", "places"])
    assert pd.isna(found.loc["moi", "rank_after"])


def test_a_first_place_is_not_the_same_as_none():
    """Neither is the first class."""
    one = [("x", "", 0.5, 50.0, 1, 1, 1), ("y", "", 0.5, 50.0, NA, NA, NA)]
    none = [("x", "", 0.5, 50.0, NA, NA, 1), ("y", "", 0.5, 50.0, NA, NA, 1)]
    for before, after in ((one, none), (none, one)):
        assert compare(table(before), table(after))["change"].tolist() == ["moved", "moved"]
