"""The strict door: every breach at once, and nothing but plain constants behind it."""

import ast
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.errors import Refusal
from dxlib.runs.parameters import Parameter, check_given, complete, read_declared, split

SENSITIVITY = {
    p.name: p
    for p in [
        Parameter("root", "str", "../data"),
        Parameter("year", "int", 2025),
        Parameter("group", "str", "communes"),
        Parameter("lang", "str", "vi"),
        Parameter("on", "str"),
        Parameter("draws", "int", 2000),
        Parameter("seed", "int"),
        Parameter("half_width", "float", 0.2),
        Parameter("charts", "bool", True),
        Parameter("note", "str", ""),
        Parameter("as_of", "str", ""),
    ]
}
DECLARED = {"sensitivity": SENSITIVITY, "report": {"lang": SENSITIVITY["lang"], "on": SENSITIVITY["on"]}}


def refused(given):
    with pytest.raises(Refusal) as refusal:
        check_given(given.items(), DECLARED)
    return {(f.column or f.value): (f.code, f.reason) for f in refusal.value.findings}


def write_notebook(path, source, tags=("parameters",)):
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {"tags": list(tags)},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_every_kind_of_breach_is_reported_at_once():
    found = refused(
        {
            "sead": "1",
            "draws": "2,000",
            "seed": "-1",
            "half_width": "0",
            "on": "verfied",
            "charts": "yes",
            "year": "2024",
            "x = 1; import os": "1",
        }
    )
    assert found == {
        "sead": ("E_PARAM_UNKNOWN", "param_unknown"),
        "draws": ("E_PARAM", "param_type"),
        "seed": ("E_SEED", "param_range"),
        "half_width": ("E_PARAM", "param_range"),
        "on": ("E_PARAM", "param_choice"),
        "charts": ("E_PARAM", "param_type"),
        "year": ("E_PARAM", "param_matrix"),
        "x = 1; import os": ("E_PARAM", "param_form"),
    }


def test_the_nearest_name_is_offered():
    with pytest.raises(Refusal) as refusal:
        check_given([("sead", "1")], DECLARED)
    assert refusal.value.findings[0].facts["nearest"] == "seed"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("draws", "2000.0", "param_type"),
        ("draws", "２０００", "param_type"),
        ("draws", " 2000", "param_type"),
        ("draws", "2000\n", "param_type"),
        ("draws", "", "param_type"),
        ("draws", "1e3", "param_type"),
        ("draws", "0", "param_range"),
        ("draws", "1000001", "param_range"),
        ("draws", True, "param_type"),
        ("draws", 2000.0, "param_type"),
        ("draws", [1], "param_type"),
        ("seed", "18446744073709551616", "param_range"),
        ("seed", "", "param_type"),
        ("seed", "9" * 400, "param_type"),
        ("half_width", "nan", "param_type"),
        ("half_width", "inf", "param_type"),
        ("half_width", "0,2", "param_type"),
        ("half_width", "1.01", "param_range"),
        ("half_width", float("nan"), "param_range"),
        ("on", "Verified", "param_choice"),
        ("as_of", "2026-13-45", "param_day"),
        ("as_of", "tomorrow", "param_day"),
        ("as_of", "20261015", "param_day"),
        ("note", "a\nb", "param_type"),
        ("note", "x" * 1001, "param_type"),
    ],
)
def test_what_is_mistyped_or_out_of_range_is_refused(name, value, reason):
    assert refused({name: value})[name] == ("E_SEED" if name == "seed" else "E_PARAM", reason)


@pytest.mark.parametrize(
    ("name", "value", "typed"),
    [
        ("draws", "1", 1),
        ("draws", "1000000", 1_000_000),
        ("seed", "18446744073709551615", 2**64 - 1),
        ("seed", 0, 0),
        ("half_width", "1", 1.0),
        ("half_width", 0.25, 0.25),
        ("on", "current", "current"),
        ("as_of", "2026-10-15", "2026-10-15"),
        ("as_of", "", ""),
        ("charts", "false", False),
        ("note", "Tỉnh {x}", "Tỉnh {x}"),
    ],
)
def test_what_fits_is_typed(name, value, typed):
    accepted = check_given([(name, value)], DECLARED)["sensitivity"][name]
    assert accepted == typed and type(accepted) is type(typed)


def test_a_value_reaches_only_the_notebooks_that_declare_it():
    accepted = check_given([("on", "claimed"), ("draws", "50")], DECLARED)
    assert accepted == {"sensitivity": {"on": "claimed", "draws": 50}, "report": {"on": "claimed"}}


def test_texts_are_split_and_all_bad_ones_named():
    assert split(["draws=5", "note=a=b", "nope"]) == [("draws", "5"), ("note", "a=b"), ("nope", None)]
    with pytest.raises(Refusal) as refusal:
        check_given(split(["draws", "=5", "9x=1", "seed=1", "seed=2", "sead=1", "draws=0"]), DECLARED)
    found = [f.reason for f in refusal.value.findings]
    assert found == ["param_form"] * 3 + ["param_twice", "param_unknown", "param_twice"]


def test_missing_parameters_are_all_named():
    with pytest.raises(Refusal) as refusal:
        complete(SENSITIVITY, {"year": "2025"})
    assert {f.column: f.code for f in refusal.value.findings} == {"on": "E_PARAM", "seed": "E_SEED"}


def test_sources_come_before_defaults():
    values = complete(
        SENSITIVITY, {"year": "2024", "group": "districts"}, {"seed": 7, "on": None}, {"seed": 8, "on": "verified"}
    )
    assert (values["year"], values["group"], values["seed"], values["on"], values["draws"]) == (
        2024,
        "districts",
        7,
        "verified",
        2000,
    )


def test_the_cell_is_read_not_run(tmp_path):
    source = [
        'root: str = "../data"\n',
        "year: int = 2025  # the year\n",
        "seed: int\n",
        "on: str | None = None\n",
        "plain = 0.5\n",
    ]
    found = read_declared(write_notebook(tmp_path / "n.ipynb", source))
    assert found["seed"] == Parameter("seed", "int") and found["on"] == Parameter("on", "str")
    assert found["plain"] == Parameter("plain", "float", 0.5) and found["year"].default == 2025
    assert read_declared(write_notebook(tmp_path / "none.ipynb", ["x = 1"], tags=())) == {}


@pytest.mark.parametrize("source", ["year: int = int('2025')", "a, b = 1, 2", "x: list = []", "year: int ="])
def test_a_notebook_with_another_kind_of_cell_is_refused(tmp_path, source):
    with pytest.raises(Refusal) as refusal:
        read_declared(write_notebook(tmp_path / "n.ipynb", [source]))
    assert refusal.value.findings[0].file == "notebooks/n.ipynb"


def injected_cell(values):
    sys.modules.setdefault("rfc3987_syntax", None)
    from papermill.translators import PythonTranslator

    return PythonTranslator.codify(values)


VALUES = st.one_of(
    st.text(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.binary(),
    st.tuples(st.integers()),
    st.lists(st.text()),
    st.text(alphabet="0123456789.,-eE "),
    st.text(alphabet="'\"\\\n{}();=# a"),
)
NAMES = st.one_of(st.sampled_from(sorted(SENSITIVITY)), st.text(), st.text(alphabet="abc =;\n()_1"))


@settings(max_examples=600)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_only_assignments_of_constants_reach_the_notebook(given_values):
    try:
        accepted = check_given(given_values, DECLARED)["sensitivity"]
        values = complete(
            SENSITIVITY, {"year": "2025", "group": "communes", "lang": "vi"}, accepted, {"seed": 1, "on": "verified"}
        )
    except Refusal:
        return
    statements = ast.parse(injected_cell(values)).body
    assert [s.targets[0].id for s in statements] == list(values)
    for statement, value in zip(statements, values.values(), strict=True):
        assert isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        assert statement.value.value == value and type(statement.value.value) is type(value)
