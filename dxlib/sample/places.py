"""Who there was in the made-up province: agencies, districts, communes, and what became of them 2022-2025."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from .names import DISTRICTS, KINDS, pick, place_names, slug
from .sets import YEARS

Row = dict[str, str]
ACT_2023 = "Nghị quyết số 01/NQ-GĐ ngày 15/3/2023 (số liệu mẫu)"
ACT_2024 = "Nghị quyết số 06/NQ-GĐ ngày 10/12/2023 (số liệu mẫu)"
ACT_DEPARTMENTS = "Nghị quyết số 02/NQ-GĐ ngày 18/02/2025 (số liệu mẫu)"
ACT_COMMUNES = "Nghị quyết số 09/NQ-GĐ ngày 16/6/2025 (số liệu mẫu)"

# id, Vietnamese, English, handles administrative procedures, successors from 01/03/2025
DEPARTMENTS = (
    ("vp-ubnd", "Văn phòng Ủy ban nhân dân tỉnh", "Office of the People's Committee", False, ""),
    ("so-noi-vu", "Sở Nội vụ", "Department of Home Affairs", True, "so-noi-vu-2025"),
    ("so-tu-phap", "Sở Tư pháp", "Department of Justice", True, ""),
    ("so-tai-chinh", "Sở Tài chính", "Department of Finance", True, "so-tai-chinh-2025"),
    ("so-ke-hoach", "Sở Kế hoạch và Đầu tư", "Department of Planning and Investment", True, "so-tai-chinh-2025"),
    ("so-cong-thuong", "Sở Công Thương", "Department of Industry and Trade", True, ""),
    ("so-nong-nghiep", "Sở Nông nghiệp và Phát triển nông thôn", "Department of Agriculture", True, "so-nnmt"),
    ("so-giao-thong", "Sở Giao thông vận tải", "Department of Transport", True, "so-xay-dung-2025"),
    ("so-xay-dung", "Sở Xây dựng", "Department of Construction", True, "so-xay-dung-2025"),
    ("so-tai-nguyen", "Sở Tài nguyên và Môi trường", "Department of Natural Resources", True, "so-nnmt"),
    ("so-tttt", "Sở Thông tin và Truyền thông", "Department of Information and Communications", True, "so-khcn-2025"),
    ("so-ldtbxh", "Sở Lao động - Thương binh và Xã hội", "Department of Labour", True, "so-noi-vu-2025;so-y-te"),
    ("so-van-hoa", "Sở Văn hóa, Thể thao và Du lịch", "Department of Culture, Sports and Tourism", True, ""),
    ("so-khcn", "Sở Khoa học và Công nghệ", "Department of Science and Technology", True, "so-khcn-2025"),
    ("so-giao-duc", "Sở Giáo dục và Đào tạo", "Department of Education and Training", True, ""),
    ("so-y-te", "Sở Y tế", "Department of Health", True, ""),
    ("so-ngoai-vu", "Sở Ngoại vụ", "Department of Foreign Affairs", False, ""),
    ("thanh-tra", "Thanh tra tỉnh", "Provincial Inspectorate", False, ""),
    ("ban-dan-toc", "Ban Dân tộc", "Committee for Ethnic Affairs", False, "so-dttg"),
    ("bql-kcn", "Ban Quản lý các khu công nghiệp", "Industrial Parks Authority", True, ""),
)
MERGED = (
    ("so-noi-vu-2025", "Sở Nội vụ", "Department of Home Affairs", True),
    ("so-tai-chinh-2025", "Sở Tài chính", "Department of Finance", True),
    ("so-nnmt", "Sở Nông nghiệp và Môi trường", "Department of Agriculture and Environment", True),
    ("so-xay-dung-2025", "Sở Xây dựng", "Department of Construction", True),
    ("so-khcn-2025", "Sở Khoa học và Công nghệ", "Department of Science and Technology", True),
    ("so-dttg", "Sở Dân tộc và Tôn giáo", "Department of Ethnic and Religious Affairs", False),
)
NO_PROCEDURES = {d[0] for d in (*DEPARTMENTS, *MERGED) if not d[3]}
PARTNERS = (("cong-an-tinh", "Công an tỉnh", "Provincial Police"),)
PROVINCE = ("tinh-gia-dinh", "Tỉnh Giả Định", "Giả Định Province")


@dataclass
class Places:
    """register and lineage rows, and who is assessed: members[year, group] -> rows of agencies.csv."""

    register: dict[str, Row] = field(default_factory=dict)
    lineage: list[Row] = field(default_factory=list)
    members: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    district: dict[str, str] = field(default_factory=dict)  # commune -> district

    def add(self, agency: str, vi: str, en: str, level: str, code: str = "", since: str = "", act: str = "") -> str:
        """One more agency; an id that was used before gets a number."""
        unique, n = agency, 1
        while unique in self.register:
            n += 1
            unique = f"{agency}-{n}"
        self.register[unique] = {
            "agency": unique,
            "name_vi": vi,
            "name_en": en,
            "level": level,
            "official_code": code,
            "valid_from": since or "2010-01-01",
            "valid_to": "",
            "act": act,
        }
        return unique

    def close(self, agency: str, day: str) -> None:
        self.register[agency]["valid_to"] = day

    def event(self, name: str, day: str, kind: str, a: str, b: str, part: str = "1", act: str = "") -> None:
        level = self.register[a]["level"]
        basis = "" if kind == "abolish" else "unknown" if not part else "population" if "commune" in level else "count"
        values = (name, day, kind, a, b, part, basis, act)
        columns = ("event", "date", "type", "from", "to", "share", "share_basis", "act")
        self.lineage.append(dict(zip(columns, values, strict=True)))

    def assess(self, year: str, group: str, agencies: list[str], scopes: bool = False) -> None:
        self.members[year, group] = [
            {
                "agency": a,
                "name_vi": self.register[a]["name_vi"],
                "name_en": self.register[a]["name_en"],
                "scope": self.register[self.district[a]]["name_vi"] if scopes else "",
                "ranked": "yes",
                "note": "",
            }
            for a in agencies
        ]


def all_places(communes: int, rng: Random) -> Places:
    """The whole province from 2022 to 2025."""
    places = Places()
    place_departments(places)
    for agency, vi, en in (*PARTNERS, PROVINCE):
        level = "province" if agency == PROVINCE[0] else "partner"
        places.add(agency, vi, en, level)
    for year in YEARS:
        places.assess(year, "province", [PROVINCE[0]])
    districts = []
    for i, (agency, vi, name, en) in enumerate(DISTRICTS):
        districts.append(places.add(agency, f"{vi} {name}", f"{name} {en}", "district", str(981 + i)))
        places.close(agency, "2025-06-30")
        places.event("2025-07-cap-huyen", "2025-07-01", "abolish", agency, "", "", ACT_COMMUNES)
    for year in YEARS[:3]:
        places.assess(year, "districts", districts)
    heirs = max(communes * 35 // 107, 1)
    names = place_names(rng, communes + heirs)
    now = found_communes(places, names[:communes], rng)
    for year in YEARS[:2]:
        places.assess(year, "communes", now, scopes=year == "2022")
    rename_one(places, now)
    now = merge_2024(places, now, communes)
    places.assess("2024", "communes", now)
    places.assess("2025", "communes", merge_2025(places, now, names[communes:], rng))
    return places


def place_departments(places: Places) -> None:
    new = {row[0]: row for row in MERGED}
    for agency, vi, en, *_ in DEPARTMENTS:
        places.add(agency, vi, en, "department")
    for agency, vi, en, _ in MERGED:
        places.add(agency, vi, en, "department", "", "2025-03-01", ACT_DEPARTMENTS)
    old = [d[0] for d in DEPARTMENTS]
    for agency, *_, heirs in DEPARTMENTS:
        for i, heir in enumerate(filter(None, heirs.split(";"))):
            both = ";" in heirs
            kind = "transfer" if heir not in new else "rename" if heir == "so-dttg" else "merge"
            part = ("0.8", "0.2")[i] if both else "1"
            places.event(f"2025-03-{heir}", "2025-03-01", kind, agency, heir, part, ACT_DEPARTMENTS)
            places.close(agency, "2025-02-28")
    for year in YEARS[:3]:
        places.assess(year, "departments", old)
        places.members[year, "departments"][17] |= {
            "ranked": "no",
            "note": "Không xếp hạng do không cung cấp dịch vụ công trực tuyến",
        }
    heirs_of = [a for a in old if not places.register[a]["valid_to"]]
    places.assess("2025", "departments", heirs_of + list(new))


def found_communes(places: Places, names: list[str], rng: Random) -> list[str]:
    """107: 14 phường in the city and the town, a thị trấn in each huyện, xã everywhere else."""
    wards, made = max(len(names) * 14 // 107, 1), []
    for i, name in enumerate(names):
        if i < wards:
            kind, district = "phường", DISTRICTS[0 if i * 14 < wards * 11 else 1][0]
        elif i < wards + 6:
            kind, district = "thị trấn", DISTRICTS[2 + i - wards][0]
        else:
            kind, district = "xã", DISTRICTS[1 + pick(rng, 7)][0]
        made.append(new_commune(places, kind, name, district, str(90001 + 3 * i)))
    order = [d[0] for d in DISTRICTS]
    return sorted(made, key=lambda a: (order.index(places.district[a]), places.register[a]["official_code"]))


def new_commune(places: Places, kind: str, name: str, district: str, code: str, since: str = "", act: str = "") -> str:
    vi = f"{kind[0].upper()}{kind[1:]} {name}"
    short = {"xã": "xa", "phường": "p", "thị trấn": "tt"}[kind]
    agency = places.add(f"{short}-{slug(name)}", vi, f"{name} {KINDS[kind]}", "commune", code, since, act)
    places.district[agency] = district
    return agency


def rename_one(places: Places, now: list[str]) -> None:
    """One xã moves to the next district in 2023 (a transfer keeps the unit, so also its id)."""
    movable = [a for a in now if a.startswith("xa-")]
    if len(movable) > 20:
        agency = movable[-1]
        places.event("2023-chuyen-huyen", "2023-04-01", "transfer", agency, agency, "1", ACT_2023)
        places.district[agency] = DISTRICTS[-2][0]


def merge_2024(places: Places, now: list[str], n: int) -> list[str]:
    """Five fewer per 107: two neighbours become one new unit; the first new unit takes over an old code."""
    lost, merged = n * 5 // 107, list(now)
    for i in range(lost):
        at = (i * 2 + 1) * len(now) // (2 * lost)
        at = min(at, len(now) - 2)
        while places.district[now[at]] != places.district[now[at + 1]]:
            at -= 1
        first, second = now[at], now[at + 1]
        if first not in merged or second not in merged:
            continue
        kind = "phường" if first.startswith("p-") else "thị trấn" if "tt-" in (first[:3], second[:3]) else "xã"
        old = places.register[first]
        name = old["name_vi"].removeprefix("Thị trấn ").removeprefix("Phường ").removeprefix("Xã ")
        code = places.register[second]["official_code"]
        heir = new_commune(places, kind, name, places.district[first], code, "2024-01-01", ACT_2024)
        for agency in (first, second):
            places.event(f"2024-01-{heir}", "2024-01-01", "merge", agency, heir, "1", ACT_2024)
            places.close(agency, "2023-12-31")
        merged[merged.index(first)] = heir
        merged.remove(second)
    return merged


def merge_2025(places: Places, now: list[str], names: list[str], rng: Random) -> list[str]:
    """About a third remain, without districts; some old communes are divided between two new ones."""
    count = len(names)
    bounds = [i * len(now) // count for i in range(count + 1)]
    heirs = []
    for i in range(count):
        members = now[bounds[i] : bounds[i + 1]]
        kind = "phường" if any(a.startswith("p-") for a in members) else "xã"
        code = places.register[members[0]]["official_code"]
        heir = new_commune(places, kind, names[i], places.district[members[0]], code, "2025-07-01", ACT_COMMUNES)
        heirs.append(heir)
    for i, heir in enumerate(heirs):
        for agency in now[bounds[i] : bounds[i + 1]]:
            places.close(agency, "2025-06-30")
            divided = i + 1 < count and agency == now[bounds[i + 1] - 1] and i % 7 == 3
            if not divided:
                places.event(f"2025-07-{heir}", "2025-07-01", "merge", agency, heir, "1", ACT_COMMUNES)
                continue
            part = pick(rng, 7) + 2 if i % 2 else 0
            for to, tenths in ((heir, part), (heirs[i + 1], 10 - part)):
                text = f"0.{tenths}" if part else ""
                places.event(f"2025-07-{agency}", "2025-07-01", "split", agency, to, text, ACT_COMMUNES)
    return heirs
