"""Who lives in the made-up province: departments, districts, communes, and what became of them.

The province does not exist; "Giả Định" means "assumed". Departments carry the names all provinces use; districts
and communes are named by syllables that no real list puts together in this way.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from .chance import Chance

PROVINCE = "tinh-gia-dinh"
YEARS = ("2022", "2023", "2024", "2025")
FIRST = "An Bình Đông Hòa Long Mỹ Phú Tân Thanh Thuận Trung Vĩnh Hưng Lộc Quang Xuân Hải Minh Nghĩa Sơn".split()
SECOND = "Mây Sao Trăng Suối Nắng Gió Đồi Cát Sen Trúc Tùng Lam Quế Nhạn Hạc Cò Sậy Bưởi Dừa Khế".split()
THIRD = "Thượng Hạ Đông Tây Nam Bắc Nội Ngoại Trong Giữa Cả Nhất Nhì Ba Tư Năm Sáu Bảy Tám Chín Mười Mới Cũ Lớn Bé Xa Gần".split()

DEPARTMENTS = {
    "van-phong-ubnd": ("Văn phòng Ủy ban nhân dân tỉnh", "Office of the Provincial People's Committee"),
    "so-noi-vu": ("Sở Nội vụ", "Department of Home Affairs"),
    "so-tu-phap": ("Sở Tư pháp", "Department of Justice"),
    "so-tai-chinh": ("Sở Tài chính", "Department of Finance"),
    "so-ke-hoach-dau-tu": ("Sở Kế hoạch và Đầu tư", "Department of Planning and Investment"),
    "so-cong-thuong": ("Sở Công Thương", "Department of Industry and Trade"),
    "so-nong-nghiep": ("Sở Nông nghiệp và Phát triển nông thôn", "Department of Agriculture and Rural Development"),
    "so-giao-thong": ("Sở Giao thông vận tải", "Department of Transport"),
    "so-xay-dung": ("Sở Xây dựng", "Department of Construction"),
    "so-tai-nguyen": ("Sở Tài nguyên và Môi trường", "Department of Natural Resources and Environment"),
    "so-thong-tin-truyen-thong": ("Sở Thông tin và Truyền thông", "Department of Information and Communications"),
    "so-lao-dong": ("Sở Lao động - Thương binh và Xã hội", "Department of Labour, Invalids and Social Affairs"),
    "so-van-hoa": ("Sở Văn hóa, Thể thao và Du lịch", "Department of Culture, Sports and Tourism"),
    "so-khoa-hoc-cong-nghe": ("Sở Khoa học và Công nghệ", "Department of Science and Technology"),
    "so-giao-duc": ("Sở Giáo dục và Đào tạo", "Department of Education and Training"),
    "so-y-te": ("Sở Y tế", "Department of Health"),
    "thanh-tra": ("Thanh tra tỉnh", "Provincial Inspectorate"),
    "ban-dan-toc": ("Ban Dân tộc", "Committee for Ethnic Affairs"),
    "ban-khu-cong-nghiep": ("Ban Quản lý các khu công nghiệp", "Management Board of Industrial Zones"),
    "ban-du-an": ("Ban Quản lý dự án đầu tư xây dựng", "Construction Investment Project Management Board"),
}
WITHOUT_PROCEDURES = ("van-phong-ubnd", "thanh-tra", "ban-dan-toc", "ban-du-an")
REORGANISED = {  # new unit of 2025: (names, units it took over)
    "so-tai-chinh-2025": (DEPARTMENTS["so-tai-chinh"], ("so-tai-chinh", "so-ke-hoach-dau-tu")),
    "so-xay-dung-2025": (DEPARTMENTS["so-xay-dung"], ("so-xay-dung", "so-giao-thong")),
    "so-nong-nghiep-moi-truong": (("Sở Nông nghiệp và Môi trường", "Department of Agriculture and Environment"), ("so-nong-nghiep", "so-tai-nguyen")),
    "so-noi-vu-2025": (DEPARTMENTS["so-noi-vu"], ("so-noi-vu", "so-lao-dong")),
    "so-khoa-hoc-cong-nghe-2025": (DEPARTMENTS["so-khoa-hoc-cong-nghe"], ("so-khoa-hoc-cong-nghe", "so-thong-tin-truyen-thong")),
    "so-dan-toc-ton-giao": (("Sở Dân tộc và Tôn giáo", "Department of Ethnic and Religious Affairs"), ("ban-dan-toc",)),
}
DISTRICTS = [
    ("Thành phố", "Giả Định"), ("Thị xã", "Bến Sao"), ("Huyện", "Đồi Trúc"), ("Huyện", "Suối Lam"),
    ("Huyện", "Cù Lao Hạc"), ("Huyện", "Rừng Quế"), ("Huyện", "Gò Nắng"), ("Huyện", "Vàm Sậy"),
]  # fmt: skip


@dataclass
class Unit:
    """One agency: its id, names, ranking list, level of digital maturity, and where it came from."""

    id: str
    name_vi: str
    name_en: str
    group: str
    scope: str = ""
    level: float = 0.5
    inflation: float = 0.05
    size: int = 100
    came_from: tuple[str, ...] = field(default=())


def slug(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return "-".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def character(unit: Unit, chance: Chance) -> Unit:
    """Give a unit its maturity, its habit of overstating, and its size."""
    unit.level = min(max(chance.around(0.62, 0.13), 0.2), 0.95)
    unit.inflation = max(chance.around(0.04, 0.05), 0.0)
    unit.size = chance.between(20, 160)
    return unit


def commune_names(n: int) -> list[str]:
    """n names, all different."""
    pairs = [f"{a} {b}" for b in SECOND for a in FIRST]
    longer = [f"{pair} {c}" for c in THIRD for pair in pairs]
    return (pairs + longer)[:n]


def merged(parts: list[Unit], id: str, name_vi: str, name_en: str, scope: str) -> Unit:
    """A new unit made of earlier ones."""
    n = len(parts)
    return Unit(id, name_vi, name_en, parts[0].group, scope, sum(p.level for p in parts) / n,
                sum(p.inflation for p in parts) / n, sum(p.size for p in parts), tuple(p.id for p in parts))  # fmt: skip


def departments(chance: Chance) -> dict[str, list[Unit]]:
    old = [character(Unit(id, vi, en, "departments"), chance) for id, (vi, en) in DEPARTMENTS.items()]
    known = {unit.id: unit for unit in old}
    gone = {id for _, parts in REORGANISED.values() for id in parts}
    new = [merged([known[id] for id in parts], id, vi, en, "") for id, ((vi, en), parts) in REORGANISED.items()]
    late = [unit for unit in old if unit.id not in gone] + new
    return {"2022": old, "2023": old, "2024": old, "2025": late}


def districts(chance: Chance) -> dict[str, list[Unit]]:
    kinds = {"Thành phố": "City", "Thị xã": "Town", "Huyện": "District"}
    units = [character(Unit(slug(f"{kind} {name}"), f"{kind} {name}", f"{name} {kinds[kind]}", "districts"), chance) for kind, name in DISTRICTS]
    return {year: units for year in YEARS[:3]}


def communes(n: int, chance: Chance) -> dict[str, list[Unit]]:
    """n communes; a few merge for 2024; for 2025 they become a third as many and the districts end."""
    names = commune_names(n + n // 3 + n // 21 + 2)
    homes = [f"{kind} {name}" for kind, name in DISTRICTS]
    old = []
    for i, name in enumerate(names[:n]):
        home = homes[i * len(homes) // n]
        kind, english = ("Phường", "Ward") if home.startswith("Th") and i % 2 else ("Thị trấn", "Township") if i % 18 == 17 else ("Xã", "Commune")
        old.append(character(Unit(slug(f"{kind} {name}"), f"{kind} {name}", f"{name} {english}", "communes", home), chance))
    middle, spare = [], iter(names[n:])
    joins = {round((k + 1) * n / (n // 21 + 1)) for k in range(n // 21)} if n >= 21 else set()
    i = 0
    while i < n:
        if i in joins and i + 1 < n and old[i].scope == old[i + 1].scope:
            name = next(spare)
            middle.append(merged(old[i : i + 2], slug(f"xã {name}"), f"Xã {name}", f"{name} Commune", old[i].scope))
            i += 2
        else:
            middle.append(old[i])
            i += 1
    late = []
    for k in range(max(len(middle) // 3, 1)):
        count = max(len(middle) // 3, 1)
        parts = middle[k * len(middle) // count : (k + 1) * len(middle) // count]
        name, kind, english = next(spare), *(("phường", "Ward") if k % 4 == 0 else ("xã", "Commune"))
        late.append(merged(parts, slug(f"{kind} {name}"), f"{kind.capitalize()} {name}", f"{name} {english}", ""))
    wide = [Unit(**{**vars(u), "scope": ""}) for u in middle]
    everywhere = [Unit(**{**vars(u), "scope": ""}) for u in old]
    return {"2022": old, "2023": everywhere, "2024": wide, "2025": late}


def register(groups: dict[str, dict[str, list[Unit]]]) -> list[dict[str, str]]:
    """Every unit that ever was, with its validity."""
    rows: dict[str, dict[str, str]] = {}
    for group, years in groups.items():
        for year, units in years.items():
            for unit in units:
                rows.setdefault(unit.id, {
                    "agency": unit.id, "name_vi": unit.name_vi, "name_en": unit.name_en, "level": group.removesuffix("s"),
                    "valid_from": starts(year), "valid_to": "",
                })  # fmt: skip
        for before, after in zip(YEARS, YEARS[1:], strict=False):
            stay = {unit.id for unit in years.get(after, [])}
            for unit in years.get(before, []):
                if unit.id not in stay:
                    rows[unit.id]["valid_to"] = ends(after)
    return list(rows.values())


def starts(year: str) -> str:
    return {"2022": "2004-01-01", "2023": "2004-01-01", "2024": "2024-01-01", "2025": "2025-07-01"}[year]


def ends(year: str) -> str:
    return {"2024": "2023-12-31", "2025": "2025-06-30"}[year]


def lineage(groups: dict[str, dict[str, list[Unit]]]) -> list[dict[str, str]]:
    """Mergers, and the abolition of the districts."""
    rows = []
    seen: set[str] = set()
    for years in groups.values():
        for year in YEARS[1:]:
            for unit in years.get(year, []):
                if unit.came_from and unit.id not in seen:
                    seen.add(unit.id)
                    kind = "merge" if len(unit.came_from) > 1 else "rename"
                    rows += [{"event": f"{year}-{unit.id}", "date": starts(year), "type": kind, "from": old, "to": unit.id, "share": "1",
                              "share_basis": "population", "act": "Nghị quyết mẫu"} for old in unit.came_from]  # fmt: skip
    rows += [{"event": "2025-districts", "date": "2025-07-01", "type": "abolish", "from": unit.id, "to": "", "share": "", "share_basis": "",
              "act": "Nghị quyết mẫu"} for unit in groups["districts"]["2024"]]  # fmt: skip
    return rows
