"""Every bad input gets its finding, with file, row and column, and all of them at once."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata

import pytest

from dxlib.case import check, read_case
from dxlib.errors import Refusal
from dxlib.words import finding as worded
from tests.case.folder import FILES, INDEX, write

CLAIMS, INDICATORS, VERDICTS = FILES["claims.csv"], FILES["indicators.csv"], FILES["verdicts.csv"]


def claims(old: str, new: str) -> dict:
    assert old in CLAIMS
    return {"claims": CLAIMS.replace(old, new, 1)}


def index(old: str, new: str) -> dict:
    assert old in INDEX
    return {"index": INDEX.replace(old, new, 1)}


def rows(old: str, new: str) -> dict:
    assert old in INDICATORS
    return {"indicators": INDICATORS.replace(old, new, 1)}


def verdicts(old: str, new: str) -> dict:
    assert old in VERDICTS
    return {"verdicts": VERDICTS.replace(old, new, 1)}


CASES = {
    "verified above the maximum": (verdicts("verify,3,,,,thin", "verify,,,,21,thin"), "E_RANGE", "verdicts.csv", 2, "points"),
    "negative numerator": (claims("so-a,1.10,30", "so-a,1.10,-30"), "E_RANGE", "claims.csv", 3, "a"),
    "decimal comma": (claims("8.5,40,,8.5", '"8,5",40,,8.5'), "E_NUMBER", "claims.csv", 9, "a"),
    "ambiguous thousands": (claims("8.5,40", '"1.234.567",40'), "E_NUMBER_AMBIGUOUS", "claims.csv", 9, "a"),
    "words in a number": (claims("8.5,40", "8.5đ,40"), "E_NUMBER", "claims.csv", 9, "a"),
    "dash": (claims("8.5,40", "-,40"), "E_NUMBER", "claims.csv", 9, "a"),
    "nan": (claims("8.5,40", "NaN,40"), "E_NUMBER", "claims.csv", 9, "a"),
    "infinite": (claims("8.5,40", "1e999,40"), "E_NUMBER", "claims.csv", 9, "a"),
    "truth value": (claims("8.5,40", "TRUE,40"), "E_TYPE", "claims.csv", 9, "a"),
    "a date in a number": (claims("8.5,40", "03/04/2024,40"), "E_TYPE", "claims.csv", 9, "a"),
    "unknown agency": (claims("so-b,2", "so-bb,2"), "E_UNIT_UNKNOWN", "claims.csv", 7, "agency"),
    "lost leading zeros": (claims("001,2", "1,2"), "E_UNIT_UNKNOWN", "claims.csv", 10, "agency"),
    "lost trailing zero": (claims("so-a,1.10", "so-a,1.100"), "E_INDICATOR_UNKNOWN", "claims.csv", 3, "indicator"),
    "agency twice": ({"agencies": FILES["agencies.csv"] + "so-a,Sở A,yes\n"}, "E_DUPLICATE", "agencies.csv", 5, "agency"),
    "an id no Windows folder can have": ({"agencies": FILES["agencies.csv"] + "lpt1,Sở A,yes\n"}, "E_FORM", "agencies.csv", 5, "agency"),
    "an id too long for a path": ({"agencies": FILES["agencies.csv"] + "a" * 65 + ",Sở A,yes\n"}, "E_FORM", "agencies.csv", 5, "agency"),
    "an id that ends in a dot": ({"agencies": FILES["agencies.csv"] + "so-x.,Sở A,yes\n"}, "E_FORM", "agencies.csv", 5, "agency"),
    "an id in capitals": ({"agencies": FILES["agencies.csv"] + "So-a,Sở A,yes\n"}, "E_FORM", "agencies.csv", 5, "agency"),
    "row twice": ({"claims": CLAIMS + "so-a,2,,,head,40,2024-12-01\n"}, "E_DUPLICATE", "claims.csv", 11, "indicator"),
    "row twice, different": ({"claims": CLAIMS + "so-a,2,,,deputy,40,2024-12-01\n"}, "E_CONFLICT", "claims.csv", 11, "indicator"),
    "unknown column": (claims("option,points", "optoin,points"), "E_COLUMN", "claims.csv", 1, "optoin"),
    "column twice": (claims("option,points", "option,option"), "E_HEADER_DUP", "claims.csv", 1, "option"),
    "column missing": (claims("agency,indicator", "x_agency,indicator"), "E_COLUMN", "claims.csv", 1, "agency"),
    "row too long": (claims("so-a,2,,,head", "so-a,2,,,head,1,2,3"), "E_COLUMNS", "claims.csv", 4, ""),
    "quote left open": ({"claims": CLAIMS + '"so-a'}, "E_CSV", "claims.csv", None, ""),
    "empty file": ({"claims": b""}, "E_EMPTY", "claims.csv", None, ""),
    "header only": ({"agencies": "agency,name_vi\n"}, "E_EMPTY", "agencies.csv", None, ""),
    "file missing": ({"claims": None}, "E_NOT_FOUND", "claims.csv", None, ""),
    "bad day": (claims("40,2024-12-01", "40,2024-13-01"), "E_DATE", "claims.csv", 4, "submitted_on"),
    "Vietnamese day": (claims("40,2024-12-01", "40,01/12/2024"), "E_DATE", "claims.csv", 4, "submitted_on"),
    "unknown option": (claims("deputy", "deputi"), "E_OPTION", "claims.csv", 7, "option"),
    "nought below": (claims("8.5,40", "8.5,0"), "E_ZERO_DIVISION", "claims.csv", 9, "b"),
    "nought over nought": (claims("8.5,40", "0,0"), "E_ZERO_OVER_ZERO", "claims.csv", 9, "b"),
    "homoglyph id": ({"agencies": FILES["agencies.csv"].replace("so-b", "sо-b")}, "E_FORM", "agencies.csv", 3, "agency"),
    "sums": (rows("60,", "70,"), "E_FRAMEWORK_SUM", "indicators.csv", 2, "max_points"),
    "total": (index("total = 100", "total = 1000"), "E_FRAMEWORK_SUM", "index.toml", None, "total"),
    "negative maximum": (rows("20,", "-20,"), "E_RANGE", "indicators.csv", 3, "max_points"),
    "orphan": (rows("1.1,1,", "1.1,9,"), "E_FRAMEWORK", "indicators.csv", 3, "parent"),
    "cycle": (rows("1,,Nhận", "1,1.1,Nhận"), "E_FRAMEWORK", "indicators.csv", 2, "parent"),
    "no rule": (rows(",ratio", ","), "E_FRAMEWORK", "indicators.csv", 4, "rule"),
    "rule": (rows("ratio", "ratoi"), "E_RULE", "indicators.csv", 4, "rule"),
    "decimal comma in a rule": (rows("deputy:1/2", "deputy:0,5"), "E_RULE", "indicators.csv", 5, "rule"),
    "direction": (rows('none:0)",', 'none:0)",-1'), "E_RULE", "indicators.csv", 5, "rule"),
    "cuts": (index("cut = 0.75", "cut = 0"), "E_CUTS", "index.toml", None, "class"),
    "cut out of range": (index("cut = 0.75", "cut = 75"), "E_CUTS", "index.toml", None, "class[1].cut"),
    "duplicate key": (index("total = 100", "total = 100\ntotal = 100"), "E_TOML", "index.toml", 5, ""),
    "mistyped policy": (index("total = 100", 'total = "100"'), "E_TYPE", "index.toml", None, "total"),
    "unknown value": (index("total = 100", 'total = 100\nmissing = "zeor"'), "E_TYPE", "index.toml", None, "missing"),
    "unknown key": (index("total = 100", "totl = 100"), "E_KEY", "index.toml", None, "totl"),
    "infinite in toml": (index("total = 100", "total = inf"), "E_TOML", "index.toml", None, ""),
    "other group": (index('"demo"', '"others"'), "E_IDENTITY", "index.toml", None, "group"),
    "negative seed": (index("[title]", "[sensitivity]\nseed = -1\n[title]"), "E_SEED", "index.toml", None, "sensitivity.seed"),
    "verdict without claim": ({"claims": CLAIMS.replace("so-a,1.10,30,40,,30,2024-12-01\n", "")}, "E_STATE", "verdicts.csv", 4, "reason"),
    "steps": (verdicts("so-a,1.1,2,appeal", "so-a,1.1,3,appeal"), "E_STATE", "verdicts.csv", 2, "step"),
    "appeal first": (verdicts("so-a,1.10,1,verify", "so-a,1.10,1,appeal"), "E_STATE", "verdicts.csv", 4, "stage"),
    "same verifier": (verdicts("council", "verifier 1"), "E_STATE", "verdicts.csv", 3, "decided_by"),
    "appeal without verdict": ({"appeals": FILES["appeals.csv"] + "so-b,2,Xin xem lại,2025-01-15\n"}, "E_STATE", "appeals.csv", 3, "indicator"),
    "unknown reason": (verdicts("thin", "thim"), "E_REASON_UNKNOWN", "verdicts.csv", 2, "reason"),
    "exempt unknown": ({"exemptions": "agency,indicator,reason\nso-a,3,x\n"}, "E_INDICATOR_UNKNOWN", "exemptions.csv", 2, "indicator"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_named(tmp_path, name):
    changes, code, file, row, column = CASES[name]
    findings = check(write(tmp_path, **changes), 2024, "demo")
    found = [f for f in findings if f.code == code and f.file.endswith(file) and (row is None or f.row == row)]
    assert found, findings
    assert any(f.column == column for f in found), found
    for f in findings:
        for lang in ("vi", "en"):
            said = worded(f, lang)
            assert all(said.values()) and "{" not in "".join(said.values())


def test_the_valid_folder_is_valid(tmp_path):
    assert check(write(tmp_path), 2024, "demo") == []


def test_everything_at_once(tmp_path):
    broken = {**claims("8.5,40", "8.5đ,40"), **rows("ratio", "ratoi"), **index("total = 100", "totl = 100")}
    codes = {f.code for f in check(write(tmp_path, **broken))}
    assert codes >= {"E_NUMBER", "E_KEY"}
    with pytest.raises(Refusal) as refused:
        read_case(tmp_path, 2024, "demo")
    assert len(refused.value.findings) >= 2


def test_names_that_look_missing_are_text(tmp_path):
    case = read_case(
        write(tmp_path, agencies="agency,name_vi,ranked\nso-a,NA,yes\nso-b,null,yes\n001,None,yes\n"), 2024, "demo"
    )
    assert case.agencies["name_vi"].tolist() == ["NA", "null", "None"]


def test_decomposed_text_loads_normalised(tmp_path):
    nfd = unicodedata.normalize("NFD", FILES["agencies.csv"]).replace("Sở B".encode().decode(), "Sở B\u00a0")
    root = write(tmp_path, agencies=nfd)
    assert [f.code for f in check(root)] == ["W_NORMALISED"]
    assert read_case(root, 2024, "demo").agencies["name_vi"].tolist() == ["Sở A", "Sở B", "Sở C"]


@pytest.mark.parametrize("encoding, guess", [("utf-16", "UTF-16"), ("cp1258", "Windows-1258")])
def test_other_encodings_are_named(tmp_path, encoding, guess):
    text = "agency,name_vi,ranked\nso-a,Đơn vị Ưu tư,yes\nso-b,Đường,yes\n001,Đất,yes\n"
    data = unicodedata.normalize("NFD", text).replace("D\u031b", "D").encode(encoding, "ignore")
    found = [f for f in check(write(tmp_path, agencies=data)) if f.code == "E_ENCODING"]
    assert found and found[0].facts["guess"] == guess


def test_bom_and_row_order_do_not_matter(tmp_path):
    from dxlib.index import score, to_csv

    header, *lines = CLAIMS.strip().split("\n")
    plain = score(read_case(write(tmp_path / "a"), 2024, "demo"))
    turned = "\n".join([header, *reversed(lines)]) + "\n"
    columns = list(zip(*(line.split(",") for line in turned.strip().split("\n")), strict=True))[::-1]
    mixed = "\r\n".join(",".join(row) for row in zip(*columns, strict=True)) + "\r\n"
    other = score(read_case(write(tmp_path / "b", claims=b"\xef\xbb\xbf" + mixed.encode()), 2024, "demo"))
    assert to_csv(plain) == to_csv(other)


def test_a_file_saved_by_a_vietnamese_excel_gets_one_answer(tmp_path):
    mangled = (
        CLAIMS.replace("8.5", "8;5")
        .replace(",", ";")
        .replace("8;5", "8,5", 1)
        .replace("8;5", "8,5")
        .replace("2024-12-01", "01/12/2024")
    )
    findings = check(write(tmp_path, claims=mangled.encode("utf-8")))
    excel = [f for f in findings if f.code == "E_EXCEL"]
    assert len(excel) == 1 and excel[0].facts["commas"] == 2 and excel[0].facts["dates"] == 9
    assert [f for f in findings if f.severity == "error"] == excel


@pytest.mark.parametrize("year", ["2024 ", "２０２４", "2024.0", "2024\n", "", "../2024"])
def test_year_form(tmp_path, year):
    with pytest.raises(Refusal) as refused:
        read_case(write(tmp_path), year, "demo")
    assert refused.value.findings[0].code == "E_PARAM"


@pytest.mark.parametrize("group", ["../x", "con", "", "a" * 300, "Demo", "demo\n", "a/b"])
def test_group_form(tmp_path, group):
    with pytest.raises(Refusal) as refused:
        read_case(write(tmp_path), "2024", group)
    assert refused.value.findings[0].code == "E_PARAM"


def test_front_door_names_findings_and_exits_with_one(tmp_path):
    root = write(tmp_path, **claims("8.5,40", "8.5đ,40"))
    for words in (["check"], ["score", "2024", "demo"], ["compare", "2024", "demo", "--to-on", "claimed"]):
        call = [sys.executable, "-m", "dxlib", *words, "--data", str(root)]
        done = subprocess.run(call, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert "claims.csv" in done.stdout + done.stderr and "dòng 9" in done.stdout + done.stderr
    done = subprocess.run(
        [*call[:3], "check", "--json", "--data", str(root)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert json.loads(done.stdout)[0]["code"] == "E_NUMBER"
    assert subprocess.run([*call[:3], "chekc"], capture_output=True, check=False).returncode == 2


def test_a_frozen_case_cannot_be_changed_through_its_tables(tmp_path):
    case = read_case(write(tmp_path), 2024, "demo")
    claims = case.claims
    claims["a"] = "0"
    assert case.claims["a"].tolist()[0] == "4"
