"""What agencies answer: a true state, a claim that may overstate or understate it, or no claim at all."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..rules import GroupRule, Options, Parts, Rule, parse_rule
from .chance import Chance
from .province import Unit
from .sets import Row

EXPLANATIONS = [
    "Số liệu tổng hợp đến hết {day}; đã rà soát với {who}.", "Thực hiện theo kế hoạch năm {year}, có báo cáo kèm theo.",
    "Một phần số liệu do {who} cung cấp.", "Kết quả cao hơn năm trước nhờ {why}.", "Chưa đạt do {hindrance}.",
    "Đã đối chiếu với hệ thống theo dõi, chênh lệch không đáng kể.", "Tài liệu kiểm chứng gửi kèm, bản gốc lưu tại {who}.",
]  # fmt: skip
WHO = ["bộ phận văn phòng", "bộ phận một cửa", "cán bộ phụ trách công nghệ thông tin", "phòng chuyên môn", "đơn vị trực thuộc"]
WHY = ["bố trí thêm máy tính", "tập huấn nhiều đợt", "đưa chỉ tiêu vào thi đua", "Tổ công nghệ số hỗ trợ người dân"]
HINDRANCE = ["kinh phí cấp muộn", "thiếu cán bộ chuyên trách", "hạ tầng chưa đồng bộ", "người dân chưa quen sử dụng"]
DAYS = ["tháng 11", "ngày 15 tháng 12", "quý IV"]


@dataclass(frozen=True)
class Answer:
    """One answer: a, b and option as text; `share` of the maximum by the rule, None for rules over the group."""

    a: str = ""
    b: str = ""
    option: str = ""
    points: str = ""
    share: Fraction | None = None


def rule_of(row: Row) -> Rule:
    maximum = Fraction(row.cells["max_points"] or "1")
    return parse_rule(row.rule, maximum, -1 if row.cells["direction"] == "-1" else 1)


def answer(row: Row, rule: Rule, level: float, size: int) -> Answer:
    """The answer of an agency whose state on this row is `level` (0 to 1)."""
    level = min(max(level, 0.0), 1.0)
    if isinstance(rule, Options):
        return chosen(rule, level)
    if rule.name == "points":
        tenths = int(level * float(row.cells["max_points"]) * 10)
        return Answer(points=f"{tenths // 10}.{tenths % 10}", share=Fraction(tenths, 10) / Fraction(row.cells["max_points"]))
    a, b = figures(row, rule, level, size)
    value = Fraction(a) / Fraction(b) if b else Fraction(a)
    share = None if isinstance(rule, GroupRule) or rule.role != "score" else rule.exact([value])[0]
    return Answer(a, b, share=share)


def chosen(rule: Options, level: float) -> Answer:
    if isinstance(rule, Parts):
        met = [name for i, (name, _) in enumerate(rule.shares) if level > 0.35 + 0.25 * i]
        option = ";".join(met) or "none"
    else:
        ranked = sorted(rule.shares, key=lambda pair: -pair[1])
        option = ranked[min(int((1.0 - level) * (len(ranked) + 0.6)), len(ranked) - 1)][0]
    return Answer(option=option, share=rule.value(option))


def figures(row: Row, rule: Rule, level: float, size: int) -> tuple[str, str]:
    """a and b for rules that take numbers."""
    good = level if rule.direction == 1 else 1.0 - level
    if row.cells["b_vi"]:
        b = size * 3 + 17
        top = float(getattr(rule, "threshold", 1)) * 1.05 if rule.name == "target" else 1.0
        if rule.name in ("relative", "minmax"):
            b, top = size, 40.0
        return str(int(b * top * good)), str(b)
    if rule.name == "count":
        return str(int(level * float(rule.cap / rule.each) + 0.999)), ""
    if rule.name == "steps":
        most = max(int(step[0]) for step in rule.steps)
        return str(int(good * (most + 1))), ""
    if rule.name == "goalposts":
        return str(int(float(rule.lo) + level * float(rule.hi - rule.lo)) or 1), ""
    if rule.role in ("bonus", "penalty"):
        return str(int(max(level - 0.55, 0.0) * 6) if rule.role == "bonus" else int(max(0.6 - level, 0.0) * 6)), ""
    return str(int(level * size * 5) + 1), ""


def explanation(year: str, chance: Chance) -> str:
    return chance.one_of(EXPLANATIONS).format(
        year=year, day=chance.one_of(DAYS), who=chance.one_of(WHO), why=chance.one_of(WHY), hindrance=chance.one_of(HINDRANCE)
    )


def self_score(row: Row, claimed: Answer, chance: Chance) -> str:
    """The agency's own sum: nearly always what the rule gives, now and then miscounted."""
    if row.rule == "points" or claimed.share is None:
        return claimed.points
    points = claimed.share * Fraction(row.cells["max_points"])
    if chance.happens(0.02):
        points = min(points + Fraction(1, 2), Fraction(row.cells["max_points"]))
    hundredths = int(points * 100 + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Cell:
    """One cell of the ledger: what is true, what was claimed (None: nothing)."""

    row: Row
    unit: Unit
    true: Answer
    claimed: Answer | None


def cell(row: Row, rule: Rule, unit: Unit, hardness: float, chance: Chance) -> Cell:
    """The true state and the claim of one agency on one row."""
    level = unit.level + chance.around(0.12 - 0.3 * hardness, 0.11)
    true = answer(row, rule, level, unit.size)
    if chance.happens(0.03):
        return Cell(row, unit, true, None)
    if row.cells["source"] != "reported":
        return Cell(row, unit, true, true)
    lift = unit.inflation * 6 * chance.share() if chance.happens(0.22) else -0.15 if chance.happens(0.04) else 0.0
    return Cell(row, unit, true, answer(row, rule, level + lift, unit.size))
