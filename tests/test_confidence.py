"""One level of confidence: with another in `dxlib/confidence.py` every interval, bound and sentence is that one's."""

from __future__ import annotations

import math
import re
import string

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f, norm

from dxlib import confidence
from dxlib.robust.intervals import rank_quantiles
from dxlib.robust.structure import cronbach_alpha, fisher_interval, interval
from dxlib.show.sensitivity.first import missed
from dxlib.verify import choose
from dxlib.verify.agreement_measures import bland_altman, bootstrap
from dxlib.verify.sampling import points_size
from dxlib.words import LANGUAGES, catalogue, text
from dxlib.years import noise
from tests.show.test_verification_page import shown
from tests.years.test_series import three

LEVELS = pytest.mark.parametrize("level", [90, 95, 99])


@pytest.fixture
def at(monkeypatch):
    return lambda level: monkeypatch.setattr(confidence, "LEVEL", level)


def rng():
    return np.random.default_rng(5)


def test_95_per_cent_are_the_numbers_of_the_textbooks(at):
    at(95)
    assert (confidence.level(), confidence.significance(), confidence.tails()) == (0.95, 0.05, (0.025, 0.975))
    assert confidence.normal() == 1.959963984540054
    for draws in range(1, 2001):
        assert confidence.orders(draws) == (-(-draws // 20), -(-19 * draws // 20))
        assert confidence.unseen(draws) == min(3 / draws, 1.0)


@LEVELS
def test_a_share_that_was_never_met_would_have_been_met_so_often(at, level):
    at(level)
    for draws in (50, 1000):
        assert (1 - confidence.unseen(draws)) ** draws <= 1 - level / 100


@LEVELS
def test_intervals_follow(at, level, tmp_path):
    at(level)
    tails = tail, _ = (100 - level) / 200, (100 + level) / 200
    z = norm.ppf(1 - tail)
    low, high = fisher_interval(0.5, 28)
    assert (math.atanh(low), math.atanh(high)) == pytest.approx((math.atanh(0.5) - z / 5, math.atanh(0.5) + z / 5))
    draws = rng().random((1000, 1))
    ends = np.quantile(draws, tails, method="inverted_cdf")
    assert np.ravel(interval(draws)) == pytest.approx(ends, abs=2e-3)  # one place of the thousand, for floats
    x = rng().random((30, 1)) + 0.3 * rng().random((30, 4))
    alpha = cronbach_alpha(x)
    assert alpha.low == pytest.approx(1 - (1 - alpha.value) * f.ppf(1 - tail, 29, 87))
    assert alpha.high == pytest.approx(1 - (1 - alpha.value) * f.ppf(tail, 29, 87))
    two = bland_altman(x[:, 0], x[:, 1])
    assert (two.high - two.bias) / two.sd == pytest.approx(round(z, 2))
    again = x[:, 0][rng().integers(30, size=(400, 30))].mean(-1)
    assert bootstrap(lambda values: values.mean(-1), x[:, 0], 400, rng()) == pytest.approx(np.quantile(again, tails))
    assert rank_quantiles(np.array([[0, *[10] * 100]]), 1000)[0, [1, 3]].tolist() == [100 - level, level]
    compared, _ = three(tmp_path, "1 1 same", {"a": 4}, {"a": 5}, {"a": 8})
    assert noise(compared, [None, 0.0, 0.3]) == pytest.approx(round(z, 2) * 0.3)


@LEVELS
def test_the_sample_of_claims_follows(at, level):
    at(level)
    claims = pd.DataFrame({"agency": [f"a{i}" for i in range(900)], "indicator": "1", "claimed": 1.0, "risk": 0.1})
    drawn = choose(claims, 0, rng())
    assert (drawn["part"] == "points").sum() == points_size(0.05, level / 100)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_that_names_the_level_follows(at, lang):
    named = {}
    for key, words in catalogue(lang).items():
        fields = {field for _, field, _, _ in string.Formatter().parse(words) if field} if "{" in words else set()
        if fields & {"level", "beyond"}:
            named[key] = dict.fromkeys(fields - {"level", "beyond"}, "…")
        else:
            assert not re.search(r"95[ \u00a0]%", words), f"{key} types a level"
    assert len(named) == 15
    at(95)
    before = {key: text(key, lang, **facts) for key, facts in named.items()}
    at(90)
    for key, facts in named.items():
        assert text(key, lang, **facts) == re.sub(r"\b5(?=–| %)", "10", before[key].replace("95", "90")) != before[key]


def test_what_no_draw_met_follows(at):
    at(95)
    assert missed(1000, "en") == "0.30\u00a0%"
    at(90)
    assert missed(1000, "en") == "0.24\u00a0%"


def test_the_page_follows(at):
    def page():
        blocks = shown.__wrapped__("2024", "communes", "en")
        return {name: block.html() for name, block in blocks.items() if hasattr(block, "html")}

    at(95)
    before = page()
    at(90)
    after = page()
    said = re.compile(r"(\d\d)[ \u00a0]% (?:interval|confidence)|confidence (\d\d)[ \u00a0]%")

    def levels(of):
        return {name: {a or b for a, b in found} for name, html in of.items() if (found := said.findall(html))}

    assert len(levels(before)) > 2
    assert levels(after).keys() == levels(before).keys() and set().union(*levels(after).values()) == {"90"}
    assert set().union(*levels(before).values()) == {"95"}
    assert before["agreement_sentence"] != after["agreement_sentence"]
