"""The verification page: what it says first, where every figure comes from, what it shows of the made-up province."""

from __future__ import annotations

import inspect
import re
from functools import cache
from html import unescape
from pathlib import Path

import pytest

import dxlib
from dxlib.words import catalogue

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "verification.ipynb"
FORBIDDEN = re.compile(r"kappa|\bicc\b|\bmad\b|p-value|giá trị p\b|alpha", re.IGNORECASE)
PLACES = [
    ("2024", "communes"),
    ("2025", "communes"),
    ("2025", "departments"),
    ("2024", "districts"),
    ("2023", "departments"),
]


@cache
def shown(year: str, group: str, lang: str) -> dict[str, object]:
    """What the notebook's cells give, by the call that made it; the notebook's own code is run."""
    import ast
    import json

    values: dict[str, object] = {}
    out: dict[str, object] = {}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        *body, last = tree.body
        exec(compile(ast.Module([*body, *([] if isinstance(last, ast.Expr) else [last])], []), "cell", "exec"), values)
        if "parameters" in cell["metadata"].get("tags", []):
            values |= {"root": str(ROOT / "data"), "year": year, "group": group, "lang": lang, "draws": 200}
        if isinstance(last, ast.Expr):
            call = ast.unparse(last.value).split("(")[0].removeprefix("page.")
            out[call] = eval(compile(ast.Expression(last.value), "cell", "eval"), values)
    return {**out, "values": values}


def blocks(year, group, lang="vi"):
    return {name: block for name, block in shown(year, group, lang).items() if hasattr(block, "html")}


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("year, group", PLACES)
def test_the_first_page_is_five_plain_sentences(year, group, lang):
    said = blocks(year, group, lang)["summary"].sentences
    assert 2 <= len(said) <= 5
    for sentence in said:
        assert not FORBIDDEN.search(sentence), sentence
        assert ";" in sentence or ":" in sentence  # a finding and what to do about it
    assert any(re.search(r"\d", s) and ("điểm" in s or "points" in s) for s in said)


@pytest.mark.parametrize("year, group", PLACES)
def test_every_table_and_chart_names_a_function_with_a_source(year, group):
    found = 0
    for name, block in blocks(year, group).items():
        if name == "summary" or not hasattr(block, "source"):
            continue
        functions = re.findall(r"dxlib(?:\.\w+)+", block.source)
        assert functions, name
        for path in functions:
            target = dxlib
            for part in path.split(".")[1:]:
                target = getattr(target, part) if hasattr(target, part) else __import__(f"dxlib.{part}", fromlist=["x"])
            assert inspect.isfunction(target), path
            assert re.search(r"Source:|Sources:", inspect.getdoc(target) or ""), path
            found += 1
    assert found >= 10


def test_the_planted_difficulties_are_found():
    """What dxlib/sample/catalogue/cast.csv hides in the communes of 2024 stands on the page."""
    values = shown("2024", "communes", "vi")["values"]
    flags = values["flags"]
    by = {kind: set(rows["agency"]) for kind, rows in flags.groupby("flag")}
    assert "p-gao-bao" in by["all_max"]
    assert {"p-uyen-giang", "xa-nghi-cuc"} <= by["inflation"]
    assert {"p-sop-uoc", "xa-giong-khang"} == by["heaping"]
    assert {"xa-dia-ninh", "xa-uoc-tram"} <= by["relation"] and "xa-ngoc-vinh" in by["two_wholes"]
    assert {"xa-lua-tram", "xa-duoc-nguyen", "xa-sop-que", "xa-say-phong"} <= by["near_copy"]
    assert {"p-duy-dai", "p-dien-duyen", "xa-phu-quang", "xa-truc-khe"} <= by["shared_document"]
    assert "xa-kien-hac" in by["document_twice"] and "p-sen-que" in by["empty_document"]
    assert {"own_sum", "no_evidence", "outside_period", "thin_evidence", "deviation", "jump"} <= by.keys()
    effects = values["indicator_effects"].set_index("indicator")["effect"]
    assert effects.idxmax() == "6.8"  # the badly worded row
    assert values["agency_effects"].set_index("agency")["effect"].idxmax() == "p-gao-bao"


def test_a_listed_document_is_nobody_s_flag():
    values = shown("2024", "communes", "vi")["values"]
    listed = set(values["case"].shared["document"])
    shared = values["flags"][values["flags"]["flag"] == "shared_document"]
    evidence = values["case"].evidence
    common = evidence[evidence["sha256"].isin(listed) | evidence["number"].isin(listed)]
    assert common["agency"].nunique() > 20
    assert not set(zip(common["agency"], common["indicator"], strict=True)) & set(
        zip(shared["agency"], shared["indicator"], strict=True)
    )


def test_two_verifiers_and_appeals_are_there():
    page = blocks("2024", "communes")
    assert {
        "verifiers_table",
        "leniency_table",
        "appeals_table",
        "agreement_chart",
        "coverage_table",
        "parts_table",
    } <= page.keys()
    page = blocks("2025", "communes")
    assert {"worklist_table", "estimates_table", "ranges_chart", "decisive_table", "plan_table"} <= page.keys()


def test_eight_districts_are_too_few_and_the_page_says_so():
    page = blocks("2024", "districts")
    few = catalogue("vi")["verification.limit.few"].format(n=8)
    assert few in page["limits"].sentences


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_flag_has_its_words(lang):
    from dxlib.verify.flagging import FLAGS
    from dxlib.verify.risk_assessment import FACTORS

    words = catalogue(lang)
    for flag in FLAGS:
        assert all(words[f"flag.{flag}.{part}"] for part in ("name", "what", "honest", "found"))
    assert set(FACTORS) <= set(FLAGS)
    assert {key.split(".")[1] for key in words if key.startswith("flag.")} == set(FLAGS)


def test_the_public_block_names_nobody():
    for year, group in PLACES:
        values = shown(year, group, "vi")["values"]
        public = unescape(blocks(year, group)["public"].html())
        names = [row["name_vi"] for row in values["case"].agencies.to_dict("records")]
        teams = set(values["case"].verdicts["decided_by"])
        assert not [name for name in [*names, *teams] if name and name in public]
        assert not [
            f for f in catalogue("vi") if f.startswith("flag.") and f.endswith(".name") and catalogue("vi")[f] in public
        ]
