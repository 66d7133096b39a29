"""Who of this year was who in the earlier one: the lineage walked event by event between two days.

Source: ONS, Code History Database (U unchanged, S split, M merged, X irregular: like for like not possible);
`methods.md` §3.2. A share is exact, or None where nobody has published it; it is never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..case.framework import optional
from ..case.lineage import lives
from ..case.tables import rows_of
from ..rules import ONE

Shares = dict[str, "Fraction | None"]
COLUMNS = ["agency", "origin", "share", "flag"]
UNCHANGED, SPLIT, MERGED, IRREGULAR = "U", "S", "M", "X"
NEW, ENTERED, ENDED, LEFT = "new", "entered", "ended", "left"


def relate(before: Case, after: Case, register: pd.DataFrame, lineage: pd.DataFrame) -> pd.DataFrame:
    """Every agency of either year with what it was or became.

    before, after       cases of two years (or two states of one); their agencies as agencies.csv names them
    register, lineage   may be empty: then an agency is who its id says

    Returns one row per agency of the later year and origin in the earlier one (agency, origin, share: the part of the
    origin that came here, a Fraction or None where it is unknown), and flag:
    U one to one (a renamed unit too), S a part of one, M several whole ones, X anything else; new and entered: without
    an origin in the earlier list (entered: it existed); then the earlier agencies without an heir in the later list
    (agency empty): ended, or left the list.
    """
    then, now = (case.tables["agencies"]["agency"].tolist() for case in (before, after))
    life = lives(register)
    since, until = before.settings.period[1], after.settings.period[1]
    listed, place = set(then), {agency: at for at, agency in enumerate(then)}
    heirs = descend(life, lineage, listed, since, until)
    origins: dict[str, Shares] = defaultdict(dict)
    for origin, shares in heirs.items():
        for heir, share in shares.items():
            origins[heir][origin] = share
    rows: list[tuple] = []
    for agency in now:
        found = origins.get(agency, {})
        known = {origin: share for origin, share in found.items() if origin in listed}
        if not known:
            started = life.get(agency, ("", ""))[0]
            rows.append((agency, "", None, NEW if started > since else ENTERED))
            continue
        flag = flag_of(found, known, heirs)
        rows += [(agency, origin, share, flag) for origin, share in sorted(known.items(), key=lambda o: place[o[0]])]
    here = set(now)
    for origin in then:
        if not here & heirs.get(origin, {}).keys():
            end = life.get(origin, ("", ""))[1]
            rows.append(("", origin, None, ENDED if end and end <= until else LEFT))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"share": object})


def flag_of(found: Shares, known: Shares, heirs: Mapping[str, Shares]) -> str:
    """U, S, M or X. An origin outside the earlier list makes a comparison of like with like impossible."""
    if len(known) < len(found):
        return IRREGULAR
    if len(found) == 1:
        (origin, share), *_ = found.items()
        return UNCHANGED if share == ONE and len(heirs[origin]) == 1 else SPLIT
    return MERGED if all(share == ONE for share in found.values()) else IRREGULAR


def descend(
    life: Mapping[str, tuple[str, str]], lineage: pd.DataFrame, listed: set[str], since: str, until: str
) -> dict[str, Shares]:
    """What every unit of the evening of `since` (and every listed one) is by the evening of `until`: unit -> heirs with
    shares. What a unit that goes on did not hand over stays with it; the one part of an ended unit that nobody has
    published is what the others leave.

    A listed unit that ended within its own period (it was assessed all the same) is followed through that event.
    """
    alive = {a for a, (start, end) in life.items() if start <= since and (not end or end >= since)}
    held: dict[str, Shares] = {unit: {unit: ONE} for unit in alive | listed}  # unit -> origins with their shares
    moves: dict[tuple[str, str], list[tuple[str, Fraction | None]]] = defaultdict(list)
    for day, old, heir, share in rows_of(lineage, "date", "from", "to", "share"):
        late = since < day <= until
        ended = old in listed and day <= since and life.get(old, ("", ""))[1] < day and old in life
        if old and (late or ended):
            moves[day, old].append((heir, optional(share)))
    for (day, old), parts in sorted(moves.items()):
        carried = held.pop(old, {})
        end = life.get(old, ("", ""))[1]
        if not end or end >= day:
            parts = [*parts, (old, rest(parts))]
        elif [share for _, share in parts].count(None) == 1:  # all of a unit that ended goes somewhere
            left = rest([part for part in parts if part[1] is not None])
            parts = [(heir, left if share is None else share) for heir, share in parts]
        for heir, share in parts:
            if not heir or share == 0:
                continue
            there = held.setdefault(heir, {})
            if day <= since and heir not in listed and life.get(heir, ("", ""))[0] == day:
                there.pop(heir, None)  # it began with this event: it is what it was made of
            for origin, part in carried.items():
                there[origin] = plus(there.get(origin, Fraction(0)), times(part, share))
    found: dict[str, Shares] = {unit: {} for unit in alive | listed}
    for unit, origins in held.items():
        end = life.get(unit, ("", ""))[1]
        if not end or end >= until or unit in listed:
            for origin, share in origins.items():
                found[origin][unit] = share
    return found


def rest(parts: Sequence[tuple[str, Fraction | None]]) -> Fraction | None:
    """What a unit that goes on keeps."""
    left: Fraction | None = ONE
    for _, share in parts:
        left = None if left is None or share is None else left - share
    return left


def times(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    return None if a is None or b is None else a * b


def plus(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    return None if a is None or b is None else a + b
