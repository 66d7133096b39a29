"""The ledger of a year and group: claims, exemptions, verdicts, appeals, evidence."""

from __future__ import annotations

from fractions import Fraction

from .answers import Cell, cell, explanation, rule_of, self_score
from .chance import Chance
from .province import WITHOUT_PROCEDURES, Unit
from .sets import Row

Table = list[dict[str, str]]
REASONS = {
    "no-evidence": ("Không có tài liệu kiểm chứng", "No evidence"), "thin-evidence": ("Tài liệu kiểm chứng chưa đủ", "Evidence is not enough"),
    "outside-year": ("Tài liệu ngoài năm đánh giá", "Evidence from outside the year"), "other-issuer": ("Tài liệu không do cơ quan ban hành", "Issued by another agency"),
    "wrong-count": ("Đếm sai số lượng", "Counted wrongly"), "wrong-base": ("Sai mẫu số", "Wrong denominator"),
    "double-count": ("Tính trùng", "Counted twice"), "system-differs": ("Khác số liệu trên hệ thống", "Differs from the system's figure"),
    "wrong-option": ("Chọn sai phương án", "Wrong option"), "half-only": ("Chỉ công nhận một phần điểm", "Only part of the points"),
    "understated": ("Cơ quan tự chấm thấp hơn thực tế", "The agency understated itself"), "appeal-upheld": ("Chấp nhận phúc tra", "Appeal upheld"),
    "appeal-partly": ("Chấp nhận một phần phúc tra", "Appeal upheld in part"), "appeal-rejected": ("Không chấp nhận phúc tra", "Appeal rejected"),
}  # fmt: skip
NO_PROCEDURES = "Không có thủ tục hành chính thuộc thẩm quyền giải quyết"
NO_FARMS = "Phường không có hộ sản xuất nông nghiệp"
CUTS = {"option": ("wrong-option", "no-evidence"), "a": ("wrong-count", "system-differs", "double-count", "thin-evidence", "outside-year")}


def exemptions(rows: list[Row], units: list[Unit]) -> Table:
    """Rows that cannot apply to some agencies."""
    found: Table = []
    services = [r for r in rows if r.rule and ("hồ sơ" in r.cells["name_vi"] or "dịch vụ công" in r.cells["name_vi"])]
    farms = [r for r in rows if r.rule and "nông nghiệp" in r.cells["name_vi"]]
    for unit in units:
        if unit.id in WITHOUT_PROCEDURES:
            found += [exempt(unit, row, NO_PROCEDURES) for row in services]
        if unit.id.startswith("phuong-") and unit.group == "communes" and unit.size % 2:
            found += [exempt(unit, row, NO_FARMS) for row in farms]
    return found


def exempt(unit: Unit, row: Row, reason: str) -> dict[str, str]:
    return {"agency": unit.id, "indicator": row.code, "reason": reason, "decided_by": "Ban Chỉ đạo chuyển đổi số tỉnh"}


def cells(rows: list[Row], units: list[Unit], exempted: Table, chance: Chance) -> list[Cell]:
    """Every agency's answer to every row that applies; the last but one agency answers as its neighbour does, so that ranks tie."""
    leaves = [(row, rule_of(row), chance.share()) for row in rows if row.rule]
    skip = {(e["agency"], e["indicator"]) for e in exempted}
    found: list[Cell] = []
    for k, unit in enumerate(units):
        twin = k == len(units) - 2 and len(units) > 30
        before = {c.row.code: c for c in found[-len(leaves) :]} if twin else {}
        for row, rule, hardness in leaves:
            if (unit.id, row.code) in skip:
                continue
            copy = before.get(row.code)
            found.append(Cell(row, unit, copy.true, copy.claimed) if copy and copy.unit is units[k - 1] else cell(row, rule, unit, hardness, chance))
    return found


def claims(found: list[Cell], year: str, chance: Chance) -> Table:
    table: Table = []
    for c in found:
        if c.claimed is None:
            continue
        reported = c.row.cells["source"] == "reported"
        day = chance.between(1, 20) if chance.happens(0.97) else chance.between(21, 28)
        table.append({
            "agency": c.unit.id, "indicator": c.row.code, "a": c.claimed.a, "b": c.claimed.b, "option": c.claimed.option,
            "points": self_score(c.row, c.claimed, chance) if reported or c.row.rule == "points" else "",
            "explanation": explanation(year, chance) if reported and chance.happens(0.3) else "",
            "submitted_on": f"{year}-12-{day:02}", "submitted_by": "cán bộ đầu mối" if reported else "cơ quan thường trực",
        })  # fmt: skip
    return table


def verdicts(found: list[Cell], year: str, share_done: float, chance: Chance) -> tuple[Table, Table]:
    """(verdicts, appeals). With share_done below 1 some agencies wait, and one is half-way."""
    table: Table = []
    appeals: Table = []
    following = int(year) + 1
    units = list(dict.fromkeys(c.unit.id for c in found))
    done = set(units[: int(len(units) * share_done)]) if share_done < 1 else set(units)
    halfway = units[len(done)] if len(done) < len(units) else ""
    for c in found:
        if c.claimed is None or c.row.cells["source"] != "reported":
            continue
        if c.unit.id not in done and not (c.unit.id == halfway and chance.happens(0.5)):
            continue
        step = decide(c, following, chance)
        table.append(step)
        lowered = step["reason"] not in ("", "understated")
        if lowered and chance.happens(0.12):
            appeals.append({"agency": c.unit.id, "indicator": c.row.code, "grounds": grounds(chance), "submitted_on": f"{following}-02-{chance.between(3, 14):02}"})
            table.append(appeal(c, step, following, chance))
    return table, appeals


def decide(c: Cell, following: int, chance: Chance) -> dict[str, str]:
    """The verifier's decision: accepted as claimed, or what is true."""
    verdict = {"agency": c.unit.id, "indicator": c.row.code, "step": "1", "stage": "verify", "a": "", "b": "", "option": "", "points": "", "reason": "",
               "note": "", "decided_by": f"tổ thẩm tra {chance.between(1, 3)}", "decided_on": f"{following}-01-{chance.between(5, 30):02}"}  # fmt: skip
    assert c.claimed is not None
    if (c.true.a, c.true.b, c.true.option) != (c.claimed.a, c.claimed.b, c.claimed.option):
        verdict |= {"a": c.true.a, "b": c.true.b, "option": c.true.option}
        shares = (c.claimed.share or Fraction(0), c.true.share or Fraction(0))
        verdict["reason"] = "understated" if shares[1] > shares[0] else chance.one_of(CUTS["option" if c.true.option else "a"])
    elif c.true.share and c.row.rule == "yes_no" and chance.happens(0.02):
        half = Fraction(c.row.cells["max_points"]) / 2
        verdict |= {"points": f"{float(half):g}", "reason": "half-only"}
    return verdict


def appeal(c: Cell, first: dict[str, str], following: int, chance: Chance) -> dict[str, str]:
    """The council's decision on an appeal: upheld (as claimed) or rejected (as the first verdict)."""
    upheld = chance.happens(0.45)
    decided = {**first, "step": "2", "stage": "appeal", "decided_by": "hội đồng thẩm định", "decided_on": f"{following}-02-{chance.between(18, 27):02}"}
    if upheld:
        return decided | {"a": "", "b": "", "option": "", "points": "", "reason": "appeal-upheld"}
    return decided | {"reason": "appeal-rejected"}


def grounds(chance: Chance) -> str:
    return chance.one_of([
        "Đề nghị xem lại, đơn vị đã gửi bổ sung biên bản.", "Số liệu trên hệ thống chưa cập nhật tháng cuối năm.",
        "Văn bản ban hành trong năm đánh giá, ngày ký ghi nhầm.", "Danh sách gửi kèm thể hiện đủ số lượng đã báo cáo.",
    ])  # fmt: skip


def evidence(found: list[Cell], year: str, chance: Chance) -> Table:
    """Documents cited for the rows that ask for documents."""
    table: Table = []
    for c in found:
        shape = c.row.rule.split("(")[0]
        if c.claimed is None or c.row.cells["source"] != "reported" or shape not in ("yes_no", "options", "parts", "steps"):
            continue
        if c.claimed.option in ("no", "none") or chance.happens(0.12):
            continue
        kind = chance.one_of(["Kế hoạch", "Quyết định", "Công văn", "Báo cáo", "Biên bản"])
        table.append({
            "agency": c.unit.id, "indicator": c.row.code, "no": "1", "number": f"{chance.between(10, 900)}/{year[2:]}-GĐ",
            "title": f"{kind} về {c.row.cells['name_vi'][0].lower()}{c.row.cells['name_vi'][1:]}", "issued_on": f"{year}-{chance.between(1, 12):02}-{chance.between(1, 28):02}",
            "issuer": c.unit.name_vi, "verdict": "accepted" if c.true.option == c.claimed.option else "rejected",
        })  # fmt: skip
    return table
