"""Explanations that two agencies share nearly word for word, whatever the spelling of their accents.

Texts are compared by the runs of five characters that they share, all texts of many rows of the index set at once. Most
pairs are ruled out by their rarest runs alone; every other pair is counted exactly.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .flag import frame, noticed

if TYPE_CHECKING:
    from scipy.sparse import csr_array

GRAM = 5  # characters
SHORTEST = 40  # characters that must remain: "Đạt yêu cầu." is nobody's property
LONG_ENOUGH = 100  # characters from which being contained counts
ALIKE, CONTAINED = 80, 90  # per cent, in whole numbers: a text at the line is a copy
COMMON, FEWEST_ANSWERS = 20, 10  # per cent, agencies: what more than a fifth of at least ten write is the form's
ALL_PAIRS = 150  # texts; above it most pairs are ruled out
RAREST = 25  # per cent of a text's grams that rule pairs out; more than a near copy may lack
CHARACTERS, TEXTS, PAIRS = 100_000, 1000, 4096  # looked at together: enough to be quick, few enough for a small memory
FULL_LENGTH = 1000  # characters at which a copy is as strong as it gets


def folded(text: str) -> str:
    """The text in NFC, without case, every run of white space one space, none at the ends.

    Source: Unicode Standard Annex 15 (NFC) and Unicode Standard, 3.13 (default case folding).
    """
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).split())


def jaccard(a: Set, b: Set) -> float:
    """Share of what is in either set that is in both, 0..1; nan where both are empty.

    Source: resemblance, |A n B| / |A u B|, Broder (1997), definition 1.
    """
    both = len(a & b)
    either = len(a) + len(b) - both
    return both / either if either else float("nan")


def containment(a: Set, b: Set) -> float:
    """Share of the smaller set that is in the other, 0..1; nan where either is empty.

    Source: Broder (1997), definition 2, with the smaller of both as the contained one.
    """
    smaller = min(len(a), len(b))
    return len(a & b) / smaller if smaller else float("nan")


def likeness(a: Set, b: Set) -> tuple[float, float]:
    """(value, threshold) of two near copies: alike, or else one contained in the other."""
    if 100 * len(a & b) >= ALIKE * len(a | b):
        return jaccard(a, b), ALIKE / 100
    return containment(a, b), CONTAINED / 100


def pairs_found(
    texts: Sequence[str], questions: np.ndarray, all_pairs: int
) -> Iterator[tuple[int, int, float, float, int]]:
    """Who answered a question nearly in the words of somebody else, of several questions at once.

    texts       (n,) answers; "" is no answer
    questions   (n,) the number, from 0, of the question that each text answers
    all_pairs   up to so many different texts every pair is counted; above, those that rare grams do not rule out

    Yields in order, one for each text that has one: place, place of the other (the first with the very same text, else
    the first whose text is a near copy), value (Jaccard similarity, or containment), expected (its threshold, 0.8 or
    0.9), length (folded characters of the shorter text). A text that many copied is one line each, not one per pair.

    Near copies have J >= 0.8, or containment >= 0.9 with at least 100 characters each. First the template goes: where
    at least ten agencies answered the question, every gram (run of five folded characters) that more than a fifth of
    them use. What remains must have 40 characters, so "Đạt" written by everybody is no copy. Texts that are equal as a
    whole (40 characters or more) are named even where everybody has them.

    Both ways find every pair. Source: Broder (1997), On the resemblance and containment of documents, section 2
    (shingles), of characters instead of words; see `possible` for the pairs that are ruled out.
    """
    plain = [folded(text) for text in texts]
    equal: dict[tuple[int, str], list[int]] = {}
    for i, key in enumerate(zip(questions.tolist(), plain, strict=True)):
        if key[1]:
            equal.setdefault(key, []).append(i)
    found = {}
    for (_, text), group in equal.items():
        if len(text) >= SHORTEST and len(group) > 1:
            found.update({i: (group[0] if i != group[0] else group[1], 1.0, ALIKE / 100) for i in group})
    asked = np.array([question for question, _ in equal], int)
    used = uses([text for _, text in equal], asked)
    own = without_template(used, asked, np.array([len(group) for group in equal.values()], int))
    left = own.sum(axis=1) + GRAM - 1  # characters: the last gram reaches four further
    kept = np.flatnonzero(left >= SHORTEST)
    firsts = [group[0] for group in equal.values()]
    for i, j, near in first_copies(own[kept], left[kept] >= LONG_ENOUGH, all_pairs):
        found.setdefault(firsts[kept[i]], (firsts[kept[j]], *near))
    for i, (j, value, expected) in sorted(found.items()):
        yield i, j, value, expected, min(len(plain[i]), len(plain[j]))


def uses(texts: Sequence[str], questions: np.ndarray) -> csr_array:
    """(texts, grams): how often each folded text uses each gram of its question, the rarest gram first.

    Equal grams of two questions are two: a character is one of its question. A text shorter than a gram uses none.
    """
    from scipy.sparse import csr_array

    owner = np.repeat(np.arange(len(texts)), np.array([len(text) for text in texts], int))
    characters = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")
    numbers, kinds = numbered(characters + questions[owner] * (sys.maxunicode + 1), GRAM)
    inside = owner[: len(numbers)] == owner[GRAM - 1 :]  # a run that ends in the next text is none
    texts_of, numbers = owner[: len(numbers)][inside], numbers[inside]
    rank = np.empty(kinds, int)
    rank[np.argsort(np.bincount(numbers, minlength=kinds), kind="stable")] = np.arange(kinds)
    return csr_array((np.ones(len(numbers), int), (texts_of, rank[numbers])), shape=(len(texts), kinds))


def numbered(characters: np.ndarray, n: int) -> tuple[np.ndarray, int]:
    """(the run of n > 1 characters from every place as a number, equal for equal runs; how many numbers there are).

    Source: Karp, Miller & Rosenberg (1972), Rapid identification of repeated patterns: a run is two shorter ones.
    """
    numbers, kinds, width = characters, int(characters.max(initial=0)) + 1, 1
    while width < n:
        step = min(width, n - width)
        numbers, different = pd.factorize(numbers[:-step] * kinds + numbers[step:])
        kinds, width = len(different), width + step
    return numbers, kinds


def without_template(used: csr_array, questions: np.ndarray, writers: np.ndarray) -> csr_array:
    """The same without the grams that belong to the form.

    used      from `uses`; questions, writers (texts,): the question of each text, and how many agencies wrote it
    """
    of_use = np.repeat(np.arange(len(writers)), np.diff(used.indptr))
    users = np.bincount(used.indices, weights=writers[of_use], minlength=used.shape[1])
    answered = np.zeros(used.shape[1])
    answered[used.indices] = np.bincount(questions, weights=writers)[questions][of_use]
    return used[:, np.flatnonzero((answered < FEWEST_ANSWERS) | (100 * users <= COMMON * answered))]


def first_copies(own: csr_array, long: np.ndarray, all_pairs: int) -> Iterator[tuple[int, int, tuple[float, float]]]:
    """(text, the first other text that is a near copy, `likeness`) of every text that has one.

    own    (texts, grams) from `without_template`; long (texts,): whether being contained counts
    """
    own = own.sign()  # from here on a gram is used or not, however often
    sizes = np.diff(own.indptr)
    first = np.full(len(sizes), len(sizes))
    for small, large in possible(own, long, len(sizes) > all_pairs):
        both = np.asarray(own[small].multiply(own[large]).sum(axis=1))
        near = 100 * both >= ALIKE * (sizes[small] + sizes[large] - both)
        near |= long[small] & long[large] & (100 * both >= CONTAINED * sizes[small])
        np.minimum.at(first, small[near], large[near])
        np.minimum.at(first, large[near], small[near])
    grams_of = np.split(own.indices, own.indptr[1:-1])
    for i in np.flatnonzero(first < len(sizes)).tolist():
        j = int(first[i])
        yield i, j, likeness(set(grams_of[i].tolist()), set(grams_of[j].tolist()))


def possible(own: csr_array, long: np.ndarray, by_rarest: bool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of texts that may be near copies, the one with fewer grams first, in blocks; none is missed.

    by_rarest   rule out by the rarest quarter of a text's grams, else by all of them

    A text that shares four fifths of its grams with another lacks at most a fifth of them, and so at most as many of
    any part of them. Source: prefix filtering, Chaudhuri, Ganti & Kaushik (2006), A primitive operator for
    similarity joins, lemma 1; longer prefixes as in Wang, Li & Feng (2012), Can we beat the prefix filtering?
    """
    sizes = np.diff(own.indptr)
    asked = -(-sizes * RAREST // 100) if by_rarest else sizes
    rare = own.copy()
    rare.data[np.arange(own.nnz) - np.repeat(own.indptr[:-1], sizes) >= np.repeat(asked, sizes)] = 0
    rare.eliminate_zeros()
    for start in range(0, len(sizes), TEXTS):
        shared = (rare[start : start + TEXTS] @ own.T).tocoo()
        small, large = shared.row + start, shared.col
        lacking, both_long = asked[small] - shared.data, long[small] & long[large]
        may = (100 * lacking <= (100 - ALIKE) * sizes[small]) & (100 * sizes[small] >= ALIKE * sizes[large])
        may |= (100 * lacking <= (100 - CONTAINED) * sizes[small]) & both_long
        may &= (sizes[small] <= sizes[large]) & (small != large)
        for block in np.array_split(np.flatnonzero(may), may.sum() // PAIRS + 1):
            yield small[block], large[block]


def copied_explanations(claims: pd.DataFrame, all_pairs: int = ALL_PAIRS) -> pd.DataFrame:
    """Flags `near_copy`: an explanation that nearly equals another agency's on the same row.

    claims      agency, indicator, explanation (text, "" where there is none)
    all_pairs   as in `pairs_found`

    value: Jaccard similarity or containment · expected: its threshold · strength: value times the length of the
    shorter text in thousands of characters, at most 1 (a long copy is the stronger one) · other: the agency whose
    text it is, the first where there are several. Explanations below 40 characters are never flagged.
    Source: `near_copies`, after Broder (1997).
    """
    said = claims[claims["explanation"] != ""]
    question, codes = pd.factorize(said["indicator"])
    texts, agencies = said["explanation"].to_numpy(object), said["agency"].to_numpy(object)
    characters = np.cumsum(np.bincount(question, weights=[len(text) for text in texts]))
    blocks = (characters // CHARACTERS)[question]
    rows = []
    for block in np.unique(blocks):
        here = np.flatnonzero(blocks == block)
        asked = question[here] - question[here].min()
        for i, j, value, expected, length in pairs_found(texts[here], asked, all_pairs):
            strength = value * min(length, FULL_LENGTH) / FULL_LENGTH
            at, other = (agencies[here[i]], codes[question[here[i]]]), agencies[here[j]]
            rows.append(noticed("near_copy", *at, strength, value, expected, other))
    return frame(rows)
