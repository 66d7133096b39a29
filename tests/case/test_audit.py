"""What a fresh pair of eyes once found: results that were wrong without a word, and stack traces."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction

import pytest

from dxlib.case import check, read_case, read_scenario
from dxlib.errors import Refusal
from dxlib.index import evaluate, score
from dxlib.index.exact import coverage
from tests.case.folder import FILES, INDEX, write

CLAIMS, INDICATORS, VERDICTS = FILES["claims.csv"], FILES["indicators.csv"], FILES["verdicts.csv"]


def codes(root) -> set[str]:
    return {f.code for f in check(root)}


def reasons(root) -> set[str]:
    return {f.reason for f in check(root)}


def test_the_code_index_is_reserved(tmp_path):
    changes = {"indicators": INDICATORS.replace("\n2,,", "\nindex,,"), "claims": CLAIMS.replace(",2,,,", ",index,,,")}
    assert "code_reserved" in reasons(write(tmp_path, **changes))


def test_stated_maxima_of_branches_ask_for_those_of_their_leaves(tmp_path):
    bare = INDICATORS.replace("cuộc họp,20", "cuộc họp,").replace("trực tuyến,40", "trực tuyến,").replace("5p", "1/4")
    bare = bare.replace("10p", "1/2").replace("20p", "1").replace("chủ trì,40", "chủ trì,")
    assert "maximum_missing" in reasons(write(tmp_path, indicators=bare))


def test_a_stray_denominator_is_named(tmp_path):
    root = write(tmp_path, claims=CLAIMS.replace("so-a,1.1,4,", "so-a,1.1,4,1"))
    found = [f for f in check(root) if f.code == "W_DENOMINATOR"]
    assert found and (found[0].row, found[0].facts["lacking"]) == (2, 2)


def test_rules_that_take_a_alone_never_divide(tmp_path):
    counted = INDICATORS.replace('"steps(1:5p, 2:10p, 4:20p)"', "count(5)")
    case = read_case(
        write(tmp_path, indicators=counted, claims=CLAIMS.replace("so-a,1.1,4,", "so-a,1.1,4,9")), 2024, "demo"
    )
    assert not case.framework.nodes["1.1"].ratio
    assert [f.code for f in case.findings] == ["W_UNREAD"]


def test_codes_made_alike_by_a_spreadsheet_are_never_to_be_deleted(tmp_path):
    found = check(write(tmp_path / "a", claims=CLAIMS.replace(",1.10,", ",1.1,")))
    assert {f.reason for f in found if f.code == "E_CONFLICT"} == {"code_lost_zero"}
    found = check(write(tmp_path / "b", indicators=INDICATORS.replace("\n1.10,", "\n1.1,")))
    assert "code_lost_zero" in {f.reason for f in found if f.code == "E_DUPLICATE"}
    assert not [f for f in found if f.file.endswith("claims.csv") and f.reason == "code_lost_zero"]


def test_exempt_answers_are_not_judged(tmp_path):
    changes = {"claims": CLAIMS.replace("8.5,40", "0,0"), "exemptions": "agency,indicator,reason\n001,1.10,x\n"}
    assert codes(write(tmp_path, **changes)) == {"W_EXEMPT"}


def test_a_folder_in_place_of_a_table_is_an_error(tmp_path):
    root = write(tmp_path, verdicts=None)
    (root / "2024/demo/verdicts.csv").mkdir()
    assert codes(root) == {"E_IO"}


def test_folders_nobody_would_read_are_named(tmp_path):
    root = write(tmp_path)
    for name in ("2024/Xã", "2024/communes", "24/demo"):
        (root / name).mkdir(parents=True)
        (root / name / "claims.csv").write_text("agency,indicator\n", encoding="utf-8")
    assert sorted(f.value for f in check(root)) == ["2024/Xã", "2024/communes", "24/demo"]


def test_missing_is_an_error_also_where_nobody_answered(tmp_path):
    claims = "\n".join(line for line in CLAIMS.split("\n") if line.split(",")[1:2] != ["2"])
    root = write(tmp_path, claims=claims, index=INDEX.replace("total", 'missing = "error"\ntotal'))
    assert len([f for f in check(root) if f.code == "E_MISSING"]) == 3


@pytest.mark.parametrize("text", ["foo = 3", "[[foo]]", "[a]\ndrop = [1]", '[a]\ndrop = [["1"]]', "[foo", "a = " + "[" * 3000,
                                  "[a]\nweights = {\"1\" = -1}", "[a]\nweigths = {}", "[a]\npolicies = {missing = 3}", "[a]"])  # fmt: skip
def test_scenarios_are_checked(tmp_path, text):
    root = write(tmp_path)
    (root / "2024/demo/scenarios.toml").write_text(text, encoding="utf-8")
    found = check(root)
    assert found and all(f.file.endswith("scenarios.toml") and f.severity == "error" for f in found)


def test_decimal_weights_in_a_scenario(tmp_path):
    root = write(tmp_path)
    (root / "2024/demo/scenarios.toml").write_text('[a]\nweights = {"1" = 0.7, "2" = 0.3}\n', encoding="utf-8")
    case = read_case(root, 2024, "demo")
    changed = read_scenario(root, case, "a")
    assert float(changed.framework.nodes["1"].weight) == 0.7
    assert case.with_changes(weights={"1": 1e-7, "2": "0.25"}).framework.nodes["1"].weight * 10**7 == 1
    for wrong in (-1, "x", float("nan"), None):
        with pytest.raises(Refusal):
            case.with_changes(weights={"1": wrong})


HOSTILE = {
    "no code": {"indicators": INDICATORS.replace("\n2,,", "\n,,")},
    "a point for a self score": {"claims": CLAIMS.replace(",,4,,,20,", ",,4,,,.,").replace("so-a,1.1,4,,,20", "so-a,1.1,4,,,.")},
    "a self score of 5,000 digits": {"claims": CLAIMS.replace("so-a,1.1,4,,,20", "so-a,1.1,4,,," + "9" * 5000)},
    "huge total": {"index": INDEX.replace("total = 100", "total = 1e400")},
    "very huge total": {"index": INDEX.replace("total = 100", "total = 1e99999999")},
    "deep toml": {"index": INDEX + "x = " + "[" * 5000},
    "title as text": {"index": 'title = "x"\n'},
    "class as number": {"index": 'title.vi = "x"\nclass = 3\n'},
    "class once": {"index": 'title.vi = "x"\n[class]\ncut = 0\n'},
    "policy too late": {"index": INDEX + 'missing = "zero"\n'},
    "no half width": {"index": INDEX + "[sensitivity]\nhalf_width = 0\n"},
    "no total": {"index": INDEX.replace("total = 100", "total = 0")},
    "deep table": {"index": ".".join(["a"] * 5000) + " = 1\n" + INDEX},
    "utf-16 toml": {"index": INDEX.encode("utf-16")},
    "deep tree": {"indicators": "code,parent,rule\n0,,\n" + "".join(f"{i},{i - 1},\n" for i in range(1, 1200))},
    "escape sequence": {"agencies": FILES["agencies.csv"].replace("Sở A", "Sở\x1b[31m A")},
    "nul": {"agencies": FILES["agencies.csv"].replace("Sở C", "Sở\x00 C")},
    "empty columns": {"claims": CLAIMS.replace("submitted_on\n", "submitted_on,,\n")},
    "open quote": {"claims": CLAIMS + '"so-a'},
    "carriage returns": {"claims": CLAIMS.replace("\n", "\r")},
    "only a mark": {"claims": b"\xef\xbb\xbf"},
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_brings_the_house_down(tmp_path, name):
    root = write(tmp_path, **HOSTILE[name])
    for lang in ("vi", "en"):
        call = [sys.executable, "-m", "dxlib", "check", "--lang", lang, "--data", str(root)]
        done = subprocess.run(call, capture_output=True, encoding="utf-8", timeout=60, check=False)
        expected = 0 if name == "carriage returns" else 1
        assert done.returncode in (expected, 0 if name.startswith("a self") else expected), done.stdout + done.stderr
        assert "Traceback" not in done.stderr and "\x1b" not in done.stdout and len(done.stdout) < 20000


def test_points_zero_of_a_bonus_and_no_bonus_clamp_alike(tmp_path):
    indicators = 'code,parent,rule,source\n1,,"goalposts(0, 10, unclipped)",measured\n2,,bonus(0.1),measured\n'
    claims = "agency,indicator,a\nso-a,1,-50\nso-b,1,-50\n001,1,-50\nso-a,2,1\nso-b,2,0\n"
    index = 'title.vi = "x"\n'
    root = write(tmp_path, indicators=indicators, claims=claims, index=index, verdicts=None, appeals=None)
    assert evaluate(read_case(root, 2024, "demo")).columns["index"].shares == [0, 0, 0]


def test_a_row_of_no_weight_leaves_the_own_maximum_only_when_it_is_left_out(tmp_path):
    indicators = "code,parent,max_points,weight,rule,source\n1,,20,0,yes_no,measured\n2,,60,3,yes_no,measured\n3,,20,1,yes_no,measured\n"
    claims = "agency,indicator,option\nso-a,2,yes\nso-a,3,yes\nso-b,2,yes\n001,1,yes\n001,2,yes\n001,3,no\n"
    index = 'title.vi = "x"\nmissing = "exclude"\n'
    root = write(tmp_path, indicators=indicators, claims=claims, index=index, verdicts=None, appeals=None)
    table = score(read_case(root, 2024, "demo")).query("node == 'index'").set_index("agency")
    assert table["max_points"].to_dict() == {"so-a": 80.0, "so-b": 60.0, "001": 100.0}
    assert table["score"].to_dict() == {"so-a": 1.0, "so-b": 1.0, "001": 0.75}


def test_an_alternative_that_is_dropped_leaves_the_points_of_the_others(tmp_path):
    """30 points stay 30 of 50: the ranking is that of a set without row 1.1, 80 points in all."""
    indicators = (
        "code,parent,max_points,aggregate,rule,source\n1,,50,best,,\n1.1,1,50,,yes_no,measured\n1.2,1,30,,yes_no,measured\n"
        "2,,50,,yes_no,measured\n"
    )
    claims = "agency,indicator,option\n" + "".join(f"{a},{i},{o}\n" for a, i, o in [
        ("so-a", "1.1", "no"), ("so-a", "1.2", "yes"), ("so-a", "2", "no"), ("so-b", "1.1", "yes"), ("so-b", "1.2", "no"),
        ("so-b", "2", "no"), ("001", "2", "yes"), ("001", "1.1", "no"), ("001", "1.2", "no")])  # fmt: skip
    root = write(tmp_path, indicators=indicators, claims=claims, index='title.vi = "x"\n', verdicts=None, appeals=None)
    case = read_case(root, 2024, "demo")
    shares = lambda c: [float(s) for s in evaluate(c).columns["1"].shares]  # noqa: E731
    assert shares(case) == [0.6, 1.0, 0.0]
    assert shares(case.with_changes(drop=["1.1"])) == [0.6, 0.0, 0.0]


def test_coverage_is_of_the_whole_index_and_one_alternative_is_enough(tmp_path):
    indicators = (
        "code,parent,max_points,aggregate,rule,source\n1,,50,best,,\n1.1,1,50,,yes_no,measured\n1.2,1,50,,yes_no,measured\n"
        "2,,50,,yes_no,measured\n"
    )
    claims = "agency,indicator,option\nso-a,1.2,yes\nso-a,2,yes\nso-b,1.1,yes\n001,1.1,yes\n001,1.2,no\n001,2,no\n"
    exempt = "agency,indicator,reason\nso-b,2,none\n"
    root = write(
        tmp_path,
        indicators=indicators,
        claims=claims,
        exemptions=exempt,
        index='title.vi = "x"\n',
        verdicts=None,
        appeals=None,
    )
    case = read_case(root, 2024, "demo")
    assert coverage(case.framework, evaluate(case)) == [1, Fraction(1, 2), 1]


def dx(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "dxlib", *words], capture_output=True, encoding="utf-8", check=False)


def test_the_command_line_says_what_it_means(tmp_path):
    root = str(write(tmp_path / "d"))
    rows = json.loads(dx("score", "2024", "demo", "--on", "claimed", "--json", "--data", root).stdout)
    assert {r["node"]: r["score"] for r in rows if r["agency"] == "001"}["1"] == 0.141666666667
    assert dx("compare", "2024", "demo", "--data", root).returncode == 2
    assert dx("compare", "2024", "demo", "--to-on", "x", "--data", root).returncode == 2
    out = tmp_path / "c.csv"
    assert dx("compare", "2024", "demo", "--to-on", "claimed", "--json", "-o", str(out), "--data", root).stdout == ""
    assert json.loads(out.read_text(encoding="utf-8"))
    for words in (
        ("score", "2024", "demo", "-o", str(tmp_path), "--data", root),
        ("check", "--data", str(tmp_path / "no")),
    ):
        done = dx(*words)
        assert done.returncode == 1 and "Traceback" not in done.stderr and str(tmp_path) in done.stdout + done.stderr
    (tmp_path / "empty").mkdir()
    assert str(tmp_path / "empty") in dx("check", "--data", str(tmp_path / "empty")).stdout
