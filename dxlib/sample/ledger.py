"""What verification decided, what was contested, and the documents behind the claims."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from .claims import Told, due
from .names import pick, slug
from .places import Places
from .sets import Row, known

REASONS = (
    ("khop", "Khớp số liệu và tài liệu kiểm chứng", "Figures and evidence agree"),
    ("thieu-minh-chung", "Không có tài liệu kiểm chứng", "No evidence supplied"),
    (
        "minh-chung-yeu",
        "Tài liệu kiểm chứng chưa chứng minh được nội dung tự chấm",
        "Evidence does not support the claim",
    ),
    ("ngoai-ky", "Tài liệu ban hành ngoài kỳ đánh giá", "Document issued outside the period"),
    ("sai-don-vi", "Tài liệu của đơn vị khác", "Document of another agency"),
    ("sai-so-lieu", "Số liệu không khớp hệ thống dùng chung", "Figures differ from the shared system"),
    ("sai-mau-so", "Xác định sai mẫu số", "Wrong denominator"),
    ("sai-cach-tinh", "Tính sai theo quy tắc chấm điểm", "Rule applied wrongly"),
    ("sai-muc", "Chọn mức cao hơn thực tế", "Option above the facts"),
    ("cham-han", "Thực hiện sau thời hạn quy định", "Done after the deadline"),
    ("chua-hoan-thanh", "Nhiệm vụ mới hoàn thành một phần", "Task only partly completed"),
    ("bo-sung", "Ghi nhận thêm kết quả đơn vị chưa kê khai", "Result recognised that the agency did not claim"),
    (
        "du-lieu-he-thong",
        "Không tự chấm; lấy số liệu từ hệ thống dùng chung",
        "Not claimed; figure taken from the shared system",
    ),
    ("chap-nhan-phuc-tra", "Chấp nhận phúc tra", "Appeal accepted"),
    ("giu-nguyen", "Giữ nguyên kết quả thẩm tra", "Verdict upheld"),
)
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
COUNCIL = "Hội đồng thẩm định"


def verify(told: list[Told], year: str, group: str, seed: int) -> tuple[list[Row], list[Row]]:
    """verdicts.csv and appeals.csv. In 2025 verification is still under way; the province has not begun."""
    verdicts: list[Row] = []
    appeals: list[Row] = []
    if group == "province" and year == "2025":
        return verdicts, appeals
    agencies = list(dict.fromkeys(t.claim["agency"] for t in told))
    done = agencies[: max(len(agencies) * 2 // 5, 1)] if year == "2025" else agencies
    place = {agency: i for i, agency in enumerate(agencies)}
    finished = dict.fromkeys(done)
    rng, last = Random(seed), ""
    start = due(year) + timedelta(days=5)
    for one in told:
        agency = one.claim["agency"]
        if agency != last:
            rng, last = Random(f"{seed}/{year}/{group}/{one.twin}/verdicts"), agency
        if one.row["source"] != "reported" or (agency not in finished and rng.random() < 0.45):
            continue
        day = start + timedelta(days=place[agency] % 30 + pick(rng, 6))
        verdict = decide(one, f"Tổ thẩm tra số {1 + place[agency] % 4}", day, rng)
        if verdict:
            verdicts.append(verdict)
            lowered = one.truth is not None and verdict["reason"] != "bo-sung"
            if lowered and not one.missing and year != "2025" and rng.random() < 0.12:
                contest(one, verdict, year, rng, verdicts, appeals)
    return verdicts, appeals


def decide(one: Told, team: str, day: date, rng: Random) -> Row | None:
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
        if rng.random() > 0.25 or one.row["rule"] == "none":
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


def contest(one: Told, verdict: Row, year: str, rng: Random, verdicts: list[Row], appeals: list[Row]) -> None:
    """An appeal, and the council's second step: half of them bring the claim back."""
    lodged = due(year) + timedelta(days=46 + pick(rng, 8))
    appeals.append(
        {
            "agency": verdict["agency"],
            "indicator": verdict["indicator"],
            "grounds": GROUNDS[pick(rng, len(GROUNDS))],
            "submitted_on": lodged.isoformat(),
        }
    )
    won = rng.random() < 0.5
    cells = dict.fromkeys(("a", "b", "option", "points"), "") if won else {}
    verdicts.append(
        verdict
        | cells
        | {
            "step": "2",
            "stage": "appeal",
            "reason": "chap-nhan-phuc-tra" if won else "giu-nguyen",
            "note": "",
            "decided_by": COUNCIL,
            "decided_on": (lodged + timedelta(days=3 + pick(rng, 5))).isoformat(),
        }
    )


def documents(told: list[Told], places: Places, year: str, group: str, seed: int, verdicts: list[Row]) -> list[Row]:
    """evidence.csv: one row per document that a claim cites."""
    rng = Random(f"{seed}/{year}/{group}/evidence")
    last = {(v["agency"], v["indicator"]): v["reason"] for v in verdicts}
    first = date(int(year), 1, 4)
    found = []
    for one in told:
        if one.row["source"] != "reported" or one.missing:
            continue
        agency, code = one.claim["agency"], one.row["code"]
        wanted = rng.random() < (0.12 if group == "communes" else 0.6)
        if not wanted or last.get((agency, code)) == "thieu-minh-chung":
            continue
        kind = known("evidence")[known("rows")[one.row["key"]]["evidence"]]
        name = places.register[agency]["name_vi"]
        office = name if group == "departments" else f"UBND {name[0].lower()}{name[1:]}"
        subject = one.row["name_vi"]
        decided = last.get((agency, code))
        good = decided is not None and decided not in ("minh-chung-yeu", "ngoai-ky", "sai-don-vi")
        found.append(
            {
                "agency": agency,
                "indicator": code,
                "no": "1",
                "number": f"{1 + pick(rng, 980)}/{kind['number']}-{sign(name, group)}",
                "title": f"{kind['title']} {subject[0].lower()}{subject[1:]}",
                "issued_on": (first + timedelta(days=pick(rng, 355))).isoformat(),
                "issuer": office,
                "file": "",
                "sha256": "",
                "verdict": "pending" if decided is None else "accepted" if good else "rejected",
                "note": "",
            }
        )
    return found


def sign(name: str, group: str) -> str:
    """The letters after the number of a document: STTTT, UBND."""
    if group != "departments":
        return "UBND"
    return "".join(word[0].upper() for word in slug(name.removesuffix(" tỉnh")).split("-"))
