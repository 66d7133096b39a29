"""Near copies: similarities on paper, a slow referee, rare grams against all pairs, texts that want to break it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import unicodedata
from fractions import Fraction
from math import isnan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.verify.copies import (
    containment,
    copied_explanations,
    folded,
    jaccard,
    pairs_found,
)
from dxlib.verify.flag import COLUMNS

THIS_YEAR = "Đã ban hành kế hoạch chuyển đổi số năm 2022"
NEXT_YEAR = "Đã ban hành kế hoạch chuyển đổi số năm 2023"
NONE_YET = "Chưa có kế hoạch"
RARE, PAIRS = 0, 10**9  # the two ways of ruling pairs out
WORDS = ["xã", "ấp", "tổ", "họp", "kế", "hoạch", "số", "dân", "cư", "người", "hồ", "sơ", "quý", "năm", "thôn", "trạm"]
many = settings(max_examples=100)
texts = st.text(st.sampled_from("aAăĂđĐ ê\u0302\u0301ẽ\tß🙂"), max_size=40)


def written(seed: int, words: int = 25) -> str:
    """A text of its own: words and numbers nobody else has."""
    draw = random.Random(seed)
    return " ".join(f"{draw.choice(WORDS)}{draw.randrange(10**4)}" for _ in range(words))


def grams(text):
    """The different runs of five characters of the folded text; a shorter text is one, an empty one has none."""
    plain = folded(text)
    return {plain[i : i + 5] for i in range(max(len(plain) - 5, 0) + 1)} - {""}


def near_copies(answers, agencies, all_pairs=PAIRS):
    """The table of one question."""
    pairs = pairs_found(answers, np.zeros(len(answers), int), all_pairs)
    columns = ["agency", "other", "value", "expected", "length"]
    return pd.DataFrame([(agencies[i], agencies[j], *near) for i, j, *near in pairs], columns=columns)


def found(answers, all_pairs=PAIRS):
    agencies = [f"a{i}" for i in range(len(answers))]
    copies = near_copies(answers, agencies, all_pairs)
    return {a: (o, round(v, 3)) for a, o, v in zip(copies["agency"], copies["other"], copies["value"], strict=True)}


# on paper -------------------------------------------------------------------------------------------------------


def test_the_worked_example():
    a, b, c = grams(THIS_YEAR), grams(NEXT_YEAR), grams(NONE_YET)
    assert (len(a), len(b), len(a & b)) == (39, 39, 38)
    assert (jaccard(a, b), containment(a, b)) == (38 / 40, 38 / 39)
    assert (round(jaccard(a, c), 3), round(containment(a, c), 3)) == (0.109, 0.417)


def test_accents_composed_or_not_case_and_space_are_the_same_text():
    loose = unicodedata.normalize("NFD", THIS_YEAR).upper().replace(" ", " \u00a0\n ")
    assert loose != THIS_YEAR and folded(loose) == folded(THIS_YEAR) == THIS_YEAR.casefold()
    assert found([THIS_YEAR, loose]) == {"a0": ("a1", 1.0), "a1": ("a0", 1.0)}


def test_short_texts_and_nothing():
    assert grams("Đạt") == {"đạt"} and grams(" \t\u3000") == set()
    assert isnan(jaccard(set(), set())) and isnan(containment(set(), {"x"}))


@pytest.mark.parametrize("all_pairs", [RARE, PAIRS])
def test_the_year_changed_is_a_near_copy_and_both_sides_say_so(all_pairs):
    assert found([THIS_YEAR, NONE_YET, NEXT_YEAR], all_pairs) == {"a0": ("a2", 0.95), "a2": ("a0", 0.95)}


@pytest.mark.parametrize("all_pairs", [RARE, PAIRS])
@pytest.mark.parametrize("length, flagged", [(39, False), (40, True)])
def test_texts_below_forty_characters_are_nobodys_property(length, flagged, all_pairs):
    text = written(1)[: length - 1] + "x"
    assert bool(found([text, text], all_pairs)) == flagged
    assert found(["Đạt"] * 20, all_pairs) == {}


def test_exactly_at_the_line_is_a_copy():
    # 40 grams each, none repeated, 36 common: 36/44 = .818; one replaced character more: 35/45 = .778
    base = "".join(chr(0x4E00 + i) for i in range(44))
    assert found([base, base[:-4] + "wxyz"]) == {"a0": ("a1", 0.818), "a1": ("a0", 0.818)}
    assert found([base, base[:-5] + "vwxyz"]) == {}
    # 45 grams, 40 common: 40/50, the threshold itself
    base = "".join(chr(0x4E00 + i) for i in range(49))
    assert found([base, base[:-5] + "vwxyz"]) == {"a0": ("a1", 0.8), "a1": ("a0", 0.8)}


@pytest.mark.parametrize("all_pairs", [RARE, PAIRS])
def test_a_text_inside_a_longer_one(all_pairs):
    inner, frame = written(1)[:120].strip() + "y", written(2, 60)
    answers = [inner, frame + " " + inner + " " + frame]
    copies = near_copies(answers, ["p", "q"], all_pairs)
    assert copies[["agency", "other"]].values.tolist() == [["p", "q"], ["q", "p"]]
    assert set(copies["expected"]) == {0.9} and copies["value"].min() > 0.95
    assert set(copies["length"]) == {len(inner)}
    short = inner[:98] + "y"  # contained, but below a hundred characters
    assert found([short, frame + " " + short + " " + frame], all_pairs) == {}


# templates and clusters -----------------------------------------------------------------------------------------

TEMPLATE = "Căn cứ hướng dẫn của Sở, cơ quan báo cáo kết quả thực hiện tiêu chí này trong năm như sau: "


@pytest.mark.parametrize("all_pairs", [RARE, PAIRS])
def test_the_words_of_the_form_are_nobodys_copy(all_pairs):
    answers = [TEMPLATE * 2 + written(i, 6) for i in range(12)]
    assert jaccard(grams(answers[0]), grams(answers[1])) > 0.4
    assert found(answers, all_pairs) == {}
    answers[7] = TEMPLATE * 2 + written(2, 6)  # what remains is another's
    assert found(answers, all_pairs) == {"a2": ("a7", 1.0), "a7": ("a2", 1.0)}


def test_two_copies_of_five_do_not_vanish():
    answers = [written(0), written(1), written(2), written(3), written(3) + " xa"]
    assert found(answers).keys() == {"a3", "a4"}
    assert found([*answers, "", "", "", "", ""]).keys() == {"a3", "a4"}  # who wrote nothing has not answered


def test_a_template_needs_more_than_a_fifth_of_ten_agencies():
    def group(n, copies):
        return [written(99) + f" {'xyz'[k % 3] * (k + 1)}" for k in range(copies)] + [
            written(i) for i in range(n - copies)
        ]

    assert len(found(group(10, 2))) == 2  # a fifth is not more than a fifth
    assert len(found(group(10, 3))) == 0
    assert len(found(group(9, 3))) == 3


def test_equal_texts_count_once_per_agency_towards_the_template():
    same = written(50)
    answers = [same, same, same, same + " x", *(written(i) for i in range(8))]
    assert found(answers).keys() == {"a0", "a1", "a2"}  # four of twelve write it: the form's, unless equal as a whole


@pytest.mark.parametrize("all_pairs", [RARE, PAIRS])
def test_a_circular_copied_by_all_names_each_agency_once(all_pairs):
    circular = written(5)
    copies = near_copies([circular] * 200, [f"a{i}" for i in range(200)], all_pairs)
    assert len(copies) == 200 and set(copies["value"]) == {1.0}
    assert copies["other"].tolist() == ["a1"] + ["a0"] * 199
    # the same with the agency's own name in it, by every eighth of them
    answers = [f"{circular} {i}" if i % 8 == 0 else written(1000 + i) for i in range(200)]
    named = found(answers, all_pairs)
    assert len(named) == 25 and {other for a, (other, _) in named.items() if a != "a0"} == {"a0"}


# a slow referee, and the two ways against each other ------------------------------------------------------------


def referee(answers):
    """The definition, word for word, for groups too small to have a template."""
    out = {}
    for i, one in enumerate(answers):
        same = [j for j, two in enumerate(answers) if j != i and folded(one) == folded(two)]
        for j in same + [j for j in range(len(answers)) if j != i and j not in same]:
            two = answers[j]
            a, b = grams(one), grams(two)
            sizes = min(len(folded(one)), len(folded(two)))
            if sizes < 40:
                continue
            alike = Fraction(len(a & b), len(a | b)) >= Fraction(4, 5)
            inside = sizes >= 100 and Fraction(len(a & b), min(len(a), len(b))) >= Fraction(9, 10)
            if alike or inside:
                out[f"a{i}"] = (f"a{j}", round(jaccard(a, b) if alike else containment(a, b), 3))
                break
    return out


@st.composite
def related(draw):
    """A few texts cut from two long ones, with changes: near the lines on purpose."""
    sources, answers = [written(1, 40), written(2, 40)], []
    for _ in range(draw(st.integers(2, 9))):
        text = draw(st.sampled_from(sources))
        start, length = draw(st.integers(0, 40)), draw(st.integers(30, 220))
        text = text[start : start + length]
        for place in draw(st.lists(st.integers(0, 200), max_size=4)):
            text = text[:place] + draw(st.sampled_from(["", "q", "w w"])) + text[place + 1 :]
        answers.append(text)
    return answers


@many
@given(related())
def test_against_the_definition(answers):
    assert found(answers, PAIRS) == referee(answers)
    assert found(answers, RARE) == referee(answers)


def test_sets_that_only_share_grams_with_smaller_ones():
    """Rare grams in common, nobody large enough to hold the other: nothing is proposed, and nothing breaks."""
    words = [f"thôn{k} quý{k * 7}" for k in range(60)]
    answers = [" ".join(words[i * 12 : i * 12 + 13]) for i in range(4)]
    answers = [text[: 120 - k] for k, text in enumerate(answers)]
    assert found(answers, RARE) == found(answers, PAIRS) == {}


def crowd(n: int, seed: int) -> list[str]:
    """Own texts, phrases that many use, copies with few or many changes, parts of others, equal texts."""
    draw = random.Random(seed)
    phrases = [written(900 + k, 8) for k in range(40)]
    answers: list[str] = []
    for i in range(n):
        kind = draw.random()
        if kind < 0.5 or i < 20:
            answers.append(" ".join([written(i, draw.randrange(4, 40)), *draw.sample(phrases, draw.randrange(3))]))
            continue
        text = draw.choice(answers)
        if kind < 0.8:
            parts = text.split()
            for _ in range(draw.randrange(1, 5)):
                parts[draw.randrange(len(parts))] = draw.choice(WORDS)
            text = " ".join(parts)
        elif kind < 0.95:
            text = text[: draw.randrange(30, 200)] + " " + " ".join(draw.sample(phrases, draw.randrange(3)))
        answers.append(text)
    return answers


@pytest.mark.parametrize("seed", [1, 2])
def test_ruling_out_by_rare_grams_loses_no_pair(seed):
    answers = crowd(500, seed)
    agencies = [f"a{i}" for i in range(len(answers))]
    by_rare, pairs = near_copies(answers, agencies, RARE), near_copies(answers, agencies, PAIRS)
    pd.testing.assert_frame_equal(by_rare, pairs)
    assert {0.8, 0.9} == set(pairs["expected"]) and 100 < len(pairs) < 500


# properties -----------------------------------------------------------------------------------------------------


@many
@given(texts, texts)
def test_similarity_is_symmetric_and_whole_with_itself(one, two):
    a, b = grams(one), grams(two)
    if a and b:
        assert jaccard(a, b) == jaccard(b, a) and containment(a, b) == containment(b, a)
        assert 0 <= jaccard(a, b) <= containment(a, b) <= 1
        assert jaccard(a, a) == containment(a, a) == 1
    assert grams(unicodedata.normalize("NFD", one)) == grams(unicodedata.normalize("NFC", one))


@many
@given(related(), st.randoms())
def test_who_is_named_does_not_depend_on_the_order(answers, draw):
    order = list(range(len(answers)))
    draw.shuffle(order)
    agencies = [f"a{i}" for i in order]
    assert set(near_copies([answers[i] for i in order], agencies)["agency"]) == found(answers).keys()


# the table of flags ---------------------------------------------------------------------------------------------


def claims(rows):
    return pd.DataFrame(rows, columns=["agency", "indicator", "explanation"])


def test_the_flags():
    text = written(3, 10)
    rows = [("b", "1", text), ("a", "1", text + " x"), ("c", "1", ""), ("c", "2", text), ("d", "2", NONE_YET)]
    flags = copied_explanations(claims(rows))
    assert flags.columns.tolist() == COLUMNS
    assert flags[["flag", "agency", "indicator", "other"]].values.tolist() == [
        ["near_copy", "a", "1", "b"],
        ["near_copy", "b", "1", "a"],
    ]  # only on the same row of the index set
    value = jaccard(grams(text), grams(text + " x"))
    assert flags["value"].tolist() == pytest.approx([value] * 2) and set(flags["expected"]) == {0.8}
    assert flags["strength"].tolist() == pytest.approx([value * len(text) / 1000] * 2)


def test_a_copy_is_stronger_the_longer_it_is_and_not_above_one():
    rows = [(a, str(n), written(n, n)) for n in (8, 30, 400) for a in "pq"]
    flags = copied_explanations(claims(rows))
    assert flags["indicator"].tolist() == ["400", "400", "30", "30", "8", "8"]
    assert flags["strength"].max() == 1


def test_no_explanations_no_flags():
    for rows in ([], [("a", "1", ""), ("b", "1", "")], [("a", "1", " "), ("b", "1", "\t")], [("a", "1", THIS_YEAR)]):
        flags = copied_explanations(claims(rows))
        assert flags.empty and flags.columns.tolist() == COLUMNS


# hostile texts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("all_pairs", [RARE, PAIRS])
def test_hostile_texts_break_nothing(all_pairs):
    hostile = [
        " \t\n\u00a0\u3000" * 50,
        "a" * 100_000,
        "a" * 99_999,
        "a\u0301" * 3000,
        "\u0301\u0302" * 400,
        "🙂👩\u200d👩\u200d👧" * 30,
        "🙂👩\u200d👩\u200d👧" * 30 + "!",
        "\ud800" * 60,
        "\x00" * 60,
        "ﷺ" * 50,
        written(1, 2000),
    ]
    named = found(hostile, all_pairs)
    assert named["a1"] == ("a2", 1.0) and named["a5"][0] == "a6"
    assert named.keys() == {"a1", "a2", "a5", "a6"}


def test_the_same_bytes_whatever_the_seed_of_pythons_hashes():
    program = (
        "from tests.verify.test_copies import *; a = crowd(200, 4);"
        "print(near_copies(a, [str(i) for i in range(200)], RARE).to_csv())"
    )
    root = Path(__file__).parents[2]
    outs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "17")
    ]
    assert outs[0] == outs[1] and outs[0].count(b"\n") > 50
