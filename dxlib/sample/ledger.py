"""What verification decided, where a second team looked without knowing the first answer, what was contested."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pandas as pd

from .. import schema
from ..case.judged import COLUMNS, NOTHING, standing
from .anomalies import MISREAD
from .claim_and_truth import ClaimAndTruth
from .claims import due
from .names import pick
from .second import DECIDED, TEAM, YEARS, doubled
from .sets import Row

NOTES = {
    "thieu-minh-chung": (
        "Hồ sơ gửi kèm không có tài liệu cho tiêu chí này",
        "Đường dẫn minh chứng không truy cập được",
    ),
    "minh-chung-yeu": ("Văn bản chỉ nêu chủ trương, chưa có kết quả", "Danh sách chưa có xác nhận của đơn vị"),
    "sai-so-lieu": ("Đã đối chiếu với số liệu trích xuất ngày {day}", "Số liệu hệ thống thấp hơn số tự kê khai"),
    "sai-muc": ("Thực tế mới đạt mức thấp hơn", "Biên bản kiểm tra ngày {day} ghi nhận mức thấp hơn"),
    "chua-hoan-thanh": ("Còn đơn vị trực thuộc chưa triển khai", "Chưa có biên bản nghiệm thu"),
    "bo-sung": ("Hệ thống ghi nhận kết quả cao hơn số kê khai",),
    "du-lieu-he-thong": ("Số liệu trích xuất ngày {day}",),
}
GROUNDS = (
    "Đề nghị xem lại: đơn vị đã gửi bổ sung tài liệu kiểm chứng trong thời hạn phúc tra.",
    "Số liệu trên hệ thống dùng chung bị chậm đồng bộ, đơn vị gửi kèm bản trích xuất có xác nhận.",
    "Mẫu số tính cả đối tượng không thuộc phạm vi quản lý của đơn vị.",
    "Văn bản được ban hành trong kỳ đánh giá, số ghi trong hồ sơ trước bị nhầm.",
    "Nhiệm vụ đã nghiệm thu trước ngày 31/12, biên bản được gửi kèm.",
)
MISREAD_NOTE = "Chỉ tính văn bản có đủ chữ ký số của cơ quan và của cá nhân"
COUNCIL = "Hội đồng thẩm định"


def verify(stated: list[ClaimAndTruth], year: str, group: str, seed: int) -> tuple[list[Row], list[Row]]:
    """verdicts.csv and appeals.csv. In 2025 verification is still under way; the province has not begun."""
    verdicts: list[Row] = []
    appeals: list[Row] = []
    if group == "province" and year == "2025":
        return verdicts, appeals
    agencies = list(dict.fromkeys(t.claim["agency"] for t in stated))
    done = agencies[: max(len(agencies) * 2 // 5, 1)] if year == "2025" else agencies
    place = {agency: i for i, agency in enumerate(agencies)}
    finished = dict.fromkeys(done)
    rng, blind, last = Random(seed), Random(seed), ""
    twice = year in YEARS.get(group, ())
    start = due(year) + timedelta(days=5)
    for one in stated:
        agency = one.claim["agency"]
        if agency != last:
            rng, last = Random(f"{seed}/{year}/{group}/{one.twin}/verdicts"), agency
            blind = Random(f"{seed}/{year}/{group}/{one.twin}/blind")
        if one.row["source"] != "reported" or (agency not in finished and rng.random() < 0.45):
            continue
        day = start + timedelta(days=place[agency] % 30 + pick(rng, 6))
        verdict = decide(one, TEAM.format(1 + place[agency] % 4), day, rng)
        if verdict:
            steps = [verdict, *(doubled(one, verdict, place[agency], blind) if twice else ())]
            verdicts += steps
            lowered = one.truth is not None and verdict["reason"] != "bo-sung"
            if lowered and not one.missing and rng.random() < 0.12:
                contest(one, steps[-1], year, rng, verdicts, appeals)
    return verdicts, appeals


def decide(one: ClaimAndTruth, team: str, day: date, rng: Random) -> Row | None:
    """One first verdict. A missing claim has none, unless the shared system knows the figure."""
    verdict = {
        "agency": one.claim["agency"],
        "indicator": one.claim["indicator"],
        "step": "1",
        "stage": "verify",
        **dict.fromkeys(("a", "b", "option", "points", "reason", "note"), ""),
        "decided_by": team,
        "decided_on": day.isoformat(),
    }
    if one.missing:
        if rng.random() > 0.25 or not one.rule.reads:
            return None
        cells = {c: one.claim[c] for c in ("a", "b", "option")}
        return verdict | cells | worded("du-lieu-he-thong", day, rng)
    if one.truth is None:
        return verdict
    truth, said = one.truth, one.claim
    if truth["option"]:
        reason = ("sai-muc", "chua-hoan-thanh", "minh-chung-yeu", "cham-han")[pick(rng, 4)]
        return verdict | {"option": truth["option"]} | worded(reason, day, rng)
    if float(truth["a"] or 0) > float(said["a"] or 0) and not one.row["direction"]:
        return verdict | {"a": truth["a"]} | worded("bo-sung", day, rng)
    if one.row["key"] in MISREAD.values():
        return verdict | {"a": truth["a"], "reason": "sai-cach-tinh", "note": MISREAD_NOTE}
    if rng.random() < 0.12:
        return verdict | {"points": "0"} | worded("thieu-minh-chung", day, rng)
    reason = ("sai-so-lieu", "sai-cach-tinh", "ngoai-ky", "sai-don-vi", "sai-mau-so")[pick(rng, 5)]
    if reason == "sai-mau-so" and said["b"] and "0" not in (said["a"], truth["a"]):
        wider = -(-int(said["a"]) * int(said["b"]) // int(truth["a"]))  # rounded up; a stays as claimed
        return verdict | {"b": str(wider)} | worded(reason, day, rng)
    return verdict | {"a": truth["a"]} | worded("sai-so-lieu" if reason == "sai-mau-so" else reason, day, rng)


def worded(reason: str, day: date, rng: Random) -> Row:
    texts = NOTES.get(reason, ("",))
    note = texts[pick(rng, len(texts))].format(day=f"{day.day}/{day.month}/{day.year}")
    return {"reason": reason, "note": note}


def claimed(one: ClaimAndTruth) -> Row:
    """The claim as a decision gives it back; points only where they are the value, since others are an own sum."""
    points = one.claim["points"] if "points" in one.rule.reads else ""
    return {**{c: one.claim[c] for c in ("a", "b", "option")}, "points": points}


def judged(verdicts: list[Row], claims: list[Row], evidence: list[Row]) -> list[Row]:
    """The verdicts with what they judged: the claims and documents as they stand."""
    frames = [
        pd.DataFrame([[row.get(c, "") for c in schema.columns(name)] for row in rows], columns=schema.columns(name))
        for name, rows in (("claims", claims), ("evidence", evidence))
    ]
    stands = standing(*frames)
    return [v | dict(zip(COLUMNS, stands.get((v["agency"], v["indicator"]), NOTHING), strict=True)) for v in verdicts]


def corrected(stated: list[ClaimAndTruth], verdicts: list[Row], claims: list[Row]) -> None:
    """One agency sent a higher figure after its claim was accepted: that item is open again."""
    said = {(c["agency"], c["indicator"]): c for c in claims}
    scored = {one.row["code"] for one in stated if one.scored}
    for verdict in verdicts:
        a = verdict["judged_a"] if verdict["indicator"] in scored else ""
        if not any(verdict[c] for c in (*DECIDED, "reason")) and a.isdigit() and int(a) >= 10:
            day = date.fromisoformat(verdict["decided_on"]) + timedelta(days=6)
            said[verdict["agency"], verdict["indicator"]]["submitted_on"] = day.isoformat()
            verdict["judged_a"] = str(int(a) - 1)
            return


def contest(one: ClaimAndTruth, verdict: Row, year: str, rng: Random, verdicts: list[Row], appeals: list[Row]) -> None:
    """An appeal, and the council's step after the last one: half of them bring the claim back.

    Nothing is contested where the last verdict accepts the claim; in 2025 the council has not yet met.
    """
    days, ground, won, answered = pick(rng, 8), pick(rng, len(GROUNDS)), rng.random() < 0.5, pick(rng, 5)
    if not any(verdict[c] for c in DECIDED):
        return
    lodged = due(year) + timedelta(days=46 + days)
    if year == "2025":
        lodged = date.fromisoformat(verdict["decided_on"]) + timedelta(days=2 + days)
    appeals.append(
        {
            "agency": verdict["agency"],
            "indicator": verdict["indicator"],
            "grounds": GROUNDS[ground],
            "submitted_on": lodged.isoformat(),
        }
    )
    if year == "2025":
        return
    verdicts.append(
        verdict
        | (claimed(one) if won else {})
        | {
            "step": str(int(verdict["step"]) + 1),
            "stage": "appeal",
            "reason": "chap-nhan-phuc-tra" if won else "giu-nguyen",
            "note": "",
            "decided_by": COUNCIL,
            "decided_on": (lodged + timedelta(days=3 + answered)).isoformat(),
        }
    )
