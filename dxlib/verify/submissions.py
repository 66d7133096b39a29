"""Who has sent what, how complete, how late: the state of a year while its claims come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from ..case import Case
from ..case.tables import rows_of
from ..index import evaluate
from ..index.exact import CLOSED
from .undecided import open_items

COLUMNS = ("sender agency asked answered missing codes sent_on days_late to_correct sent_back to_answer open").split()


@dataclass(frozen=True)
class Sender:
    """Who answers: an agency of the group or, where the group is one unit, who leads some of its rows.

    codes   the rows asked for; None: every reported row
    """

    id: str
    agency: str
    codes: frozenset[str] | None = None

    def asked(self, code: str) -> bool:
        return self.codes is None or code in self.codes


def senders(case: Case) -> list[Sender]:
    """One per agency; one per lead owner where the group is a single unit whose rows name owners.

    Source: contract.md: `owner` lists agency ids, the lead first; forms go to owners where the group is one unit.
    """
    agencies = case.tables["agencies"]["agency"].tolist()
    rows = case.tables["indicators"]
    leads = dict(zip(rows["code"], rows["owner"].str.split(";").str[0].str.strip(), strict=True))
    reported = [n.code for n in case.framework.leaves if n.source == "reported"]
    led = {code: leads[code] for code in reported if leads[code]}
    if len(agencies) != 1 or not led:
        return [Sender(agency, agency) for agency in agencies]
    unit = agencies[0]
    owners = dict.fromkeys(led.values())
    found = [Sender(o, unit, frozenset(c for c, lead in led.items() if lead == o)) for o in owners]
    nobody = frozenset(reported) - set(led)
    return [*found, *([Sender(unit, unit, nobody)] if nobody else [])]


def last_day(case: Case) -> str:
    """The last day that anything in the ledger happened; "" where no day is written."""
    days = [
        case.tables[t][c].max()
        for t, c in (("claims", "submitted_on"), ("verdicts", "decided_on"))
        if len(case.tables[t])
    ]
    return max(days, default="")


def progress(
    case: Case, as_of: str, returned: pd.DataFrame | None = None, waiting: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Every sender's answers, the worst first.

    as_of      ISO day on which the lateness of what is missing is counted; "" counts none
    returned   what was sent back to be corrected (`case.read_log`); None: nothing
    waiting    from `open_items`; made here when not given

    Returns sender, agency, asked (reported rows that apply), answered (that say something), missing, codes (of the
    missing rows, ";"-separated), sent_on (last day of submission, "" without), days_late (0 in time: the day of the
    deadline is in time; of an incomplete sender up to `as_of`), to_correct (cells of its claims that the checks
    warn of), sent_back (day on which a marked copy went back that nothing has answered, "" without), to_answer (errors
    in it; 0: what came was no form, and there is no copy), open (items of its rows that wait for a verdict or for the
    decision of an appeal). Source: our own counts over the calendar of index.toml; no published formula.
    """
    due = case.settings.calendar.get("claims_due") or ""
    claims = case.tables["claims"]
    days = {
        (a, c): day for a, c, day in zip(claims["agency"], claims["indicator"], claims["submitted_on"], strict=True)
    }
    warned: dict[tuple[str, str], int] = {}
    for f in case.findings:
        if f.file.endswith("/claims.csv") and f.row in claims.index:
            key = (claims.at[f.row, "agency"], claims.at[f.row, "indicator"])
            warned[key] = warned.get(key, 0) + 1
    asked_back = {row["recipient"]: row for row in outstanding(returned)}
    undecided: dict[str, list[str]] = {}
    for agency, code in rows_of(open_items(case) if waiting is None else waiting, "agency", "indicator"):
        undecided.setdefault(agency, []).append(code)
    rows = []
    idle = spared(case)
    for sender in senders(case):
        back = asked_back.get(sender.id, {"returned_on": "", "findings": "0"})
        codes = [code for code in applying(case, sender) if (sender.agency, code) not in idle]
        missing = [c for c in codes if sender.agency not in case.answers.claims.get(c, ())]
        sent = max((days.get((sender.agency, c), "") for c in codes), default="")
        end = as_of if missing else sent
        rows.append(
            (
                *(sender.id, sender.agency, len(codes), len(codes) - len(missing), len(missing), ";".join(missing)),
                *(sent, late(due, end), sum(warned.get((sender.agency, c), 0) for c in codes)),
                *(back["returned_on"], int(back["findings"])),
                sum(map(sender.asked, undecided.get(sender.agency, ()))),
            )
        )
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame = frame.sort_values(
        ["missing", "days_late", "to_answer", "to_correct", "sender"], ascending=[False] * 4 + [True], kind="stable"
    )
    return frame.reset_index(drop=True)


def outstanding(returned: pd.DataFrame | None) -> list[dict[str, str]]:
    """The lines of the log that nothing has answered yet, the last of a sender last."""
    if returned is None:
        return []
    return [row for row in returned.to_dict("records") if not row["answered_on"] and row["findings"].isdecimal()]


def applying(case: Case, sender: Sender) -> list[str]:
    """The reported rows that a sender is asked for and that apply to it."""
    return [
        n.code
        for n in case.framework.leaves
        if n.source == "reported" and sender.asked(n.code) and sender.agency not in case.answers.exempt.get(n.code, ())
    ]


def spared(case: Case) -> set[tuple[str, str]]:
    """(agency, row) of rows left empty behind a gate that the agency's own answers close: nothing is asked there."""
    if not case.framework.gates:
        return set()
    exact, claims = evaluate(case, "claimed"), case.answers.claims
    return {
        (agency, code)
        for code in case.framework.gates
        for agency, state in zip(exact.agencies, exact.columns[code].states, strict=True)
        if state == CLOSED and agency not in claims.get(code, ())
        and all(agency in claims.get(before, ()) or before in case.framework.gates
                for before in case.framework.decides(code))
    }  # fmt: skip


def late(due: str, day: str) -> int:
    """Days after the deadline; 0 on the day itself, before it, and where one of the two is unknown."""
    return max((date.fromisoformat(day) - date.fromisoformat(due)).days, 0) if due and day else 0


def completeness(case: Case) -> pd.DataFrame:
    """Answers by top row of the index set: pillar, asked, answered, share (of asked; nan without any).

    Source: our own counts, as in `progress`.
    """
    pillars = {code: top for top in case.framework.tops for code in case.framework.below(top)}
    counts: Mapping[str, list[int]] = {top: [0, 0] for top in case.framework.tops}
    idle = spared(case)
    for sender in senders(case):
        for code in applying(case, sender):
            if (sender.agency, code) in idle:
                continue
            counts[pillars[code]][0] += 1
            counts[pillars[code]][1] += sender.agency in case.answers.claims.get(code, ())
    rows = [(top, asked, given, given / asked if asked else float("nan")) for top, (asked, given) in counts.items()]
    return pd.DataFrame([row for row in rows if row[1]], columns=["pillar", "asked", "answered", "share"])
