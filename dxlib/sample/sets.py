"""The index sets: rows of the catalogue become indicators, choices, links and index.toml of a year and group."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .province import YEARS

LETTER = {"departments": "D", "districts": "H", "communes": "X", "province": "P"}
TARGETS = {  # points of each main index; the sets of some years are on another scale
    "D": {"1": 100, "2": 100, "3": 150, "4": 150, "5": 200, "7": 300},
    "H": {"1": 100, "2": 100, "3": 100, "4": 100, "5": 100, "7": 200, "8": 150, "9": 150},
    "X": {"1": 60, "2": 60, "3": 60, "4": 60, "5": 60, "7": 100, "8": 50, "9": 50},
    "P": {"1": 100, "2": 100, "3": 100, "4": 100, "5": 100, "6": 0, "7": 200, "8": 150, "9": 150},
}
SCALE = {("departments", "2024"): (1, 2), ("departments", "2025"): (1, 2), ("communes", "2025"): (2, 5)}
PILLARS = {
    "1": ("Nhận thức số", "Digital awareness"), "2": ("Thể chế số", "Digital institutions"), "3": ("Hạ tầng số", "Digital infrastructure"),
    "4": ("Nhân lực số", "Digital human resources"), "5": ("An toàn thông tin mạng", "Cyber security"), "6": ("Đô thị thông minh", "Smart city"),
    "7": ("Hoạt động chính quyền số", "Digital government"), "8": ("Hoạt động kinh tế số", "Digital economy"),
    "9": ("Hoạt động xã hội số", "Digital society"), "T": ("Điểm thưởng, điểm trừ và thông tin chung", "Bonus, penalty and general information"),
}  # fmt: skip
BRANCHES = {
    "service": ("Cung cấp và giải quyết dịch vụ công", "Provision of public services"),
    "best": ("Khai thác dữ liệu dùng chung (lấy trường hợp có điểm cao nhất)", "Use of shared data (the case with the most points)"),
}
CHOICES = {
    "yes": ("Có", "Yes"), "no": ("Không", "No"), "none": ("Không có", "None"),
    "head": ("Người đứng đầu", "The head"), "deputy": ("Cấp phó của người đứng đầu", "A deputy"),
    "attend": ("Dự đầy đủ hội nghị do tỉnh tổ chức", "Attended all conferences of the province"), "chair": ("Tự tổ chức hội nghị", "Held one of its own"),
    "issued": ("Ban hành đúng hạn", "Issued on time"), "late": ("Ban hành chậm", "Issued late"),
    "full": ("Đầy đủ", "Fully"), "partial": ("Một phần", "In part"), "unit": ("Bộ phận chuyên trách", "A unit"), "person": ("Cán bộ chuyên trách", "An officer"),
}  # fmt: skip
UNITS = {"D": ("cơ quan", "the agency"), "H": ("huyện", "the district"), "X": ("xã", "the commune"), "P": ("tỉnh", "the province")}
TITLES = {
    "departments": ("Bộ chỉ số chuyển đổi số các sở, ban, ngành", "Digital transformation index of departments"),
    "districts": ("Bộ chỉ số chuyển đổi số cấp huyện", "Digital transformation index of districts"),
    "communes": ("Bộ chỉ số chuyển đổi số cấp xã", "Digital transformation index of communes"),
    "province": ("Bộ chỉ số chuyển đổi số cấp tỉnh: phân công chỉ số", "Provincial digital transformation index: assigned indicators"),
}
OWNERS = {
    "1": ("so-thong-tin-truyen-thong",), "2": ("so-thong-tin-truyen-thong", "so-tu-phap"), "3": ("so-thong-tin-truyen-thong",),
    "4": ("so-noi-vu", "so-giao-duc"), "5": ("so-thong-tin-truyen-thong",), "6": ("so-xay-dung",), "7": ("van-phong-ubnd", "so-thong-tin-truyen-thong"),
    "8": ("so-cong-thuong", "so-ke-hoach-dau-tu"), "9": ("so-y-te", "so-lao-dong"), "T": ("so-thong-tin-truyen-thong",),
}  # fmt: skip
SUCCESSORS = {
    "so-thong-tin-truyen-thong": "so-khoa-hoc-cong-nghe-2025", "so-noi-vu": "so-noi-vu-2025", "so-xay-dung": "so-xay-dung-2025",
    "so-ke-hoach-dau-tu": "so-tai-chinh-2025", "so-lao-dong": "so-noi-vu-2025",
}  # fmt: skip
EVIDENCE = {
    "yes_no": "Văn bản ban hành hoặc đường dẫn (số, ngày, trích yếu)", "options": "Quyết định phân công hoặc kế hoạch (số, ngày, trích yếu)",
    "parts": "Giấy mời, biên bản hội nghị", "ratio": "Báo cáo số liệu kèm danh sách", "target": "Báo cáo số liệu kèm danh sách",
    "steps": "Biên bản hoặc thông báo kết luận từng lần", "count": "Danh sách kèm đường dẫn",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row of a year's set: what indicators.csv says, and the catalogue entry (`origin`) it comes from."""

    code: str
    parent: str
    origin: str
    cells: dict[str, str]

    @property
    def rule(self) -> str:
        return self.cells["rule"]


@cache
def catalogue() -> tuple[dict[str, str], ...]:
    text = files(__package__).joinpath("rows.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def in_year(entry: dict[str, str], year: str) -> bool:
    first, _, last = (entry["years"] or "-").partition("-")
    return (not first or year >= first) and (not last or year <= last)


def allocate(total: int, parts: list[int]) -> list[int]:
    """Whole points in proportion to `parts`, summing to `total` (largest remainder)."""
    whole = sum(parts)
    points = [total * p // whole for p in parts]
    order = sorted(range(len(parts)), key=lambda i: (-(total * parts[i] % whole), i))
    for i in order[: total - sum(points)]:
        points[i] += 1
    return points


def build(group: str, year: str) -> list[Row]:
    """The rows of a set in reading order: main indexes, branches, indicators."""
    letter = LETTER[group]
    up, down = SCALE.get((group, year), (1, 1))
    entries = [e for e in catalogue() if letter in e["groups"] and in_year(e, year)]
    rows: list[Row] = []
    for number, pillar in enumerate([*TARGETS[letter], "T"], start=1):
        inside = [e for e in entries if e["pillar"] == pillar]
        if inside:
            target = TARGETS[letter].get(pillar)
            rows += main_index(str(number), pillar, inside, None if target is None else target * up // down, letter, year, group)
    return rows


def main_index(code: str, pillar: str, entries: list[dict[str, str]], target: int | None, letter: str, year: str, group: str) -> list[Row]:
    named = ("best",) + (("service",) if letter in "HP" else ())
    tops = [e for e in entries if e["branch"] not in named]
    items: list[tuple[int, object]] = [(int(e["share"]), e) for e in tops]
    for branch in named:
        below = [e for e in entries if e["branch"] == branch]
        if below:
            items.append((2 if branch == "best" else sum(int(e["share"]) for e in below), (branch, below)))
    points = allocate(target, [share for share, _ in items]) if target else [0] * len(items)
    vi, en = PILLARS[pillar]
    aggregate = "geometric" if (group, year, pillar) == ("communes", "2024", "9") else ""
    stated = "" if target is None else str(target)
    rows = [Row(code, "", f"pillar {pillar}", {"name_vi": vi, "name_en": en, "max_points": stated, "rule": "", "aggregate": aggregate})]
    for i, ((_, item), maximum) in enumerate(zip(items, points, strict=True), start=1):
        if isinstance(item, tuple):
            rows += branch_rows(f"{code}.{i}", code, item, maximum, letter, year)
        else:
            rows.append(leaf(f"{code}.{i}", code, item, maximum, letter, year))
    return rows


def branch_rows(code: str, parent: str, item: tuple, maximum: int, letter: str, year: str) -> list[Row]:
    name, below = item
    vi, en = BRANCHES[name]
    rows = [Row(code, parent, f"branch {name}", {"name_vi": vi, "name_en": en, "max_points": str(maximum), "rule": "",
                                                "aggregate": "best" if name == "best" else ""})]  # fmt: skip
    shares = [maximum] * len(below) if name == "best" else allocate(maximum, [int(e["share"]) for e in below])
    rows += [leaf(f"{code}.{k}", code, e, m, letter, year) for k, (e, m) in enumerate(zip(below, shares, strict=True), start=1)]
    return rows


def leaf(code: str, parent: str, entry: dict[str, str], maximum: int, letter: str, year: str) -> Row:
    rule, direction = rule_text(entry["rule"], maximum, letter)
    shape = rule.split("(")[0]
    vi_unit, en_unit = UNITS[letter]
    owner = OWNERS[entry["pillar"]] if letter == "P" else ()
    verifier = "" if letter == "P" or entry["source"] != "reported" else OWNERS[entry["pillar"]][0]
    after = SUCCESSORS if year == "2025" else {}
    scored = shape not in ("none", "bonus", "penalty")
    cells = {
        "name_vi": entry["name_vi"].replace("{unit}", vi_unit), "name_en": entry["name_en"].replace("{unit}", en_unit),
        "max_points": str(maximum) if scored else "", "aggregate": "", "rule": rule, "direction": direction,
        "a_vi": entry["a_vi"], "b_vi": entry["b_vi"], "evidence_vi": EVIDENCE.get(shape, "") if entry["source"] == "reported" else "",
        "owner": ";".join(after.get(o, o) for o in owner), "verifier": after.get(verifier, verifier), "source": entry["source"],
    }  # fmt: skip
    return Row(code, parent, entry["name_vi"], cells)


def rule_text(rule: str, maximum: int, letter: str) -> tuple[str, str]:
    """(rule as the contract writes it, direction)."""
    shape, _, rest = rule.partition(":") if rule.startswith("count") else (rule, "", "")
    if shape == "count":
        tenths = max(-(-maximum * 10 // int(rest)), 1)  # points each, to a tenth, so that the wished number fills the maximum
        return f"count({tenths // 10}.{tenths % 10}, {maximum})", ""
    if rule == "bonus":
        return "bonus(2, 10)" if letter == "D" else "bonus(5, 20)", ""
    if rule == "penalty":
        return "penalty(1, 5)", ""
    turned = re.match(r"(ratio|steps)-(.*)", rule)
    if turned:
        return turned.group(1) + turned.group(2), "-1"
    if letter == "D" and rule.startswith("steps(1:1/4") and maximum % 4 == 0:
        return f"steps(1:{maximum // 4}p, 2:{maximum // 2}p, 3:{3 * maximum // 4}p, 4:{maximum}p)", ""
    return rule, ""


def choices(rows: list[Row]) -> list[dict[str, str]]:
    """The wording of every option and part."""
    found = []
    for row in rows:
        names = re.findall(r"([a-z]+):", row.rule) if row.rule.startswith(("options", "parts")) else []
        names = ["yes", "no"] if row.rule == "yes_no" else names
        found += [{"indicator": row.code, "name": n, "name_vi": CHOICES[n][0], "name_en": CHOICES[n][1]} for n in names]
    return found


def links(group: str, year: str, rows: list[Row]) -> list[dict[str, str]]:
    """Which rows continue which of the year before: by what they ask, never by their code."""
    if year == YEARS[0]:
        return []
    before = str(int(year) - 1)
    earlier = {row.origin: row for row in build(group, before)}
    found = []
    for row in rows:
        old = earlier.get(row.origin)
        if old is None or not row.rule:
            continue
        maxima = old.cells["max_points"], row.cells["max_points"]
        same_rule = old.rule == row.rule or row.rule.startswith(("count", "steps(1:"))
        kind = "redefined" if not same_rule else "same" if maxima[0] == maxima[1] else "rescaled"
        factor = "" if kind != "rescaled" else ratio_text(int(maxima[1]), int(maxima[0]))
        if kind == "rescaled" and not factor:
            continue
        found.append({"code": row.code, "from_year": before, "from_group": group, "from_code": old.code, "kind": kind, "factor": factor})
    return found


def ratio_text(new: int, old: int) -> str:
    """new/old as decimal text where it ends within six places, else empty."""
    scaled, rest = divmod(new * 10**6, old)
    return "" if rest else f"{scaled / 10**6:g}"


def index_toml(group: str, year: str, total: int) -> str:
    vi, en = TITLES[group]
    following = int(year) + 1
    number = 1000 + 37 * int(year[2:]) + 11 * list(LETTER).index(group)
    lines = [
        f'year = {year}', f'group = "{group}"', 'sample = true', f'decision = "{number}/QĐ-UBND (mẫu)"', f"decision_date = {year}-11-{10 + list(LETTER).index(group)}",
        f"period_from = {year}-01-01", f"period_to = {year}-12-31", f"total = {total}", 'licence = "CC BY 4.0"', *POLICIES[group](year), "",
        "[title]", f'vi = "{vi} tỉnh Giả Định"', f'en = "{en}, Giả Định province"', "",
        "[calendar]", f"claims_due = {year}-12-20", f"verify_from = {year}-12-21", f"verify_to = {following}-01-31",
        f"appeals_until = {following}-02-15", f"publish_on = {following}-03-15", "",
        "[sensitivity]", "half_width = 0.2", "draws = 2000", f"seed = {year}{list(LETTER).index(group)}",
    ]  # fmt: skip
    for name_vi, name_en, cut, includes in CLASSES[group]:
        lines += ["", "[[class]]", f'name = {{vi = "{name_vi}", en = "{name_en}"}}', f"cut = {cut}", f"includes_cut = {includes}"]
    return "\n".join(lines) + "\n"


POLICIES = {
    "departments": lambda year: ['not_applicable = "exclude"', "min_coverage = 0.5"],
    "districts": lambda year: ['not_applicable = "within-parent"', *(['rounding = "every-level"'] if year == "2023" else [])],
    "communes": lambda year: ['rank_on = "published"', 'not_applicable = "within-parent"', *(['missing = "within-parent"'] if year == "2022" else [])],
    "province": lambda year: [],
}
LEVELS = [("Dẫn dắt", "Leading", 0.75), ("Nâng cao", "Advanced", 0.5), ("Hình thành", "Forming", 0.25), ("Khởi động", "Starting", 0)]
GRADES = [("Tốt", "Very good", 0.8), ("Khá", "Good", 0.65), ("Trung bình", "Fair", 0.5), ("Yếu", "Weak", 0)]
STRICT = [(vi, en, cut, "false" if cut else "true") for vi, en, cut in LEVELS]
INCLUSIVE = [(vi, en, cut, "true") for vi, en, cut in GRADES]
CLASSES = {"departments": STRICT, "districts": STRICT, "communes": INCLUSIVE, "province": STRICT}
