"""Claims of one year and group, with what verification will find: exaggeration, modesty, gaps, lateness, exemptions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from hashlib import sha256
from random import Random

from .anomalies import act, anomalies_of, copy_explanations
from .answers import Answer, Character, achieved, answer, character, exact, own_points, written
from .claim_and_truth import ClaimAndTruth
from .names import pick
from .places import NO_PROCEDURES, Places
from .sets import Row, index_set
from .wording import explain

TWINS = {"so-tai-nguyen": "so-cong-thuong", "so-giao-duc": "so-van-hoa"}
ROLES = {
    "departments": ("Văn phòng", "Đầu mối chuyển đổi số", "Phòng chuyên môn"),
    "districts": ("Văn phòng HĐND và UBND", "Phòng Văn hóa và Thông tin", "Phòng Nội vụ"),
    "communes": ("Công chức Văn phòng - Thống kê", "Công chức Văn hóa - Xã hội", "Đầu mối chuyển đổi số"),
    "province": ("Đầu mối của cơ quan chủ trì", "Tổ giúp việc Ban chỉ đạo"),
}


def due(year: str) -> date:
    """Claims of 2025 are late in the year after, because of the reorganisation."""
    return date(2026, 10, 15) if year == "2025" else date(int(year) + 1, 1, 15)


def sent_back(stated: list[ClaimAndTruth], year: str, group: str, seed: int) -> list[Row]:
    """forms/returned.csv where claims still come in (2025): every second agency that lacks a row has sent a form with
    errors, and every third of these has answered since. The digests are of no file."""
    if year != "2025" or group == "province":  # there nobody has sent anything
        return []
    lacking = list(dict.fromkeys(one.claim["agency"] for one in stated if one.missing and one.reported))
    found = []
    for i, agency in enumerate(lacking[::2]):
        rng = Random(f"{seed}/{year}/{group}/{agency}/returned")
        day = due(year) + timedelta(days=pick(rng, 18) - 4)
        found.append(
            {
                "sha256": sha256(f"{seed}/{year}/{group}/{agency}".encode()).hexdigest(),
                "returned_on": day.isoformat(),
                "recipient": agency,
                "kind": "claim",
                "findings": str(1 + pick(rng, 5)),
                "answered_on": (day + timedelta(days=2 + pick(rng, 4))).isoformat() if i % 3 == 1 else "",
            }
        )
    return found


def exemptions(places: Places, year: str, group: str) -> list[Row]:
    """Rows that cannot apply to an agency."""
    code = {row["key"]: row["code"] for row in index_set(group, year)}
    found = []
    for i, member in enumerate(places.members.get((year, group), [])):
        agency, reason = member["agency"], ""
        keys: tuple[str, ...] = ()
        if group == "departments" and agency in NO_PROCEDURES:
            keys, reason = ("service",), "Không có thủ tục hành chính thuộc thẩm quyền giải quyết"
        elif group == "communes" and agency.startswith("p-") and i % 2 == 0:
            keys, reason = ("ec_farm", "ec_trace"), "Phường không có hộ sản xuất nông nghiệp"
        elif agency == "bql-kcn":
            keys, reason = ("op_archive", "aw_pact"), "Không có đơn vị trực thuộc và kho lưu trữ riêng"
        elif agency == "tp-lang-phu":
            keys, reason = ("ec_coop",), "Không có hợp tác xã hoạt động trên địa bàn"
        for key in keys:
            if key in code:
                council = "Hội đồng thẩm định"
                found.append({"agency": agency, "indicator": code[key], "reason": reason, "decided_by": council})
    return found


def tell(places: Places, year: str, group: str, seed: int) -> list[ClaimAndTruth]:
    """Everything the agencies of a group say in one year, in the order of agencies and rows."""
    leaves = [row for row in index_set(group, year) if row["rule"]]
    exempt = [(e["agency"], e["indicator"]) for e in exemptions(places, year, group)]
    members = [m["agency"] for m in places.members[year, group]]
    parts = anomalies_of(places, year, group)
    stated: list[ClaimAndTruth] = []
    for agency in members:
        twin = TWINS.get(agency, agency)
        if group == "communes" and len(members) > 3 and agency == members[3]:
            twin = members[1]
        who = character(seed, twin)
        plays = parts.get(agency, {})
        if "inflates" in plays:
            who = replace(who, inflation=0.75)
        numbers = Random(f"{seed}/{year}/{group}/{twin}/numbers")
        words = Random(f"{seed}/{year}/{group}/{agency}/words")
        role = ROLES[group][pick(words, len(ROLES[group]))]
        out = {code for a, code in exempt if a == agency}
        counted: dict[str, int] = {}
        sent = due(year) - timedelta(days=1 + pick(words, 12))
        if words.random() > 0.72 + 0.25 * who.diligence:
            sent = due(year) + timedelta(days=1 + pick(words, 9))
        rows = {}
        for row in leaves:
            one = tell_row(row, (agency, twin), year, group, who, counted, numbers, words, (sent.isoformat(), role))
            if not any(row["code"] == c or row["code"].startswith(c + ".") for c in out):
                rows[row["key"]] = one
        stated += act(rows, plays, group, counted, Random(f"{seed}/{year}/{group}/{twin}/play")).values()
    copy_explanations(stated, parts, year, group, seed)
    return stated


def tell_row(
    row: Row,
    names: tuple[str, str],
    year: str,
    group: str,
    who: Character,
    counted: dict[str, int],
    numbers: Random,
    words: Random,
    sender: tuple[str, str],
) -> ClaimAndTruth:
    share = achieved(who, row["key"], year, numbers)
    real = answer(row, group, share, counted, who.size, numbers)
    fate, gap = numbers.random(), numbers.random()
    said = real
    if row["source"] != "reported" or not row["max_points"] or row["max_points"] == "0":
        fate = 1.0
    if fate < who.inflation:
        said = answer(row, group, min(share + 0.15 + 0.3 * gap, 1.0), counted, who.size, numbers)
    elif fate > 0.985 and fate < 1.0:
        said = answer(row, group, max(share - 0.1 - 0.2 * gap, 0.0), counted, who.size, numbers)
    chance = 0.05 * (1.2 - who.diligence) if group != "province" else 0.35 if year == "2025" else 0.0
    lost = numbers.random() < chance
    claim = {"agency": names[0], "indicator": row["code"], **said, "explanation": "", "submitted_on": ""}
    claim["submitted_by"] = ""
    if row["source"] == "reported":
        claim |= {
            "points": reckoned(row, said, numbers),
            "explanation": explain(share, year, group, names[0], words),
            "submitted_on": sender[0],
            "submitted_by": sender[1],
        }
    truth = real if said != real else None
    return ClaimAndTruth(row, claim, truth, names[1], missing=lost and row["source"] == "reported")


def reckoned(row: Row, said: Answer, rng: Random) -> str:
    """The agency's own sum: now and then it forgets the rule and writes the maximum or a rounded figure."""
    points = own_points(row, said)
    slip = rng.random()
    if points is None or slip > 0.97:
        return ""
    if slip < 0.02:
        return written(exact(row["max_points"]), row["decimals"])
    if slip < 0.06:
        points = min(Fraction(int(points * 2 + Fraction(1, 2)), 2), exact(row["max_points"]))
    return written(points, row["decimals"])
