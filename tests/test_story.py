"""A year and the next one of a small index, from the empty folder to the page, as its people live them.

Nobody here writes a table by hand: the agencies are entered by `dx register`, the index in the workbook of
`dx tables`, claims, verdicts and appeals in the forms, saved by LibreOffice as a department saves them. Every
number below is worked out by hand from what they said.
"""

import re
import zipfile

import openpyxl
import pandas as pd
import pytest

from dxlib.cli import main
from tests.sheets.desk import resaved

AGENCIES = {"so-a": "Sở A", "so-b": "Sở B", "so-c": "Sở C", "so-d": "Sở D"}
ABOUT = {
    "title.vi": "Bộ chỉ số chuyển đổi số các sở",
    "title.en": "Digital transformation of the departments",
    "decision": "10/QĐ-UBND",
    "decision_date": "15/01/2025",
    "total": 60,
    "calendar.claims_due": "2026-01-15",
    "calendar.verify_to": "2026-02-15",
    "calendar.appeals_until": "2026-02-28",
}
CLASSES = [
    {"name.vi": "Tốt", "name.en": "Good", "cut": 0.8, "includes_cut": "true"},
    {"name.vi": "Khá", "name.en": "Fair", "cut": 0.5, "includes_cut": "true"},
    {"name.vi": "Trung bình", "name.en": "Average", "cut": 0, "includes_cut": "true"},
]
INDICATORS = [
    {"code": "1", "name_vi": "Nhận thức"},
    {"code": "1.1", "parent": "1", "name_vi": "Có kế hoạch năm", "max_points": 10, "rule": "yes_no"},
    {"code": "1.2", "parent": "1", "name_vi": "Cán bộ được tập huấn", "max_points": 20, "rule": "ratio",
     "a_vi": "Số cán bộ đã tập huấn", "b_vi": "Tổng số cán bộ", "kind": "count"},
    {"code": "2", "name_vi": "Hoạt động"},
    {"code": "2.1", "parent": "2", "name_vi": "Ứng dụng dùng chung", "max_points": 10, "rule": "count(2, 10)",
     "a_vi": "Số ứng dụng đang dùng"},
    {"code": "2.2", "parent": "2", "name_vi": "Hồ sơ trực tuyến", "max_points": 20, "rule": "target(80%)",
     "a_vi": "Hồ sơ nộp trực tuyến", "b_vi": "Tổng số hồ sơ", "kind": "count"},
    {"code": "9", "name_vi": "Báo cáo chậm", "rule": "penalty(1, 5)", "a_vi": "Số lần báo cáo chậm"},
]  # fmt: skip
CLAIMS = {
    "so-a": {"1.1": "Có", "1.2": (18, 20), "2.1": (4,), "2.2": (40, 50), "9": (0,)},
    "so-b": {"1.1": "Có", "1.2": (10, 20), "2.1": (3,), "2.2": (30, 50), "9": (1,)},
    "so-c": {"1.1": "Không", "1.2": (20, 20), "2.1": (5,), "2.2": (20, 50), "9": (0,)},
    "so-d": {"1.1": "Có", "1.2": (15, 20), "2.1": (2,), "2.2": (45, 50), "9": (2,)},
}
CLAIMED = {"so-a": 56, "so-b": 40, "so-c": 40, "so-d": 47}
NEXT_CLAIMS = {
    "so-a": {"1.1": "Có", "1.2": (18, 20), "2.1": (5,), "2.2": (40, 50), "9": (0,)},
    "so-bc": {"1.1": "Có", "1.2": (30, 40), "2.1": (6,), "2.2": (50, 100), "9": (0,)},
    "so-d": {"1.1": "Có", "1.2": (15, 20), "2.1": (2,), "2.2": (45, 50), "9": (2,)},
}
MOVED_ON = "KHÁC BẢN ĐÃ KÝ: bản 1, Quyết định số 77/QĐ-UBND"
LAST_LINE = 60  # of a sheet of this index, with room


class Province:
    """One folder of data and its people."""

    def __init__(self, root, capsys):
        self.root, self.data, self.reports, self.capsys = root, root / "data", root / "reports", capsys
        self.data.mkdir()
        self.saved = 0

    def dx(self, command, *more, code=0):
        """What a command printed, after it ended with this code."""
        self.capsys.readouterr()
        got = main([command, *map(str, more), "--data", str(self.data), "--reports", str(self.reports)])
        out, err = self.capsys.readouterr()
        assert got == code, (command, more, out, err)
        return out + err

    def table(self, name, year=2025):
        place = self.data if name in ("register", "lineage") else self.data / f"{year}/departments"
        return pd.read_csv(place / f"{name}.csv", dtype=str, keep_default_na=False)

    def score(self, year=2025):
        """agency -> index and rank."""
        file = self.root / "score.csv"
        self.dx("score", year, "departments", "-o", file)
        table = pd.read_csv(file, dtype={"points": str})
        whole = table[table["node"] == "index"].set_index("agency")
        return {a: (float(p), r) for a, p, r in zip(whole.index, whole["points"], whole["rank"], strict=True)}

    def typed(self, file, fill, rename=None):
        """The file after somebody filled it in and LibreOffice saved it."""
        self.saved += 1
        folder = self.root / f"desk{self.saved}"
        folder.mkdir()
        book = openpyxl.load_workbook(file)
        fill(book)
        path = folder / (rename or file.name)
        book.save(path)
        return resaved([path], folder)[0]


def below(sheet, rows, head=3):
    """Rows typed into a sheet of `dx tables`, under its machine names."""
    column = {cell.value: cell.column for cell in sheet[head]}
    for line, row in enumerate(rows, start=head + 1):
        for name, value in row.items():
            sheet.cell(line, column[name], value)


def beside(sheet, values):
    for line in range(4, sheet.max_row + 1):
        if sheet.cell(line, 1).value in values:
            sheet.cell(line, 2, values[sheet.cell(line, 1).value])


def enter_index(book):
    beside(book["Quy định chung"], ABOUT)
    below(book["Xếp loại"], CLASSES)
    below(book["Chỉ số"], [row | ({"source": "reported"} if "rule" in row else {}) for row in INDICATORS])
    below(book["Cơ quan"], [{"agency": agency, "name_vi": name} for agency, name in AGENCIES.items()])


def claim(answers, submitted_by="Chánh Văn phòng"):
    """What an agency types into its form."""

    def fill(book):
        form = book["Phiếu"]
        form["C6"] = submitted_by
        for line in range(9, form.max_row + 1):
            said = answers.get(form.cell(line, 1).value, ())
            if isinstance(said, str):
                form.cell(line, 7, said)
            else:
                for column, figure in zip((5, 6), said, strict=False):
                    form.cell(line, column, figure)

    return fill


def heads(sheet, name):
    """Line of the heads, and head -> column."""
    line = next(n for n in range(1, LAST_LINE) if sheet.cell(n, 2).value == name or sheet.cell(n, 1).value == name)
    return line, {cell.value: cell.column for cell in sheet[line] if cell.value}


def decide(title, changes, decided_by="Tổ thẩm tra số 1"):
    """What a verifier, or the board, types: accept every line but these.

    changes   (agency's name, code) -> head -> what is typed
    """

    def fill(book):
        sheet = next(s for s in book if s.title.startswith(title))
        line, columns = heads(sheet, "Mã")
        sheet.cell(line - 1, 3, decided_by)
        left = dict(changes)
        for at in range(line + 1, LAST_LINE):
            agency, code = (sheet.cell(at, columns[head]).value for head in ("Cơ quan, đơn vị", "Mã"))
            if code:
                given = left.pop((agency, code), {"Kết luận": "Chấp nhận"})
                for head, value in given.items():
                    sheet.cell(at, columns[head], value)
        assert not left

    return fill


def contest(code):
    """What an agency types that contests one verdict."""

    def fill(book):
        sheet = book.worksheets[0]
        line, columns = heads(sheet, "Mã")
        sheet.cell(line - 2, 3, "Chánh Văn phòng")
        at = next(n for n in range(line + 1, LAST_LINE) if sheet.cell(n, 1).value == code)
        sheet.cell(at, columns["Kiến nghị"], "Kiến nghị")
        sheet.cell(at, columns["Nội dung kiến nghị"], "Đề nghị xem lại số liệu")

    return fill


def words_of(file):
    with zipfile.ZipFile(file) as book:
        return re.sub(r"<[^>]+>", "", book.read("word/document.xml").decode("utf-8"))


SIGNED = ("--role", "Chủ tịch Ủy ban nhân dân tỉnh", "--decision", "77/QĐ-UBND", "--date", "2026-03-10")
AGAIN = (
    *("--role", "Chủ tịch Ủy ban nhân dân tỉnh", "--decision", "91/QĐ-UBND", "--date", "2026-04-02"),
    *("--reason", "Số liệu bổ sung của Sở C"),
)


@pytest.mark.real("libreoffice")
def test_a_year_and_the_next(tmp_path, capsys):
    p = Province(tmp_path, capsys)

    # The agencies, then the index
    for agency, name in AGENCIES.items():
        p.dx("register", "create", "--id", agency, "--name-vi", name, "--level", "department",
             "--date", "2020-01-01", "--act", "NQ 1", "--write")  # fmt: skip
    p.dx("tables", "2025", "departments", "-o", tmp_path / "tables.xlsx")
    p.dx("tables", "--import", p.typed(tmp_path / "tables.xlsx", enter_index))
    p.dx("check", "2025", "departments")

    # Forms go out and come back; one is refused, goes back marked, and comes corrected
    p.dx("forms", "2025", "departments", "-o", tmp_path / "forms")
    forms = {agency: tmp_path / f"forms/2025-departments-{agency}.xlsx" for agency in AGENCIES}
    wrong = CLAIMS["so-d"] | {"1.2": (25, 20)}
    back = {agency: p.typed(forms[agency], claim(CLAIMS[agency])) for agency in ("so-a", "so-b", "so-c")}
    back["so-d"] = p.typed(forms["so-d"], claim(wrong))
    for agency in ("so-a", "so-b", "so-c"):
        form = openpyxl.load_workbook(back[agency], data_only=True)["Phiếu"]
        line = next(n for n in range(9, LAST_LINE) if form.cell(n, 2).value == "Tổng điểm tự chấm")
        assert form.cell(line, 8).value == CLAIMED[agency]
    said = p.dx("intake", "2025", "departments", *back.values(), "--received", "2026-01-10", code=1)
    assert "E_" in said and "so-d" in said
    assert len(p.table("claims")) == 0
    marked = list((p.reports / "internal/2025/departments/returned").glob("*so-d*.xlsx"))
    assert len(marked) == 1
    back["so-d"] = p.typed(marked[0], claim({"1.2": (15, 20)}))
    p.dx("intake", "2025", "departments", *back.values(), "--received", "2026-01-10")
    assert len(p.table("claims")) == 20

    # Verification
    p.dx("worklist", "2025", "departments", "-o", tmp_path / "worklist.xlsx")
    cut = {"Kết luận": "Điều chỉnh", "Lý do": "Số liệu không khớp hệ thống dùng chung"}
    found = {("Sở A", "1.2"): cut | {"a đúng": 15}, ("Sở D", "2.2"): cut | {"a đúng": 30}}
    worklist = p.typed(tmp_path / "worklist.xlsx", decide("Chưa phân công", found))
    p.dx("intake", "2025", "departments", worklist, "--received", "2026-02-10")
    assert p.score() == {"so-a": (53, 1), "so-d": (42, 2), "so-b": (40, 3), "so-c": (40, 3)}

    # Appeals
    p.dx("forms", "2025", "departments", "--stage", "appeal", "-o", tmp_path / "appeals")
    asked = {"so-a": "1.2", "so-d": "2.2"}
    back = [
        p.typed(tmp_path / f"appeals/2025-departments-{agency}-appeal.xlsx", contest(code))
        for agency, code in asked.items()
    ]
    p.dx("intake", "2025", "departments", *back, "--received", "2026-02-20")
    p.dx("run", "--years", "2025", "--lang", "vi")
    said = p.dx("approve", "2025", "departments", *SIGNED, code=1)
    assert "so-a" in said and "so-d" in said
    p.dx("worklist", "2025", "departments", "-o", tmp_path / "board.xlsx")
    kept = {"Kết luận": "Giữ nguyên", "Lý do": "Giữ nguyên kết quả thẩm tra"}
    changed = {"Kết luận": "Điều chỉnh", "a đúng": 35, "Lý do": "Chấp nhận phúc tra"}
    decided = {("Sở A", "1.2"): kept, ("Sở D", "2.2"): changed}
    board = p.typed(tmp_path / "board.xlsx", decide("Phúc tra", decided, "Hội đồng thẩm định"))
    p.dx("intake", "2025", "departments", board, "--received", "2026-03-01")
    first = {"so-a": (53, 1), "so-d": (44.5, 2), "so-b": (40, 3), "so-c": (40, 3)}
    assert p.score() == first

    # The page, and the signature
    p.dx("run", "--years", "2025", "--lang", "vi")
    public, internal = (p.reports / reader / "2025/departments" for reader in ("public", "internal"))
    page = (public / "report.vi.html").read_text(encoding="utf-8")
    assert "44,50" in page and MOVED_ON not in page
    p.dx("approve", "2025", "departments", *SIGNED)
    signed = {name: (public / name).read_bytes() for name in ("report.vi.html", "scorecard/so-c.vi.html")}

    # A late correction: its verdict is of another claim, so it is open again, and nothing can be signed
    late = p.typed(forms["so-c"], claim(CLAIMS["so-c"] | {"1.1": "Có"}))
    said = p.dx("intake", "2025", "departments", late, "--received", "2026-03-20", code=1)
    assert "--reason" in said
    p.dx("intake", "2025", "departments", late, "--received", "2026-03-20", "--reason", "Văn bản 12/VP-KT")
    assert p.score()["so-c"] != p.score()["so-c"] and p.score()["so-a"][0] == 53  # no index until it is judged
    p.dx("run", "--years", "2025", "--lang", "vi")
    assert MOVED_ON in (public / "report.vi.html").read_text(encoding="utf-8")
    said = p.dx("approve", "2025", "departments", *AGAIN, code=1)
    assert "so-c" in said and "1.1" in said
    p.dx("worklist", "2025", "departments", "-o", tmp_path / "again.xlsx")
    again = p.typed(tmp_path / "again.xlsx", decide("Chưa phân công", {}))
    p.dx("intake", "2025", "departments", again, "--received", "2026-03-25")
    assert p.score() == {"so-a": (53, 1), "so-c": (50, 2), "so-d": (44.5, 3), "so-b": (40, 4)}
    verdicts = p.table("verdicts")
    ours = verdicts[(verdicts["agency"] == "so-c") & (verdicts["indicator"] == "1.1")]
    assert ours["judged_option"].tolist() == ["no", "yes"]

    # Signed again: the decision says what it replaces, the page stops saying so, the first version stays as it was
    p.dx("run", "--years", "2025", "--lang", "vi")
    assert "thay thế Quyết định số 77/QĐ-UBND" in words_of(internal / "quyet-dinh.docx")
    assert "--reason" in p.dx("approve", "2025", "departments", *AGAIN[:-2], code=1)
    p.dx("approve", "2025", "departments", *AGAIN)
    p.dx("run", "--years", "2025", "--lang", "vi")
    assert MOVED_ON not in (public / "report.vi.html").read_text(encoding="utf-8")
    kept = p.data / "2025/departments/signed/1"
    assert {name: (kept / name).read_bytes() for name in signed} == signed
    for name in signed:
        assert "đã được thay bằng bản 2" in (public / "v1" / name).read_text(encoding="utf-8")
    p.dx("audit")

    # Two departments become one, and a second year
    p.dx("register", "merge", "so-b", "so-c", "--id", "so-bc", "--name-vi", "Sở B và C",
         "--date", "2026-06-01", "--act", "NQ 2", "--write")  # fmt: skip
    with (p.data / "reasons.csv").open("a", encoding="utf-8") as reasons:
        reasons.write("khac-2026,Lý do của năm sau,A reason of the next year,\n")
    p.dx("new-year", "2026", "--from", "2025")
    assert p.table("agencies", 2026)["agency"].tolist() == ["so-a", "so-d", "so-bc"]
    p.dx("forms", "2026", "departments", "-o", tmp_path / "forms26")
    back = [
        p.typed(tmp_path / f"forms26/2026-departments-{agency}.xlsx", claim(answers))
        for agency, answers in NEXT_CLAIMS.items()
    ]
    p.dx("intake", "2026", "departments", *back, "--received", "2027-01-10")
    p.dx("worklist", "2026", "departments", "-o", tmp_path / "worklist26.xlsx")
    worklist = p.typed(tmp_path / "worklist26.xlsx", decide("Chưa phân công", {}))
    p.dx("intake", "2026", "departments", worklist, "--received", "2027-02-10")
    assert p.score(2026) == {"so-a": (58, 1), "so-bc": (47.5, 2), "so-d": (47, 3)}
    p.dx("compare", "2025", "departments", "--to-year", "2026", "-o", tmp_path / "compare.csv")
    moved = pd.read_csv(tmp_path / "compare.csv", keep_default_na=False).set_index("agency")
    assert moved["change"].to_dict() == {
        **dict.fromkeys(("so-a", "so-d"), "same"), "so-bc": "entered", **dict.fromkeys(("so-b", "so-c"), "left"),
    }  # fmt: skip
    assert moved.loc["so-bc", "flag"] == "M"
    assert float(moved.loc["so-a", "performance"]) == pytest.approx(5 / 60)
    p.dx("run", "--lang", "vi")
    assert "Sở B và C" in (p.reports / "public/2026/departments/report.vi.html").read_text(encoding="utf-8")
    assert {name: (kept / name).read_bytes() for name in signed} == signed

    # What the second year brought (a merger, a new reason) is none of the year that was signed
    assert MOVED_ON not in (public / "report.vi.html").read_text(encoding="utf-8")
    p.dx("audit")
