"""One act on single units as rows of register.csv and lineage.csv: units merged, renamed, split, abolished or created,
a part handed over. What an act cannot have done is named before anything is proposed.

An id is never used again and a name belongs to one id: whoever is renamed is another unit from that day, as in the
official tables (`conversion`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from .. import schema
from ..case.characters import typed
from ..case.lineage import ENDS, eve, lives
from ..case.tables import rows_of
from ..errors import Finding, nearest
from ..languages import in_each
from .conversion import NAME, Additions, Proposed, spelt, tidy

FILE = "register.csv"
KINDS = ("merge", "rename", "split", "transfer", "abolish", "create")


@dataclass(frozen=True)
class Act:
    """What was decided.

    kind    as in lineage.csv
    day     ISO day on which it took effect; act: the legal document
    units   who it starts from
    heirs   agency -> the part of each unit that goes there, as text ("" where nobody has published it)
    basis   what the parts count
    new     the row of a new unit, as far as it is given; without `agency` the id is made from the name
    """

    kind: str
    day: str
    act: str
    units: tuple[str, ...] = ()
    heirs: Mapping[str, str] = field(default_factory=dict)
    basis: str = ""
    new: Mapping[str, str] = field(default_factory=dict)

    @property
    def leaving(self) -> tuple[str, ...]:
        """The units that something leaves; in a merger the heir that goes on is none of them."""
        return tuple(unit for unit in dict.fromkeys(self.units) if self.kind != "merge" or unit not in self.heirs)


def reorganise(act: Act, register: pd.DataFrame, lineage: pd.DataFrame) -> Proposed:
    """What an act makes of the register; unchanged, with findings, where it cannot have done so. Raises Refusal for
    texts that no table can hold."""
    new = typed({**act.new, "act": act.act}, FILE)
    act = replace(act, act=new.pop("act"), new=new)
    known = {row["agency"]: row for row in register.to_dict("records")}
    findings = tuple(objections(act, register, known))
    if findings:
        return Proposed(register, lineage, findings)
    add, first = Additions(register, act.act), known.get(next(iter(act.leaving), ""), {})
    heirs, whole = dict(act.heirs), act.kind in ("merge", "rename")
    if fresh := unit_of(act, known):
        code = fresh.get("official_code") or (first.get("official_code", "") if act.kind == "rename" else "")
        level = fresh.get("level") or first.get("level", "")
        others = {column: fresh[column] for column in in_each("name") if column in fresh}
        agency = add.unit(code, tidy(fresh[NAME]), level, act.day, "", fresh.get("agency", ""), **others)
        heirs = {agency: ""}
    ended = act.leaving if act.kind in ENDS else ()
    add.ends |= dict.fromkeys(ended, eve(act.day))
    pairs = [(old, heir) for old in act.leaving or ("",) for heir in heirs or ("",)]
    events = []
    for old, heir in pairs:
        share = "1" if whole else heirs.get(heir, "")
        divided = act.kind in ("split", "transfer")
        basis = "" if not divided else act.basis if share else "unknown"
        name = heir if len(heirs) == 1 else old
        events.append((f"{act.day[:7]}-{name}", act.day, act.kind, old, heir, share, basis, act.act))
    new = pd.DataFrame(events, columns=schema.columns("lineage"))
    joined = pd.concat([lineage, new], ignore_index=True).fillna("")
    return Proposed(add.register(), joined, (), len(ended), len(add.rows), len(events))


def unit_of(act: Act, known: Mapping[str, Mapping]) -> dict[str, str]:
    """The row of the unit that an act founds; a merger founds the heir that nobody knows. Empty without one."""
    given = {column: cell for column, cell in act.new.items() if cell}
    if act.kind in ("create", "rename"):
        return given
    if act.kind != "merge" or any(heir in known for heir in act.heirs):
        return {}
    return {**dict.fromkeys(("agency",), next(iter(act.heirs), "")), **given}


def objections(act: Act, register: pd.DataFrame, known: Mapping[str, Mapping]) -> Iterator[Finding]:
    """Everything that cannot be, with what to do instead."""
    if not act.act.strip():
        yield Finding("E_REQUIRED", "register_act", FILE, column="act")
    life = lives(register)
    founds = act.kind in ("create", "rename") or (act.kind == "merge" and not any(h in known for h in act.heirs))
    there = [] if founds else list(act.heirs)
    for unit in dict.fromkeys([*act.units, *there]):
        if unit not in known:
            facts = {"nearest": nearest(unit, known) or "–"}
            yield Finding("E_REFERENCE", "register_unknown", FILE, column="agency", value=unit, facts=facts)
            continue
        start, end = life[unit]
        begun = start <= act.day if unit in act.heirs and unit not in act.leaving else start < act.day
        if not begun or (end and end < eve(act.day)) or (end and unit in act.heirs and end < act.day):
            facts = {"day": act.day, "start": start or "–", "end": end or "–"}
            yield Finding("E_LINEAGE", "register_gone", FILE, column="agency", value=unit, facts=facts)
    if act.kind == "merge" and len(act.leaving) + (not founds) < 2:
        yield Finding("E_LINEAGE", "register_alone", FILE, column="agency", value=", ".join(act.units))
    if act.kind in ("split", "transfer") and (itself := set(act.units) & set(act.heirs)):
        yield Finding("E_LINEAGE", "register_itself", FILE, column="agency", value=", ".join(sorted(itself)))
    if act.kind == "split" and len(act.heirs) < 2:
        yield Finding("E_LINEAGE", "register_undivided", FILE, column="agency", value=", ".join(act.units))
    yield from against_new(act, register, known, founds)


def against_new(act: Act, register: pd.DataFrame, known: Mapping[str, Mapping], founds: bool) -> Iterator[Finding]:
    """A new unit has a name and an id nobody had; one that goes on gets no other name by a merger."""
    name, agency = tidy(act.new.get(NAME, "")), unit_of(act, known).get("agency", "")
    if not founds:
        for heir in act.heirs if any(act.new.values()) else ():
            called = known.get(heir, {}).get(NAME, "")
            yield Finding("E_CONFLICT", "register_named", FILE, column=NAME, value=heir, facts={"called": called})
        return
    if not name:
        near = nearest(agency, known) or "–"
        yield Finding("E_REQUIRED", "register_nameless", FILE, column=NAME, value=agency, facts={"nearest": near})
    if agency in known:
        yield Finding("E_DUPLICATE", "register_taken", FILE, column="agency", value=agency)
    columns = ("agency", NAME, "valid_from", "valid_to")
    for other, called, start, end in rows_of(register, *columns) if name else ():
        stands = start <= act.day and (not end or end >= act.day) and other not in act.leaving
        if stands and spelt(tidy(called)) == spelt(name):
            yield Finding("E_DUPLICATE", "register_there", FILE, column=NAME, value=name, facts={"agency": other})
