"""The sensitivity page: what it says first, where every figure comes from, and what it leaves unsaid."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

import dxlib
from dxlib.words import catalogue

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "sensitivity.ipynb"
SAMPLE = [("2024", "communes"), ("2025", "communes"), ("2024", "departments"), ("2024", "districts")]
MEASURED = ("2018", "countries")
CASES = [*SAMPLE, MEASURED]
ONE = ("2024", "province")
FORBIDDEN = re.compile(
    r"sobol|smaa|milp|monte|eigen|tau|kappa|alpha|copeland|kemeny|simplex|tập lồi|dirichlet|nghịch đảo", re.IGNORECASE
)


@cache
def measured_root() -> Path:
    sys.path.insert(0, str(ROOT / "tests" / "notebooks"))
    try:
        provinces = importlib.import_module("provinces")
    finally:
        sys.path.pop(0)
    root = Path(mkdtemp())
    provinces.measured(root)
    return root


@cache
def shown(year: str, group: str, lang: str) -> dict[str, object]:
    """What the notebook's cells give, by the call that made it; the notebook's own code is run."""
    values: dict[str, object] = {}
    out: dict[str, object] = {}
    root = measured_root() if (year, group) == MEASURED else ROOT / "data"
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        *body, last = ast.parse("".join(cell["source"])).body
        body += [] if isinstance(last, ast.Expr) else [last]
        exec(compile(ast.Module(body, []), "cell", "exec"), values)
        if "parameters" in cell["metadata"].get("tags", []):
            values |= {"root": str(root), "year": year, "group": group, "lang": lang, "draws": 300}
        if isinstance(last, ast.Expr):
            call = ast.unparse(last.value).split("(")[0].removeprefix("page.")
            out[f"{cell['id']} {call}"] = eval(compile(ast.Expression(last.value), "cell", "eval"), values)
    return {**out, "values": values}


def blocks(year, group, lang="vi"):
    return {name: block for name, block in shown(year, group, lang).items() if hasattr(block, "html")}


def block(page, call):
    return next((b for name, b in page.items() if name.split()[-1] == call), None)


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("year, group", CASES)
def test_the_first_page_is_at_most_six_plain_sentences(year, group, lang):
    said = block(blocks(year, group, lang), "summary").sentences
    assert 4 <= len(said) <= 6
    for sentence in said:
        assert not FORBIDDEN.search(sentence), sentence
        assert sentence.endswith(".") and (sentence[0].isupper() or sentence[0].isdigit())
    width = "20\u00a0%"
    assert sum(width in s for s in said) >= 3


@pytest.mark.parametrize("year, group", [*CASES, ONE])
def test_every_table_and_chart_names_a_function_with_a_source(year, group):
    found = 0
    for name, made in blocks(year, group).items():
        if not hasattr(made, "source"):
            continue
        functions = re.findall(r"dxlib(?:\.\w+)+", made.source)
        assert functions, name
        for path in functions:
            room, _, function = path.rpartition(".")
            target = getattr(importlib.import_module(room), function)
            assert inspect.isfunction(target), path
            assert "Source:" in (inspect.getdoc(target) or ""), path
            found += 1
    assert found >= (2 if (year, group) == ONE else 8)


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("year, group", [*CASES, ONE])
def test_nothing_is_empty_or_unsaid(year, group, lang):
    for name, made in blocks(year, group, lang).items():
        assert not re.search(r"\b(nan|NaN|None|NaT|inf)\b|<NA>|\{\w+\}", made.plain()), name
        assert len(getattr(made, "rows", ())) <= (30 if "intervals_table" not in name else 10**6), name


def test_an_exact_answer_stands_where_there_is_one():
    page = blocks("2024", "communes")
    values = shown("2024", "communes", "vi")["values"]
    exact, certain = values["exact"], values["pairs"]
    assert len(exact) == len(values["intervals"]) > 0
    said = " ".join(block(page, "summary").sentences)
    kept = int((exact["best"] == exact["worst"]).sum())
    assert f"{kept} trong {len(exact)} cơ quan chắc chắn giữ nguyên hạng" in said
    heads = [column.heading for column in block(page, "intervals_table").columns]
    assert catalogue("vi")["sensitivity.extremes"] in heads and catalogue("vi")["sensitivity.head.certain"] in heads
    assert {"fragile_table", "stability_table", "points_table"} <= {name.split()[-1] for name in page}
    pairs = set(zip(certain["above"], certain["below"], strict=True))
    ranked = values["intervals"]
    for run in values["groups"].to_dict("records"):  # no two of a named group stand in a certain order
        members = ranked.loc[ranked["rank"].between(run["first"], run["last"]), "agency"].tolist()
        inside = [(a, b) for a in members for b in members if (a, b) in pairs]
        assert not inside or len(members) > run["size"]


@pytest.mark.parametrize("year, group", [("2025", "communes"), ("2024", "departments")])
def test_where_there_is_no_exact_answer_the_page_says_so(year, group):
    page = blocks(year, group)
    assert shown(year, group, "vi")["values"]["exact"].empty
    assert catalogue("vi")["sensitivity.limit.not_linear"] in block(page, "limits").sentences
    assert block(page, "fragile_table") is None and block(page, "stability_table") is None
    said = block(page, "summary").sentences
    assert not [s for s in said if "chắc chắn" in s]
    assert "300" in " ".join(said)
    assert catalogue("vi")["sensitivity.limit.not_linear"] not in block(blocks("2024", "communes"), "limits").sentences


def test_one_unit_has_no_ranking():
    page = blocks(*ONE)
    assert block(page, "summary").sentences[0] == catalogue("vi")["sensitivity.one"]
    assert not {"intervals_chart", "intervals_table", "choices_table", "audit_table", "left_out"} & {
        name.split()[-1] for name in page
    }


def test_few_agencies_are_said_and_so_are_those_without_a_place():
    eight = block(blocks("2024", "districts"), "limits").sentences
    assert catalogue("vi")["sensitivity.limit.few"].format(n=8) in eight
    values = shown("2025", "communes", "vi")["values"]
    missing, every = len(values["case"].agencies) - len(values["intervals"]), len(values["case"].agencies)
    assert (
        catalogue("vi")["sensitivity.limit.unranked"].format(n=missing, all=every)
        in block(blocks("2025", "communes"), "limits").sentences
    )


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_draws_seed_and_width_are_printed(lang):
    said = " ".join(block(blocks("2024", "communes", lang), "limits").sentences)
    assert "300" in said and "20220101" in said and "20\u00a0%" in said


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_measured_set_never_speaks_of_claims(lang):
    for name, made in blocks(*MEASURED, lang).items():
        text = made.plain().lower()
        for phrase in ("thẩm tra", "tự đánh giá", "tự chấm", "verif", "claim", "self score", "phúc tra"):
            assert phrase not in text, (name, phrase)


def test_the_public_page_names_nobody_by_what_was_verified():
    values = shown("2024", "communes", "vi")["values"]
    rows = block(blocks("2024", "communes"), "choices_table").cells
    claimed = catalogue("vi")["sensitivity.choice.source-claimed"]
    moved = values["single"].set_index("alternative").loc["claimed"]
    assert moved["agency"] and [row[3] for row in rows if row[0] == claimed] == [str(moved["largest"])]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_choice_and_question_has_its_words(lang):
    words = catalogue(lang)
    for year, group in SAMPLE:
        values = shown(year, group, "vi")["values"]
        for question in values["audit"]["question"]:
            assert words[f"sensitivity.question.{question}"]
        for factor, names in dxlib.robust.factors(values["case"]).items():
            assert words[f"sensitivity.factor.{factor}"]
            if factor != "leave_out":
                assert all(words[f"sensitivity.choice.{factor}-{name}"] for name in names[1:])
