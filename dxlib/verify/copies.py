"""Explanations that two agencies share nearly word for word, whatever the spelling of their accents.

A few hundred texts are compared in pairs. For more, hashing proposes the pairs and each of them is then compared
exactly: nobody is named because of a hash.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from zlib import crc32

import numpy as np
import pandas as pd

from .flag import frame

GRAM = 5  # characters
SHORTEST = 40  # characters that must remain: "Đạt yêu cầu." is nobody's property
LONG_ENOUGH = 100  # characters from which being contained counts
ALIKE, CONTAINED = 80, 90  # per cent, in whole numbers: a text at the line is a copy
COMMON, FEWEST_ANSWERS = (
    20,
    10,
)  # per cent, agencies: what more than a fifth of at least ten agencies write is the form's
ALL_PAIRS = 150  # texts; above it candidates are hashed
BANDS, ROWS = 32, 4
SURE = 7  # standard deviations of the rows in which two signatures agree: fewer are no copies, bar a chance of 1e-10
FULL_LENGTH = 1000  # characters at which a copy is as strong as it gets
COLUMNS = ["agency", "other", "value", "expected", "length"]
Near = tuple[int, int, tuple[float, float]]
GOLDEN, MIX_A, MIX_B = (np.uint64(x) for x in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def folded(text: str) -> str:
    """The text in NFC, without case, every run of white space one space, none at the ends.

    Source: Unicode Standard Annex 15 (NFC) and Unicode Standard, 3.13 (default case folding).
    """
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).split())


def pieces(plain: str, n: int = GRAM) -> list[str]:
    """Every run of n characters of a folded text, in order; a shorter text is one piece, an empty one none."""
    return [plain[i : i + n] for i in range(max(len(plain) - n, 0) + 1)] if plain else []


def grams(text: str, n: int = GRAM) -> set[str]:
    """The different runs of n characters of the folded text; a shorter text is one gram, an empty one has none.

    Raises ValueError for n < 1. Source: Broder (1997), On the resemblance and containment of documents, section 2
    (shingles), of characters instead of words.
    """
    if n < 1:
        raise ValueError(f"a gram has at least one character, not {n}")
    return set(pieces(folded(text), n))


def jaccard(a: set[str], b: set[str]) -> float:
    """Share of what is in either set that is in both, 0..1; nan where both are empty.

    Source: resemblance, |A n B| / |A u B|, Broder (1997), definition 1.
    """
    both = len(a & b)
    either = len(a) + len(b) - both
    return both / either if either else float("nan")


def containment(a: set[str], b: set[str]) -> float:
    """Share of the smaller set that is in the other, 0..1; nan where either is empty.

    Source: Broder (1997), definition 2, with the smaller of both as the contained one.
    """
    smaller = min(len(a), len(b))
    return len(a & b) / smaller if smaller else float("nan")


def likeness(a: set[str], b: set[str], long: bool) -> tuple[float, float] | None:
    """(value, threshold) of near copies: sets alike or, both long, one contained in the other; else None."""
    small, large = sorted((len(a), len(b)))
    if not long and 100 * small < ALIKE * large:  # cannot reach it: nothing need be counted
        return None
    both = len(a & b)
    if 100 * both >= ALIKE * (small + large - both):
        return jaccard(a, b), ALIKE / 100
    return (containment(a, b), CONTAINED / 100) if long and 100 * both >= CONTAINED * small else None


def near_copies(texts: Sequence[str], agencies: Sequence[str], all_pairs: int = ALL_PAIRS) -> pd.DataFrame:
    """Who answered one question nearly in the words of another agency.

    texts, agencies   (n,) answers and who gave them, one each; "" is no answer
    all_pairs         up to so many different texts every pair is compared; above, those that hashing proposes

    Returns a row per agency, in the order given: agency, other (the first agency with the very same text, else the
    first whose text is a near copy), value (Jaccard similarity, or containment), expected (its threshold, 0.8 or
    0.9), length (folded characters of the shorter text). Both sides of a pair have their row, and a text that many
    copied gives one row per agency, not one per pair.

    Near copies have J >= 0.8, or containment >= 0.9 with at least 100 characters each. First the template goes: where
    at least ten agencies answered the question, every gram that more than a fifth of them use.
    What remains must have 40 characters, so "Đạt" written by everybody is no copy. Texts that are equal as a whole
    (40 characters or more) are named even where everybody has them. Empty where nothing is found.

    Hashing finds a pair of J = 0.8, and contained texts, with probability above 0.99999; every proposed pair is
    compared exactly. No random number: the permutations come from fixed constants. Raises ValueError for lists of
    different lengths. Source: Broder (1997); see `banded` and `containing` for the candidates.
    """
    return pd.DataFrame(pairs_found(texts, agencies, all_pairs), columns=COLUMNS)


def pairs_found(
    texts: Sequence[str], agencies: Sequence[str], all_pairs: int
) -> list[tuple[str, str, float, float, int]]:
    """The rows of `near_copies`."""
    if len(texts) != len(agencies):
        raise ValueError(f"{len(texts)} texts and {len(agencies)} agencies: there must be one each")
    plain = [folded(text) for text in texts]
    equal: dict[str, list[int]] = {}
    for i, text in enumerate(plain):
        if text:
            equal.setdefault(text, []).append(i)
    kept, left = without_template(equal)
    found = {}
    for text, group in equal.items():
        if len(text) >= SHORTEST and len(group) > 1:
            found.update({i: (group[0] if i != group[0] else group[1], 1.0, ALIKE / 100) for i in group})
    firsts = [equal[text][0] for text in kept]
    sets, lengths = list(kept.values()), np.array([left[text] for text in kept], int)
    compare = one_by_one if len(sets) > all_pairs else all_at_once
    asked = [i for i, first in enumerate(firsts) if first not in found]
    found.update({firsts[i]: (firsts[j], *near) for i, j, near in compare(sets, lengths, asked)})
    return [
        (agencies[i], agencies[j], value, expected, min(len(plain[i]), len(plain[j])))
        for i, (j, value, expected) in sorted(found.items())
    ]


def all_at_once(sets: Sequence[set[str]], lengths: np.ndarray, asked: Sequence[int]) -> Iterator[Near]:
    """(i, the first other text that is a near copy, `likeness`) of the texts asked for, every pair compared.

    What every two texts share is counted gram by gram, all grams together.
    """
    if len(sets) < 2:
        return
    sizes = np.array([len(s) for s in sets])
    grams, _ = pd.factorize(np.array(list(chain.from_iterable(sets)), dtype=object))
    users = np.bincount(grams)
    shared = users[grams] > 1  # a gram of one text alone is shared with nobody
    order = np.argsort(grams[shared], kind="stable")
    gram, owner = grams[shared][order], np.repeat(np.arange(len(sets)), sizes)[shared][order]
    both = np.zeros(len(sets) ** 2, np.int64)
    for step in range(1, int(users.max())):  # the owners of a gram stand together, in ascending order
        same = gram[step:] == gram[:-step]
        both += np.bincount(owner[:-step][same] * len(sets) + owner[step:][same], minlength=len(both))
    counted = both.reshape(len(sets), len(sets))
    counted = counted + counted.T
    small, large = np.minimum.outer(sizes, sizes), np.maximum.outer(sizes, sizes)
    long = lengths >= LONG_ENOUGH
    near = 100 * counted >= ALIKE * (small + large - counted)
    near |= (100 * counted >= CONTAINED * small) & np.logical_and.outer(long, long)
    np.fill_diagonal(near, False)
    for i in asked:
        if near[i].any():
            j = int(near[i].argmax())
            alike = likeness(sets[i], sets[j], bool(long[i] and long[j]))
            if alike:
                yield i, j, alike


def one_by_one(sets: Sequence[set[str]], lengths: np.ndarray, asked: Sequence[int]) -> Iterator[Near]:
    """As `all_at_once`, of the pairs that hashing proposes."""
    candidates = proposed(sets, lengths)
    long = (lengths >= LONG_ENOUGH).tolist()
    known: dict[tuple[int, int], tuple[float, float] | None] = {}  # each pair is looked at once
    for i in asked:
        others, holding = candidates(i)
        for j in others:
            if i == j:
                continue
            contained = long[i] and long[j] and j in holding
            near = known.pop((j, i)) if (j, i) in known else likeness(sets[i], sets[j], contained)
            if j > i:
                known[i, j] = near
            if near:
                yield i, j, near
                break


def without_template(equal: dict[str, list[int]]) -> tuple[dict[str, set[str]], dict[str, int]]:
    """(grams, characters left) of every different text without what belongs to the form; too short ones are left out.

    equal   folded text -> who wrote it. Characters left: places of grams that are left, plus the four that the last
            gram reaches further; without a template the length of the text.
    """
    cut = {text: pieces(text) for text in equal}
    answered = sum(len(group) for group in equal.values())
    template: set[str] = set()
    if answered >= FEWEST_ANSWERS:
        users = Counter(chain.from_iterable(set(parts) for parts in cut.values()))
        for text, group in equal.items():
            for gram in set(cut[text]) if len(group) > 1 else ():
                users[gram] += len(group) - 1
        template = {gram for gram, n in users.items() if 100 * n > COMMON * answered}
    kept, left = {}, {}
    for text, parts in cut.items():
        own = [gram for gram in parts if gram not in template] if template else parts
        if len(own) + GRAM - 1 >= SHORTEST:
            kept[text], left[text] = set(own), len(own) + GRAM - 1
    return kept, left


def proposed(sets: Sequence[set[str]], lengths: np.ndarray) -> Callable[[int], tuple[list[int], set[int]]]:
    """For each text the others worth comparing, ascending: of its bands, or such that one may contain the other (these
    again as a set: nobody else can)."""
    flat, numbers = pd.factorize(np.array(list(chain.from_iterable(sets)), dtype=object))
    hashed = np.array([crc32(gram.encode("utf-8", "surrogatepass")) for gram in numbers], np.uint64)
    sizes = np.array([len(s) for s in sets])
    minima = signatures(hashed[flat], sizes)
    buckets = banded(minima)
    holders = containing(flat, hashed, sizes, lengths >= LONG_ENOUGH)
    nothing = np.empty(0, np.int64)

    def likely(i: int, others: np.ndarray, least: float | np.ndarray) -> np.ndarray:
        """Those whose signature agrees in as many rows as a Jaccard similarity of `least` must leave."""
        agree = (minima[:, others] == minima[:, [i]]).sum(axis=0)
        return others[agree >= len(minima) * least - SURE * np.sqrt(len(minima) * least * (1 - least))]

    def candidates(i: int) -> tuple[list[int], set[int]]:
        alike = likely(i, np.unique(np.concatenate([*buckets.get(i, ()), nothing])), ALIKE / 100)
        holding = holders.get(i, nothing)
        small, large = np.minimum(sizes[holding], sizes[i]), np.maximum(sizes[holding], sizes[i])
        held = CONTAINED / 100 * small
        holding = likely(i, holding, held / (small + large - held))
        return np.union1d(alike, holding).tolist(), set(holding.tolist())

    return candidates


def mixed(x: np.ndarray) -> np.ndarray:
    """64 bits stirred so that every bit depends on every other. Source: SplitMix64, Steele, Lea & Flood (2014)."""
    x = (x ^ (x >> np.uint64(30))) * MIX_A
    x = (x ^ (x >> np.uint64(27))) * MIX_B
    return x ^ (x >> np.uint64(31))


def signatures(hashed: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """MinHash: the smallest value of each set under 128 fixed permutations.

    hashed   32-bit hashes (uint64) of all sets, one set after the other; sizes (n,), none 0
    Returns (128, n) uint64. Two sets agree in a row with about the probability of their Jaccard similarity.
    Source: Broder (1997), section 3; permutations by multiply-shift, Dietzfelbinger et al. (1997).
    """
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    fixed = mixed(np.arange(1, 2 * BANDS * ROWS + 1, dtype=np.uint64) * GOLDEN).reshape(-1, 2)
    out = np.empty((BANDS * ROWS, len(sizes)), np.uint64)
    for k, (factor, shift) in enumerate(fixed):
        out[k] = np.minimum.reduceat((hashed * (factor | np.uint64(1)) + shift) >> np.uint64(32), starts)
    return out


def banded(minima: np.ndarray) -> dict[int, list[np.ndarray]]:
    """For each set the groups of sets (ascending) that agree with it in all four rows of one of the 32 bands.

    Source: locality-sensitive hashing, Leskovec, Rajaraman & Ullman (2014), Mining of Massive Datasets, 3.4.2: a pair
    of similarity s meets with probability 1 - (1 - s^4)^32.
    """
    found: dict[int, list[np.ndarray]] = {}
    for rows in minima.reshape(BANDS, ROWS, -1):
        key = np.zeros(rows.shape[1], np.uint64)
        for row in rows:
            key = mixed(key + GOLDEN + row)
        order = np.argsort(key, kind="stable")
        ends = np.flatnonzero(np.diff(key[order])) + 1
        bounds = np.concatenate([[0], ends, [len(order)]])
        for k in np.flatnonzero(np.diff(bounds) > 1):
            group = order[bounds[k] : bounds[k + 1]]
            for i in group.tolist():
                found.setdefault(i, []).append(group)
    return found


def containing(flat: np.ndarray, hashed: np.ndarray, sizes: np.ndarray, long: np.ndarray) -> dict[int, np.ndarray]:
    """For each long set the long sets that may contain nine tenths of it, or be contained so in it: none is missed.

    flat     numbers of the grams of all sets, one set after the other; hashed: their hashes by number, to break ties
    sizes, long (n,)   grams of each set; whether it is long enough

    Whoever holds nine tenths of a set holds at least one of any tenth of it plus one; the rarest are taken.
    Source: prefix filtering, Chaudhuri, Ganti & Kaushik (2006), lemma 1.
    """
    owner = np.repeat(np.arange(len(sizes)), sizes)
    use = long[owner]
    flat, owner = flat[use], owner[use]
    users = np.bincount(flat, minlength=len(hashed))
    order = np.lexsort((hashed[flat], users[flat], owner))
    flat = flat[order]  # owner stays: it is the first key and sorted already
    own = np.where(long, sizes, 0)
    starts = np.concatenate([[0], np.cumsum(own)])
    taken = own + (-CONTAINED * own) // 100 + 1  # own - ceil(0.9 own) + 1
    by_gram = np.argsort(flat, kind="stable")
    holders, bounds = owner[by_gram], np.concatenate([[0], np.cumsum(users)])
    pairs = []
    for i in np.flatnonzero(long).tolist():
        rare = flat[starts[i] : starts[i] + taken[i]]
        rare = rare[users[rare] > 1]
        if len(rare):
            others = np.unique(np.concatenate([holders[bounds[g] : bounds[g + 1]] for g in rare.tolist()]))
            others = others[(sizes[others] >= sizes[i]) & (others != i)]
            if len(others):
                pairs.append(np.stack([np.full(len(others), i), others]))
    if not pairs:
        return {}
    small, large = np.concatenate(pairs, axis=1)
    one, two = np.concatenate([small, large]), np.concatenate([large, small])
    order = np.argsort(one, kind="stable")
    who, first = np.unique(one[order], return_index=True)
    return dict(zip(who.tolist(), np.split(two[order], first[1:]), strict=True))


def copied_explanations(claims: pd.DataFrame, all_pairs: int = ALL_PAIRS) -> pd.DataFrame:
    """Flags `near_copy`: an explanation that nearly equals another agency's on the same row.

    claims      agency, indicator, explanation (text, "" where there is none)
    all_pairs   as in `near_copies`

    value: Jaccard similarity or containment · expected: its threshold · strength: value times the length of the
    shorter text in thousands of characters, at most 1 (a long copy is the stronger one) · other: the agency whose
    text it is, the first where there are several. Explanations below 40 characters are never flagged.
    Source: `near_copies`, after Broder (1997).
    """
    said = claims[claims["explanation"] != ""]
    rows = []
    for code, part in said.groupby("indicator", sort=False):
        if len(part) > 1:
            copies = pairs_found(part["explanation"].tolist(), part["agency"].tolist(), all_pairs)
            for agency, other, value, expected, length in copies:
                strength = value * min(length, FULL_LENGTH) / FULL_LENGTH
                found = {"flag": "near_copy", "agency": agency, "indicator": code, "strength": strength}
                rows.append({**found, "value": value, "expected": expected, "other": other})
    return frame(rows)
