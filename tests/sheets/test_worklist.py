"""What to verify first, out and back: the choice of the page on verification, decided line by line, in the ledger."""

import datetime
import json
import shutil

import openpyxl
import pandas as pd
import pytest

import dxlib
from dxlib import schema, verify
from dxlib.case import read_before, read_case, read_for_verification
from dxlib.cli import main
from dxlib.errors import Finding
from dxlib.sheets import intake, worklist
from dxlib.sheets.book import filled
from dxlib.sheets.receive import open_workbook
from dxlib.sheets.taking_in import Issued
from dxlib.sheets.worklist_workbook import SEED, items, items_of_identity, worklist_book
from dxlib.sheets.write import write
from dxlib.show import brief, status, verification
from tests.open_claims import CUT, folder
from tests.sheets.desk import DATA, Desk, before_claims, resaved

DAY = datetime.date(2025, 1, 20)


@pytest.fixture
def root(tmp_path):
    """Three agencies have claimed; nothing has been verified."""
    root = tmp_path / "data"
    desk = Desk(root, before_claims(root))
    for agency in desk.people:
        (tmp_path / f"{agency}.xlsx").write_bytes(desk.form(agency))
    out = intake(root, 2024, "departments", sorted(tmp_path.glob("*.xlsx")), received=datetime.date(2025, 1, 15))
    assert out.written
    return root


def listed(root):
    case = read_for_verification(root, 2024, "departments")
    return case, items(case, read_before(root, case).case, capacity=20)


def returned(root, path, typed):
    case, chosen = listed(root)
    book = worklist_book(Issued(case, root).wording("vi"), chosen)
    path.write_bytes(write(filled(book, typed)))
    return path


def test_one_sheet_per_verifier_and_internal_on_every_page(root, tmp_path, capsys):
    file = tmp_path / "list.xlsx"
    argv = ["worklist", "2024", "departments", "-o", str(file), "--data", str(root), "--capacity", "20"]
    assert main(argv) == 0 and "Đã lập danh sách" in capsys.readouterr().out
    case, chosen = listed(root)
    verifiers = {row["code"]: row["verifier"] for row in case.indicators.to_dict("records")}
    book = openpyxl.load_workbook(file)
    assert book.sheetnames[:-2] == sorted({verifiers[item.code] for item in chosen})
    lines = [row for page in book.worksheets[:-2] for row in page.iter_rows(min_row=7, max_col=2, values_only=True)]
    assert len(lines) == len(chosen) and {item.part for item in chosen} == {"risk", "random", "points"}
    assert all("Nội bộ" in page.oddHeader.right.text for page in book.worksheets[:-2])
    assert main(argv) == 1 and "E_EXISTS" in capsys.readouterr().err


@pytest.mark.real("libreoffice")
def test_decisions_come_back_as_verdicts(root, tmp_path):
    case, chosen = listed(root)
    nodes = case.framework.nodes
    figure = next(i for i in chosen if "a" in nodes[i.code].rule.reads)
    other = next(i for i in chosen if i != figure)
    by = case.indicators.set_index("code").loc[figure.code, "verifier"]
    key = f"{figure.agency}/{figure.code}"
    typed = {f"{key}/decision": "Điều chỉnh", f"{key}/a": "1", f"{key}/note": "theo hệ thống", f"by/{by}/decided_by": "Tổ số 1"}
    typed[f"{key}/reason"] = next(iter(Issued(case, root).wording("vi").reasons.values()))
    typed[f"{other.agency}/{other.code}/decision"] = "Chấp nhận"
    path = returned(root, tmp_path / "list.xlsx", typed)
    out = intake(root, 2024, "departments", resaved([path], tmp_path), received=DAY)
    assert out.written, out.findings
    now = read_case(root, 2024, "departments")
    found = now.verdicts.set_index(["agency", "indicator"])
    assert (
        len(found) == 2 and found.loc[(other.agency, other.code), ["a", "b", "option", "points"]].tolist() == [""] * 4
    )
    verdict = found.loc[(figure.agency, figure.code)]
    assert verdict[["step", "stage", "a", "note", "decided_by", "decided_on"]].tolist() == [
        *("1", "verify", "1", "theo hệ thống", "Tổ số 1", "2025-01-20"),
    ]
    assert now.claims.equals(case.claims)


@pytest.mark.parametrize(
    "typed, code, reason",
    [
        ({"a": "1"}, "E_REQUIRED", "verdict_undecided"),
        ({"note": "theo hệ thống"}, "E_REQUIRED", "verdict_undecided"),
        ({"reason": "{first}"}, "E_REQUIRED", "verdict_undecided"),
        ({"decision": "Điều chỉnh"}, "E_STATE", "verdict_unchanged"),
        ({"decision": "Chấp nhận", "a": "1"}, "E_STATE", "verdict_accepts"),
        ({"decision": "Điều chỉnh", "a": "1"}, "E_REQUIRED", "verdict_reason"),
        ({"decision": "Điều chỉnh", "points": "9999", "reason": "x"}, "E_OPTION", "choice_unknown"),
    ],
)
def test_half_a_decision_is_refused_at_its_cell(root, tmp_path, typed, code, reason):
    case, chosen = listed(root)
    item = next(i for i in chosen if "a" in case.framework.nodes[i.code].rule.reads)
    first = next(iter(Issued(case, root).wording("vi").reasons.values()))
    given = {f"{item.agency}/{item.code}/{column}": value.format(first=first) for column, value in typed.items()}
    out = intake(root, 2024, "departments", [returned(root, tmp_path / "list.xlsx", given)], received=DAY)
    (finding,) = out.findings
    assert (finding.code, finding.reason) == (code, reason) and "!" in finding.column and not out.written


def test_figures_beside_points_are_named_at_their_cell(root, tmp_path):
    """The points count: whoever typed a as well may think that it does."""
    case, chosen = listed(root)
    item = next(i for i in chosen if "a" in case.framework.nodes[i.code].rule.reads)
    reason = next(iter(Issued(case, root).wording("vi").reasons.values()))
    typed = {"decision": "Điều chỉnh", "a": "1", "points": "0", "reason": reason}
    given = {f"{item.agency}/{item.code}/{column}": value for column, value in typed.items()}
    out = intake(root, 2024, "departments", [returned(root, tmp_path / "list.xlsx", given)], received=DAY)
    (finding,) = out.findings
    assert (finding.code, finding.reason, finding.value) == ("W_UNREAD", "verdict_points", "1") and out.written
    assert openpyxl.utils.cell.coordinate_from_string(finding.column.rpartition("!")[2])[0] == "J"


def test_what_is_open_again_is_said_and_what_closes_again_is_not(root, tmp_path):
    case, chosen = listed(root)
    item = next(i for i in chosen if "a" in case.framework.nodes[i.code].rule.reads)
    typed = {f"{item.agency}/{item.code}/decision": "Chấp nhận"}
    assert intake(root, 2024, "departments", [returned(root, tmp_path / "list.xlsx", typed)], received=DAY).written
    desk, name = Desk(root, case), f"{item.code}/a"
    answers = desk.typed(item.agency)
    for figure, open_again in ((str(int(float(answers[name])) + 1), True), (answers[name], False)):
        (tmp_path / "again.xlsx").write_bytes(desk.form(item.agency, answers | {name: figure}))
        out = intake(root, 2024, "departments", [tmp_path / "again.xlsx"], received=DAY, reason="đính chính")
        assert ("W_REOPENED" in {f.code for f in out.findings}) == open_again
        assert out.written or not open_again  # the first form again: known, nothing to write
        (tmp_path / "again.xlsx").write_bytes(desk.form(item.agency, answers | {name: figure, "submitted_by": "A"}))


def test_points_above_the_maximum_are_refused_at_their_cell(root, tmp_path):
    case, chosen = listed(root)
    item = next(i for i in chosen if "a" in case.framework.nodes[i.code].rule.reads)
    key = f"{item.agency}/{item.code}"
    why = next(iter(Issued(case, root).wording("vi").reasons.values()))
    typed = {f"{key}/decision": "Điều chỉnh", f"{key}/points": "9999", f"{key}/reason": why}
    out = intake(root, 2024, "departments", [returned(root, tmp_path / "list.xlsx", typed)], received=DAY)
    (finding,) = [f for f in out.findings if f.severity == "error"]
    assert finding.code == "E_RANGE" and "!" in finding.column and finding.file == "list.xlsx"


def test_two_verifiers_with_copies_of_one_list(root, tmp_path):
    """Each sends the whole workbook with its own lines filled in; what stands already is passed over or refused."""
    first, second = listed(root)[1][:2]
    yes = {f"{i.agency}/{i.code}/decision": "Chấp nhận" for i in (first, second)}
    mine = returned(root, tmp_path / "one.xlsx", dict(list(yes.items())[:1]))
    both = returned(root, tmp_path / "two.xlsx", yes)
    assert intake(root, 2024, "departments", [mine], received=DAY).written
    out = intake(root, 2024, "departments", [both], received=DAY)
    assert out.written and len(read_case(root, 2024, "departments").verdicts) == 2


@pytest.mark.parametrize("command", ["worklist", "tables"])
def test_a_name_that_excel_would_not_open_is_refused(command, tmp_path, capsys):
    for given, better in (("list", "list.xlsx"), ("list.xls", "list.xlsx"), ("list.csv", "list.xlsx")):
        assert main([command, "2024", "departments", "-o", str(tmp_path / given)]) == 1
        told = capsys.readouterr().err
        assert "E_IO" in told and f"viết {better} sau -o" in told
    assert not list(tmp_path.iterdir())


def test_nothing_left_to_verify(capsys, tmp_path):
    argv = ["worklist", "2022", "departments", "-o", str(tmp_path / "x.xlsx")]
    assert main(argv) == 1
    assert "E_STATE" in capsys.readouterr().err and not (tmp_path / "x.xlsx").exists()


COUNCIL = "Hội đồng thẩm định"


def decided(path, out, reason="Khớp số liệu và tài liệu kiểm chứng", by=COUNCIL):
    """A worklist in which every line is left as it stands, saved by openpyxl; returns how many lines it has."""
    book, lines = openpyxl.load_workbook(path), 0
    for page in book.worksheets[:-2]:
        heads = {cell.value: cell.column for cell in page[6]}
        page["C5"] = by if page.title == "Phúc tra" else "Tổ số 1"
        for row in range(7, page.max_row + 1):
            lines += 1
            page.cell(row, heads["Kết luận"], "Giữ nguyên" if page.title == "Phúc tra" else "Chấp nhận")
            page.cell(row, heads["Lý do"], reason)
    book.save(out)
    return lines


def told_everywhere(root, year, group, capsys):
    """How many items are open, by everything that says so; they say the same."""
    case = read_for_verification(root, year, group)
    waiting = dxlib.open_items(case)
    capsys.readouterr()
    assert main(["status", year, group, "--data", str(root), "--json"]) == 0
    assert sum(row["open"] for row in json.loads(capsys.readouterr().out)) == len(waiting)
    assert main(["status", year, group, "--data", str(root)]) == 0
    told = verify.scores(case)
    unsettled, ledger = verify.unsettled(case, told), verify.ledger(case, told)
    ranges = verify.rank_ranges(case, unsettled)
    decisive = verify.decisive_items(case, unsettled, ranges)
    appealed, _ = verify.appeals(ledger, verify.steps(case, told))
    said = {
        "status": capsys.readouterr().out,
        "status page": status.summary(case, verify.progress(case, ""), waiting, "", "vi").sentences,
        "verification": verification.open_sentence(case, waiting, "vi").sentences,
        "brief": brief.open_items(case, decisive, ranges, unsettled, appealed, ledger, "vi").sentences,
    }
    words = f"Còn {len(waiting)} mục" if len(waiting) else "Không còn mục nào chờ"
    assert [
        place for place, lines in said.items() if words not in " ".join(lines if place != "status" else [lines])
    ] == []
    return len(waiting)


def played(root, year, group, capacity, capsys, tmp_path, client=lambda path: path):
    """List after list, until nothing is open; returns how many lines each had."""
    run, lengths = ["--data", str(root)], []
    while left := told_everywhere(root, year, group, capsys):
        file, back = tmp_path / f"{len(lengths)}.xlsx", tmp_path / f"{len(lengths)}-back.xlsx"
        argv = ["worklist", year, group, "-o", str(file), "--capacity", str(capacity), "--json", *run]
        assert main(argv) == 0
        told = json.loads(capsys.readouterr().out)
        lengths.append(decided(file, back))
        assert (told["items"], told["open"]) == (lengths[-1], left)
        assert main(["intake", year, group, str(client(back)), *run]) == 0
        assert told_everywhere(root, year, group, capsys) == left - lengths[-1]
    assert main(["worklist", year, group, "-o", str(tmp_path / "x.xlsx"), *run]) == 1
    assert "không còn mục nào chờ" in capsys.readouterr().err
    return lengths


@pytest.fixture
def small(tmp_path):
    """Claims of nothing, penalties, a bonus, and an appeal against a verdict of 6 points."""
    root = folder(tmp_path / "small", [CUT], [("b", "2")])
    (root / "reasons.csv").write_bytes(schema.standard("reasons"))
    return root


def test_list_after_list_ends_with_nothing_open(small, capsys, tmp_path):
    lengths = played(small, "2024", "demo", 2, capsys, tmp_path)
    assert sum(lengths) == 10 and len(lengths) > 2
    case = read_case(small, 2024, "demo")
    found = case.verdicts.set_index(["agency", "indicator", "step"])
    columns = ["stage", "a", "reason", "decided_by"]
    assert found.loc[("b", "2", "2"), columns].tolist() == [
        "appeal",
        "",
        "khop",
        COUNCIL,
    ]  # empty: the verdict in force
    assert found.loc[("a", "5", "1"), columns].tolist() == ["verify", "", "khop", "Tổ số 1"]
    points = dxlib.score(case).set_index(["agency", "node"])["points"]
    assert (points["b", "2"], points["a", "5"]) == (6, 0)


@pytest.mark.real("libreoffice")
def test_the_same_in_libreoffice(small, capsys, tmp_path):
    def client(path):
        return resaved([path], tmp_path)[0]

    assert sum(played(small, "2024", "demo", 60, capsys, tmp_path, client)) == 10


def test_the_sample_is_played_to_its_end(capsys, tmp_path):
    root = tmp_path / "data"
    for year in ("2024", "2025"):
        shutil.copytree(DATA / year / "departments", root / year / "departments")
    for name in ("register", "reasons", "lineage"):
        shutil.copy(DATA / f"{name}.csv", root / f"{name}.csv")
    lengths = played(root, "2025", "departments", 60, capsys, tmp_path)
    assert sum(lengths) == 160 and len(lengths) == 3
    scores = dxlib.score(read_case(root, 2025, "departments"))
    assert scores.loc[scores["node"] == "index", "score"].notna().all()


def answered(root, path, typed):
    """The worklist of the small set with this typed in the line of the appeal, taken in."""
    case = read_for_verification(root, 2024, "demo")
    given = {name if name.startswith("appeal/") else f"b/2/{name}": value for name, value in typed.items()}
    book = worklist_book(Issued(case, root).wording("vi"), items(case, None))
    path.write_bytes(write(filled(book, given)))
    return intake(root, 2024, "demo", [path], received=DAY)


@pytest.mark.parametrize(
    "typed, code, reason, cell",
    [
        ({"decision": "Giữ nguyên", "reason": "Giữ nguyên kết quả thẩm tra"}, "E_REQUIRED", "appeal_unsigned", "C5"),
        ({"decision": "Giữ nguyên", "appeal/decided_by": COUNCIL}, "E_REQUIRED", "verdict_reason", "O7"),
        ({"decision": "Giữ nguyên", "a": "4", "appeal/decided_by": COUNCIL}, "E_STATE", "verdict_accepts", "J7"),
        ({"decision": "Điều chỉnh", "appeal/decided_by": COUNCIL}, "E_STATE", "verdict_unchanged", "J7"),
        ({"a": "4", "appeal/decided_by": COUNCIL}, "E_REQUIRED", "verdict_undecided", "J7"),
        (
            {"decision": "Giữ nguyên", "reason": "Giữ nguyên kết quả thẩm tra", "appeal/decided_by": "tổ 1"},
            *("E_STATE", "appeal_same_verifier", "C5"),
        ),
    ],
)
def test_half_a_decision_of_an_appeal_is_refused_at_its_cell(small, tmp_path, typed, code, reason, cell):
    out = answered(small, tmp_path / "list.xlsx", typed)
    (finding,) = [f for f in out.findings if f.severity == "error"]
    assert (finding.code, finding.reason, finding.column) == (code, reason, f"Phúc tra!{cell}") and not out.written


def test_an_appeal_is_decided_on_what_stands(small, tmp_path):
    """The claim, the verdict with its reason and role, and the grounds stand in the line."""
    path = tmp_path / "list.xlsx"
    typed = {"decision": "Điều chỉnh", "a": "4", "reason": "Chấp nhận phúc tra", "appeal/decided_by": COUNCIL}
    assert answered(small, path, typed).written
    line = [cell.value for cell in openpyxl.load_workbook(path)["Phúc tra"][7]]
    assert line[:9] == ["Cơ quan B", "2", "Hàng 2", "10", "10,00", "5", "6,00 điểm\n3\nTổ 1", "Xem lại", None]
    found = read_case(small, 2024, "demo").verdicts.iloc[-1]
    assert found[["step", "stage", "a", "points", "reason"]].tolist() == ["2", "appeal", "4", "", "chap-nhan-phuc-tra"]


def test_new_figures_take_the_place_of_points_that_were_given_directly(tmp_path):
    """5 points directly; the appeal finds 4 of 5: 8 of 10."""
    direct = ("b", "2", "verify", "Tổ 1", {"points": "5"})
    root = folder(tmp_path / "small", [direct], [("b", "2")])
    (root / "reasons.csv").write_bytes(schema.standard("reasons"))
    typed = {"decision": "Điều chỉnh", "a": "4", "reason": "Chấp nhận phúc tra", "appeal/decided_by": COUNCIL}
    assert answered(root, tmp_path / "1.xlsx", typed).written
    assert dxlib.score(read_case(root, 2024, "demo"), "current").set_index(["agency", "node"])["points"]["b", "2"] == 8


def test_copies_of_one_list_agree_about_an_appeal(small, tmp_path):
    typed = {"decision": "Giữ nguyên", "reason": "Giữ nguyên kết quả thẩm tra", "appeal/decided_by": COUNCIL}
    case = read_for_verification(small, 2024, "demo")
    book = worklist_book(Issued(case, small).wording("vi"), items(case, None))
    both = {"b/2/decision": "Giữ nguyên", "b/2/reason": "Giữ nguyên kết quả thẩm tra", "appeal/decided_by": COUNCIL}
    late = tmp_path / "late.xlsx"
    late.write_bytes(write(filled(book, both | {"a/1/decision": "Chấp nhận"})))
    assert answered(small, tmp_path / "one.xlsx", typed).written
    assert intake(small, 2024, "demo", [late], received=DAY).written
    verdicts = read_case(small, 2024, "demo").verdicts
    assert verdicts[["agency", "indicator", "step"]].values.tolist() == [
        ["b", "2", "1"],
        ["b", "2", "2"],
        ["a", "1", "1"],
    ]


def test_a_list_without_reasons_is_refused_with_the_remedy(tmp_path, capsys):
    root = folder(tmp_path / "small", [CUT], [("b", "2")])
    argv = ["worklist", "2024", "demo", "-o", str(tmp_path / "list.xlsx"), "--data", str(root)]
    assert main(argv) == 1
    told = capsys.readouterr().err
    assert "E_REQUIRED reasons.csv" in told and "dx tables 2024 demo -o so.xlsx" in told
    assert not (tmp_path / "list.xlsx").exists()
    run = ["--data", str(root)]
    assert main(["tables", "2024", "demo", "-o", str(tmp_path / "so.xlsx"), *run]) == 0
    assert main(["tables", "--import", str(tmp_path / "so.xlsx"), *run]) == 0
    assert "khop" in capsys.readouterr().out and main(argv) == 0


def test_the_list_is_that_of_the_published_page(tmp_path, capsys):
    """The drawn claims are those of the seed that index.toml publishes, whatever the notebook has by itself."""
    case = read_for_verification(DATA, 2025, "departments")
    seed = case.settings.sensitivity["seed"]
    path = tmp_path / "list.xlsx"
    argv = ["worklist", "2025", "departments", "-o", str(path), "--data", str(DATA), "--json"]
    assert main(argv) == 0 and seed != SEED
    listed = items(case, read_before(DATA, case).case, seed=seed)
    assert json.loads(capsys.readouterr().out)["items"] == len(listed)
    held = dict(openpyxl.load_workbook(path)["_dx"].iter_rows(max_col=2, values_only=True))
    assert items_of_identity({key: str(value) for key, value in held.items()}) == listed


def opened(path):
    out = open_workbook(path.name, path.read_bytes())
    assert not isinstance(out, Finding) and not out.findings, out
    return out.pages


def test_the_list_points_to_copies_that_hold_values_and_nothing_else(root, tmp_path):
    """Every value of the form at its cell; no formula, no further or hidden sheet; made again to the same bytes."""
    kept = root / "2024" / "departments" / "forms"
    log = pd.read_csv(kept / "received.csv", dtype=str)
    assert all(name.endswith(".received") for name in log["file"])
    for turn in ("a", "b"):
        (tmp_path / turn).mkdir()
        made = worklist(root, 2024, "departments", tmp_path / turn / "list.xlsx", capacity=20)
        assert made.copies == 3 and not made.findings
    copies = sorted((tmp_path / "a" / "received").iterdir())
    assert [p.read_bytes() for p in copies] == [(tmp_path / "b" / "received" / p.name).read_bytes() for p in copies]
    for row, path in zip(log.sort_values("recipient").to_dict("records"), copies, strict=True):
        assert path.name == f"{row['recipient']}-claim-{row['sha256'][:12]}.xlsx"
        sent, copy = opened(kept / row["file"]), opened(path)
        head = "\n".join(str(value) for value in copy.pop("Bản sao").values.values())
        assert row["sha256"] in head and row["received_on"] in head and f"forms/{row['file']}" in head
        assert copy.keys() == sent.keys() - {"_dx", "_lists"}
        assert all(copy[title].values == sent[title].values for title in copy)
        assert not any(page.formulas or page.hidden or page.unseen for page in copy.values())
    pages = openpyxl.load_workbook(tmp_path / "a" / "list.xlsx").worksheets[:-2]
    said = {row[0].comment.text for page in pages for row in page.iter_rows(min_row=7) if row[0].value}
    assert {words.partition("received/")[2] for words in said} <= {path.name for path in copies}


def test_a_list_with_copies_is_taken_in_like_one_without(root, tmp_path):
    worklist(root, 2024, "departments", tmp_path / "list.xlsx", capacity=20)
    out = intake(root, 2024, "departments", [tmp_path / "list.xlsx"], received=DAY)
    assert [f.code for f in out.findings] == ["E_EMPTY"]  # nothing is decided yet, and nothing else is wrong


def test_a_form_that_may_not_be_opened_any_more_has_no_copy_and_says_why(root, tmp_path):
    kept = root / "2024" / "departments" / "forms"
    log = pd.read_csv(kept / "received.csv", dtype=str)["file"]
    (kept / log[0]).write_bytes(b"MZ")
    (kept / log[1]).unlink()
    made = worklist(root, 2024, "departments", tmp_path / "list.xlsx", capacity=20)
    assert made.copies == 1 and {f.reason for f in made.findings} == {"program", "received_missing"}
    assert {f.severity for f in made.findings} == {"warning"}
