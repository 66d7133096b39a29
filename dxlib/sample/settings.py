"""index.toml of one year and group: the made-up decision, its calendar, its policies and classes."""

from __future__ import annotations

from datetime import timedelta

from .claims import due
from .sets import DECIMALS, YEARS, total

TITLES = {
    "departments": ("các sở, ban, ngành tỉnh Giả Định", "departments of Giả Định Province"),
    "districts": ("Ủy ban nhân dân cấp huyện, tỉnh Giả Định", "districts of Giả Định Province"),
    "communes": ("Ủy ban nhân dân cấp xã, tỉnh Giả Định", "communes of Giả Định Province"),
    "province": ("tỉnh Giả Định theo bộ chỉ số cấp tỉnh", "Giả Định Province under the provincial index"),
}
DECISIONS = {
    "2022": ("2918/QĐ-UBND", "2022-12-12"),
    "2023": ("2746/QĐ-UBND", "2023-11-20"),
    "2024": ("3012/QĐ-UBND", "2024-11-18"),
    "2025": ("1907/QĐ-UBND", "2025-10-27"),
}
POLICIES: dict[tuple[str, str], dict[str, str]] = {
    ("departments", "2022"): {"rank_on": "published", "rounding": "end"},
    ("departments", "2023"): {"missing": "zero", "points_decimals": "2"},
    ("departments", "2024"): {"half": "even", "points_decimals": DECIMALS["departments", "2024"]},
    ("districts", "2022"): {"rounding": "every-level", "rank_on": "published"},
    ("districts", "2023"): {"not_applicable": "within-parent", "missing": "within-parent"},
    ("districts", "2024"): {"not_applicable": "full"},
    ("communes", "2023"): {"rank_on": "published"},
    ("communes", "2024"): {"not_applicable": "within-parent"},
    ("communes", "2025"): {"missing": "zero", "min_coverage": "0.5"},
}
PERCENT = (  # strict lower bounds: more than 75% is the highest
    ("Dẫn dắt", "Leading", "0.75", False),
    ("Nâng cao", "Advanced", "0.5", False),
    ("Hình thành", "Forming", "0.25", False),
    ("Khởi động", "Starting", "0", True),
)
GRADES = (
    ("Xuất sắc", "Excellent", "0.85", True),
    ("Tốt", "Good", "0.7", True),
    ("Khá", "Fair", "0.6", True),
    ("Trung bình", "Average", "0.45", True),
    ("Yếu", "Weak", "0", True),
)


def index_toml(year: str, group: str) -> str:
    """The text of index.toml."""
    vi, en = TITLES[group]
    decision, day = DECISIONS[year]
    policies = {"aggregate": "arithmetic", "not_applicable": "exclude", "missing": "zero"}
    policies |= {"zero_over_zero": "exempt" if group == "communes" else "error"}
    policies |= POLICIES.get((group, year), {})
    lines = [
        f'year = "{year}"',
        f'group = "{group}"',
        f'title.vi = "Bộ chỉ số đánh giá chuyển đổi số {vi} năm {year}"',
        f'title.en = "Digital transformation index of the {en}, {year}"'.replace("the Giả", "Giả"),
        f'decision = "{decision}"',
        f"decision_date = {day}",
        f"period_from = {year}-01-01",
        f"period_to = {year}-12-31",
        f"total = {total(group, year)}",
        'licence = "CC BY 4.0"',
        "sample = true",
        "",
        *(f"{key} = {value if value[0].isdigit() else chr(34) + value + chr(34)}" for key, value in policies.items()),
        "",
    ]
    classes = PERCENT if group in ("departments", "province") else GRADES
    for name_vi, name_en, cut, closed in classes:
        lines += [
            "[[class]]",
            f'name.vi = "{name_vi}"',
            f'name.en = "{name_en}"',
            f"cut = {cut}",
            f"includes_cut = {str(closed).lower()}",
            "",
        ]
    start = due(year)
    days = {"claims_due": 0, "verify_from": 4, "verify_to": 45, "appeals_until": 55, "publish_on": 75}
    lines += ["[calendar]", *(f"{key} = {(start + timedelta(days=n)).isoformat()}" for key, n in days.items())]
    lines += ["", "[sensitivity]", "half_width = 0.2", "draws = 2000", f"seed = {year}1231", ""]
    if year != YEARS[0]:  # row 0.1 of every set: the population, or the staff
        lines += ["[comparison]", "min_matched = 0.6", 'size = "0.1"', ""]
    return "\n".join(lines)
