"""The catalogue made into index sets: indicators, choices and links of one year and group."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from functools import cache
from pathlib import Path

CATALOGUE = Path(__file__).parent / "catalogue"
YEARS = ("2022", "2023", "2024", "2025")
GROUPS = ("departments", "districts", "communes", "province")
TOTALS = {"departments": (1000, 1000, 500, 1000), "communes": (1000, 1000, 200, 1000)}
DECIMALS = {("departments", "2024"): "3"}  # of points; two elsewhere

WHO = {
    "departments": ("cơ quan", "the agency"),
    "districts": ("Ủy ban nhân dân cấp huyện", "the district People's Committee"),
    "communes": ("Ủy ban nhân dân cấp xã", "the commune People's Committee"),
    "province": ("Ủy ban nhân dân tỉnh", "the provincial People's Committee"),
}
LEGAL = {
    "gov": "Quyết định 942/QĐ-TTg ngày 15/6/2021",
    "service": "Quyết định 942/QĐ-TTg ngày 15/6/2021",
    "econ": "Quyết định 411/QĐ-TTg ngày 31/3/2022",
    "soc": "Quyết định 411/QĐ-TTg ngày 31/3/2022",
}
NATIONAL = "Quyết định 749/QĐ-TTg ngày 03/6/2020"

Row = dict[str, str]


@cache
def table(name: str) -> tuple[Row, ...]:
    """One file of the catalogue."""
    with (CATALOGUE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def known(name: str) -> dict[str, Row]:
    return {row["key"]: row for row in table(name)}


def total(group: str, year: str) -> int:
    return TOTALS.get(group, (1000,) * 4)[YEARS.index(year)]


def in_force(years: str, year: str) -> bool:
    """`23-`: since 2023, `-24`: until 2024, empty: always."""
    first, _, last = years.partition("-")
    return (not first or year >= f"20{first}") and (not last or year <= f"20{last}")


def plain(x: Fraction) -> str:
    """15, 7.5, 0.625: an exact decimal."""
    if x.denominator == 1:
        return str(x.numerator)
    text = f"{float(x):.6f}".rstrip("0")
    return text if Fraction(text) == x else f"{x.numerator}/{x.denominator}"


def allot(whole: Fraction, sizes: list[Fraction], unit: Fraction) -> list[Fraction]:
    """`whole` divided in proportion to `sizes` in multiples of `unit` (largest remainders; at least one unit)."""
    parts = sum(sizes)
    exact = [whole / unit * size / parts for size in sizes]
    given = [max(int(x), 1) for x in exact]
    order = sorted(range(len(sizes)), key=lambda i: (given[i] - exact[i], i))
    for i in order * 3:
        if sum(given) < whole / unit:
            given[i] += 1
    for i in reversed(order):
        if sum(given) > whole / unit and given[i] > 1:
            given[i] -= 1
    return [n * unit for n in given]


@cache
def changed(group: str, year: str) -> dict[tuple[str, str], str]:
    """(key, what) -> value in that year; a changed rule stays until it is changed again."""
    found = {}
    for row in table("changes"):
        lasting = row["what"] == "rule" and row["year"] <= year
        if row["group"] == group and (lasting or row["year"] == year):
            found[row["key"], row["what"]] = row["value"]
    return found


@cache
def index_set(group: str, year: str) -> tuple[Row, ...]:
    """The rows of indicators.csv, with the catalogue's key in `key`, in reading order."""
    listed = [row for row in table(group) if in_force(row["years"], year)]
    nodes = number(listed)
    give_points(nodes, group, year)
    return tuple(describe(node, group, year) for node in nodes)


def number(listed: list[Row]) -> list[Row]:
    """Codes by place: 1, 1.1, 1.1.1. General information has none of its own numbers, so it is `0`."""
    path: list[str] = []
    children: dict[str, int] = {"": -1 if listed[0]["key"] == "info" else 0}
    nodes = []
    for row in listed:
        depth = int(row["depth"])
        parent = path[depth - 2] if depth > 1 else ""
        children[parent] = children.get(parent, 0) + 1
        code = f"{parent}.{children[parent]}" if parent else str(children[parent])
        path = [*path[: depth - 1], code]
        nodes.append({**row, "code": code, "parent": parent})
    return nodes


def give_points(nodes: list[Row], group: str, year: str) -> None:
    """Maximum points: pillars as listed for the year, below in proportion to the sizes. Sets `max_points`."""
    unit = Fraction(total(group, year), 200)
    for node in nodes:
        children = [n for n in nodes if n["parent"] == node["code"]]
        if not node["parent"]:
            values = node["size"].split(",")
            node["max_points"] = values[YEARS.index(year)] if len(values) > 1 else ""
        whole = Fraction(node.get("max_points") or 0)
        if not whole:
            continue
        if all("." in c["size"] or c["size"] == "1" for c in children):
            for child in children:
                child["max_points"] = plain(Fraction(child["size"]) * whole)
            continue
        scored = [c for c in children if c["size"] and not c["size"].startswith("=")]
        fine = unit if not node["parent"] else unit / 5
        for child, part in zip(scored, allot(whole, [Fraction(c["size"]) for c in scored], fine), strict=True):
            child["max_points"] = plain(part)
        for child in children:
            if child not in scored:
                child["max_points"] = "0"


def describe(node: Row, group: str, year: str) -> Row:
    """One row of indicators.csv."""
    key = node["key"]
    row, changes = known("rows")[key], changed(group, year)
    vi, en = WHO[group]
    out = {
        "key": key,
        "decimals": DECIMALS.get((group, year), "2"),
        "code": node["code"],
        "parent": node["parent"],
        "name_vi": row["name_vi"].replace("{org}", vi),
        "name_en": row["name_en"].replace("{org}", en),
        "max_points": node.get("max_points", ""),
        "weight": changes.get((key, "weight"), ""),
    }
    if not row["rule"]:
        best = "best" if key == "if_dc" else ""
        return {**out, "aggregate": changes.get((key, "aggregate"), best), "rule": ""}
    amount = known("quantities").get(row["b"], {})
    owners = [owner(domain, year) for domain in row["domain"].split(";")]
    pillar = key.split("_")[0]
    return {
        **out,
        "aggregate": "",
        "rule": spell(changes.get((key, "rule"), row["rule"]), Fraction(out["max_points"] or 0)),
        "direction": row["direction"],
        "a_vi": row["a_vi"],
        "a_en": row["a_en"],
        "b_vi": amount.get("name_vi", ""),
        "b_en": amount.get("name_en", ""),
        "unit": row["unit"] or ("%" if amount else ""),
        "evidence_vi": known("evidence")[row["evidence"]]["name_vi"],
        "owner": ";".join(dict.fromkeys(owners)) if group == "province" else "",
        "verifier": owners[-1] if group != "province" else owner("ict", year),
        "source": row["source"],
        "legal": LEGAL.get({"gv": "gov", "ec": "econ", "so": "soc"}.get(pillar, ""), NATIONAL),
    }


def spell(rule: str, maximum: Fraction) -> str:
    """The catalogue's short forms written out: `options(@issue)`, `parts(@counter, p)`, `count(@1/4)`."""
    found = re.fullmatch(r"(options|parts)\(@(\w+)(, p)?\)", rule)
    if found:
        shape, name, in_points = found.groups()
        pairs = [(o["name"], o["share"]) for o in table("options") if o["set"] == name]
        if in_points and maximum:
            pairs = [(n, f"{plain(share(s) * maximum)}p") for n, s in pairs]
        return f"{shape}({', '.join(f'{n}:{s}' for n, s in pairs)})"
    found = re.fullmatch(r"count\(@([0-9/]+)(?:, ([0-9/]+))?\)", rule)
    if found:
        points = [plain(Fraction(x) * (maximum or 1)) for x in found.groups() if x]
        return f"count({', '.join(points)})"
    return rule


def share(text: str) -> Fraction:
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


def choices(group: str, year: str) -> list[Row]:
    """The wording of every option and part."""
    found = []
    for row in index_set(group, year):
        rule = known("rows")[row["key"]]["rule"]
        name = re.fullmatch(r"(?:options|parts)\(@(\w+)(?:, p)?\)", rule)
        for option in table("options") if name else ():
            if name and option["set"] == name[1]:
                found.append({"indicator": row["code"], **{c: option[c] for c in ("name", "name_vi", "name_en")}})
    return found


def links(group: str, year: str) -> list[Row]:
    """Which rows continue which of the year before."""
    if year == YEARS[0] or (group == "districts" and year == "2025"):
        return []
    past_year = str(int(year) - 1)
    past = {row["key"]: row for row in index_set(group, past_year)}
    found = []
    for row in index_set(group, year):
        key, value = row["key"], changed(group, year)
        origin = next(((kind, value[key, kind]) for kind in ("merged", "split") if (key, kind) in value), None)
        kind, sources = origin or ("", key if key in past else "")
        for source in filter(None, sources.split(";")):
            kind_now, factor = (kind, "") if kind else kinship(past[source], row)
            found.append(
                {
                    "code": row["code"],
                    "from_year": past_year,
                    "from_group": group,
                    "from_code": past[source]["code"],
                    "kind": kind_now,
                    "factor": factor,
                }
            )
    return found


def kinship(before: Row, now: Row) -> tuple[str, str]:
    """same, rescaled (with the factor of the maxima) or redefined."""
    rule = known("rows")[now["key"]]["rule"]
    old, new = Fraction(before["max_points"] or 0), Fraction(now["max_points"] or 0)
    if "@" not in rule and before["rule"] != now["rule"]:
        return "redefined", ""
    if old == new or not old or not new:
        return "same", ""
    factor = new / old
    return "rescaled", f"{float(factor):.6f}".rstrip("0").rstrip(".")


OWNERS = {
    "ict": ("so-tttt", "so-khcn-2025"),
    "home": ("so-noi-vu", "so-noi-vu-2025"),
    "finance": ("so-tai-chinh", "so-tai-chinh-2025"),
    "planning": ("so-ke-hoach", "so-tai-chinh-2025"),
    "industry": ("so-cong-thuong", "so-cong-thuong"),
    "agri": ("so-nong-nghiep", "so-nnmt"),
    "construction": ("so-xay-dung", "so-xay-dung-2025"),
    "land": ("so-tai-nguyen", "so-nnmt"),
    "labour": ("so-ldtbxh", "so-noi-vu-2025"),
    "culture": ("so-van-hoa", "so-van-hoa"),
    "science": ("so-khcn", "so-khcn-2025"),
    "education": ("so-giao-duc", "so-giao-duc"),
    "health": ("so-y-te", "so-y-te"),
    "justice": ("so-tu-phap", "so-tu-phap"),
    "office": ("vp-ubnd", "vp-ubnd"),
    "inspect": ("thanh-tra", "thanh-tra"),
    "police": ("cong-an-tinh", "cong-an-tinh"),
}


def owner(domain: str, year: str) -> str:
    """The agency in charge of a field in that year."""
    return OWNERS[domain][year >= "2025"]
