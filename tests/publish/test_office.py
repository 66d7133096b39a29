"""Papers for signature: the figures of the ranking, names letter by letter, the same bytes; whose template, and what is wrong with it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import docx
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from numpy.random import default_rng

import dxlib
from dxlib import robust, verify
from dxlib.errors import Refusal
from dxlib.publish import draft
from dxlib.publish.office import TEMPLATES, fields
from dxlib.runs.matrix import PAPERS
from dxlib.show import draft as page
from dxlib.words import catalogue, finding, name, number, percent

DATA = Path(__file__).resolve().parents[2] / "data"
MARKS = {
    "lang": "vi", "title": "Bản tóm tắt", "reader": "internal", "sample": True, "provisional": False,
    "fingerprint": "0123456789ab" + "c" * 52,
}  # fmt: skip
STRANGE = [
    "A & B <w:t>x</w:t> &amp; &lt;", "{{ title }} {% for x in y %}", "{_{ x }_} {_% y %_}", "“Sở” ‘B’ \"C\"",
    "{# note #} {%p if x %} {%tr endfor %} {{r x}}", "$$ \\frac %%", "</w:t></w:r></w:p>", "{%- x -%}",
]  # fmt: skip
ROW = {"rank": "1", "points": "7,00", "of": "10", "share": "70,00\u00a0%", "label": "Tốt"}
FACTS = {
    "title": "Bộ chỉ số", "year": "2024", "decision": "12/QĐ", "decision_date": "ngày 05 tháng 02 năm 2024",
    "agencies": "8", "ranked": "7", "indicators": "3", "provisional": False, "assessed": ["Đánh giá 8 cơ quan."],
    "verification": ["Đã thẩm tra."], "results": STRANGE, "certainty": ["Chắc chắn."], "notes": ["Ghi chú một."],
    "lists": [{"name": "Danh sách & một", "rows": [{**ROW, "agency": agency} for agency in STRANGE]}],
}  # fmt: skip


def notebook(facts=FACTS):
    block = page.Draft(("Dự thảo.",), facts)
    return new_notebook(
        cells=[new_code_cell("x", outputs=[new_output("execute_result", data=block._repr_mimebundle_())])]
    )


def opened(data: bytes):
    return docx.Document(io.BytesIO(data))


def said(paper) -> str:
    cells = [p for table in paper.tables for row in table.rows for cell in row.cells for p in cell.paragraphs]
    return "\n".join(p.text for p in [*paper.paragraphs, *cells])


def headers(paper) -> list[str]:
    found = [h for s in paper.sections for h in (s.first_page_header, s.header)]
    return ["\n".join(p.text for p in header.paragraphs) for header in found]


@cache
def facts_of(year: str, group: str) -> tuple:
    """(case, scores, draft) as the brief makes them."""
    case = dxlib.read_case(DATA, year, group)
    scores, ledger = dxlib.score(case), verify.ledger(case)
    appealed, _ = verify.appeals(ledger, verify.steps(case))
    unsettled = verify.unsettled(case)
    decisive = verify.decisive_items(case, unsettled, verify.rank_ranges(case, unsettled))
    weights = dxlib.draw_weights(case, 0.2, 50, default_rng(1))
    intervals, exact = dxlib.rank_intervals(case, weights), robust.attainable_ranks(case, 0.2)
    by_agency, _ = dxlib.deviation(case)
    tables = (scores, by_agency, appealed, decisive, intervals, exact)
    return case, scores, page.draft(case, *tables, 0.2, 50, "vi")


@pytest.mark.parametrize("group", ["departments", "communes"])
def test_the_annex_is_the_ranking(group):
    case, scores, drafted = facts_of("2024", group)
    paper = opened(draft(notebook(drafted.facts), "quyet-dinh", **MARKS))
    head, *rows = [[cell.text for cell in row.cells] for row in paper.tables[-1].rows]
    assert head == ["Hạng", "Cơ quan, đơn vị", "Điểm", "Điểm tối đa", "Tỷ lệ", "Xếp loại"]
    index = scores[scores["node"] == "index"].sort_values(["rank", "agency"], na_position="last")
    named = {row["agency"]: name(row, "vi") for row in case.agencies.to_dict("records")}
    bands = [c.name["vi"] for c in case.settings.classes]
    assert rows == [
        [
            number(r["rank"], "vi"), named[r["agency"]], number(r["points"], "vi", case.settings.points_decimals),
            number(r["max_points"], "vi"), percent(r["score"], "vi", 2), bands[r["class"] - 1],
        ]
        for r in index.to_dict("records")
    ]  # fmt: skip
    words = said(paper)
    settings = case.settings
    assert (
        f"Quyết định số {settings.decision} ngày 18 tháng 11 năm\u00a02024" in words and settings.title["vi"] in words
    )
    assert "Điều 3." in words and "{" not in words and "nan" not in words


def test_the_submission_says_what_was_found():
    _, _, drafted = facts_of("2024", "communes")
    words = said(opened(draft(notebook(drafted.facts), "to-trinh", **MARKS)))
    for sentences in ("assessed", "verification", "results", "certainty"):
        assert drafted.facts[sentences] and all(f"- {s}" in words for s in drafted.facts[sentences]), sentences
    assert "0123\u00a04567\u00a089ab" in words and "ký ban hành Quyết định" in words and "{" not in words
    assert len(drafted.facts["verification"]) == 2 and "phúc tra" in drafted.facts["verification"][1]


def test_a_provisional_result_says_so_and_asks_for_no_decision():
    words = opened(draft(notebook({**FACTS, "provisional": True}), "to-trinh", **{**MARKS, "provisional": True}))
    assert "tạm tính" in said(words) and "ký ban hành Quyết định" not in said(words)
    assert all("TẠM TÍNH" in header for header in headers(words))


def test_one_unit_alone_is_not_ranked_and_gets_no_draft():
    assert facts_of("2024", "province")[2] is None


@pytest.mark.parametrize("paper", PAPERS)
def test_every_sheet_carries_its_marks(paper):
    for marks in ({"sample": True, "provisional": True}, {"sample": False, "provisional": False}):
        found = headers(opened(draft(notebook(), paper, **{**MARKS, **marks})))
        assert found and [("SỐ LIỆU MẪU" in h, "TẠM TÍNH" in h) for h in found] == [tuple(marks.values())] * len(found)


@pytest.mark.parametrize("paper", PAPERS)
def test_strange_names_stand_letter_by_letter(paper):
    words = said(opened(draft(notebook(), paper, **MARKS)))
    assert [text for text in STRANGE if text not in words] == []
    spoiled = {**FACTS, "title": "Dòng\nmột\tx\x00\x07\ud800\ufffe\u202ey"}
    assert "Dòng một x     y" in said(opened(draft(notebook(spoiled), paper, **MARKS)))


@pytest.mark.parametrize("paper", PAPERS)
def test_no_person_and_no_time(paper, tmp_path):
    own = docx.Document(TEMPLATES / f"{paper}.docx")
    own.core_properties.author = own.core_properties.last_modified_by = "Nguyễn Văn CANARY"
    own.save(tmp_path / "own.docx")
    data = draft(notebook(), paper, tmp_path / "own.docx", **MARKS)
    facts = opened(data).core_properties
    assert b"CANARY" not in data and facts.author == facts.last_modified_by == ""
    assert facts.created == facts.modified and facts.created.year == 2000 and facts.title == MARKS["title"]
    assert {part.date_time for part in zipfile.ZipFile(io.BytesIO(data)).infolist()} == {(2000, 1, 1, 0, 0, 0)}


def test_same_bytes_in_another_zone_and_process():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_office import MARKS, PAPERS, draft, notebook\n"
        "for paper in PAPERS: sys.stdout.buffer.write(draft(notebook(), paper, **MARKS))"
    )
    given = {**os.environ, "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    other = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)], check=True, capture_output=True, env=given
    )
    assert other.stdout == b"".join(draft(notebook(), paper, **MARKS) for paper in PAPERS)


def template(folder: Path, *lines: str) -> Path:
    own = docx.Document()
    for line in lines:
        own.add_paragraph(line)
    own.save(folder / "own.docx")
    return folder / "own.docx"


def test_an_own_template_wins(tmp_path):
    own = template(
        tmp_path,
        "Sở ta kính trình: {{ title | upper }}",
        "{%p for list in lists %}",
        "{{ list.rows[0].agency }}",
        "{%p endfor %}",
    )
    assert said(opened(draft(notebook(), "to-trinh", own, **MARKS))) == f"Sở ta kính trình: BỘ CHỈ SỐ\n{STRANGE[0]}"


@pytest.mark.parametrize(
    "lines, reason, value",
    [
        (["{{ titel }} {{ jahr }}"], "template_unknown", "jahr titel"),
        (["{%p for list in lists %}", "{{ list.nme }}", "{%p endfor %}"], "template_unknown", "nme"),
        (["{{ title"], "template_syntax", ""),
        (["Mở đầu", "{%p for s in results %}", "{{ s }}"], "template_syntax", ""),
        (["{% endif %}"], "template_syntax", ""),
        (["{{ title | nothing }}"], "template_syntax", ""),
        (["{{ title + 1 }}"], "template_failed", ""),
        (["{{ 1 / 0 }}"], "template_failed", ""),
        (["{{ title.__class__.__mro__ }}"], "template_failed", ""),
        (["{{ cycler.__init__.__globals__ }}"], "template_failed", ""),
        (["trước {% if sample %}", "giữa", "{% endif %} sau", "{% if not sample %}", "x", "{% endif %}"], "", ""),
        (["{% if not sample %} trước", "giữa {% endif %}"], "", ""),
        (["{% if not sample %}<", "x {%r endif %}"], "template_failed", ""),
    ],
    ids=range(13),
)  # fmt: skip
def test_a_wrong_template_is_named(lines, reason, value, tmp_path):
    own = template(tmp_path, *lines)
    if not reason:
        assert opened(draft(notebook(), "to-trinh", own, **MARKS))
        return
    with pytest.raises(Refusal) as refused:
        draft(notebook(), "to-trinh", own, **MARKS)
    found = refused.value.findings
    assert {(f.reason, f.file) for f in found} == {(reason, "templates/to-trinh.docx")}
    assert " ".join(f.value for f in found) == value
    for lang in ("vi", "en"):
        assert all(str(tmp_path) not in words for f in found for words in finding(f, lang).values())


def test_a_nearly_right_name_is_proposed(tmp_path):
    with pytest.raises(Refusal) as refused:
        draft(notebook(), "to-trinh", template(tmp_path, "{{ decisions }}"), **MARKS)
    assert "decision" in finding(refused.value.findings[0], "vi")["remedy"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0 an old .doc", "zip", "part"])
def test_what_is_no_word_document_is_named(data, tmp_path):
    path = tmp_path / "own.docx"
    if isinstance(data, bytes):
        path.write_bytes(data)
    else:
        with zipfile.ZipFile(TEMPLATES / "to-trinh.docx") as old, zipfile.ZipFile(path, "w") as new:
            for part in old.namelist() if data == "part" else ["word/styles.xml"]:
                new.writestr(part, b"<w:broken" if part == "word/document.xml" else old.read(part))
    with pytest.raises(Refusal) as refused:
        draft(notebook(), "to-trinh", path, **MARKS)
    assert refused.value.findings[0].reason == "template_not_word"


def test_a_notebook_without_facts_is_named():
    with pytest.raises(Refusal) as refused:
        draft(new_notebook(cells=[new_code_cell("x")]), "to-trinh", **MARKS)
    assert refused.value.findings[0].reason == "draft_missing"


@pytest.mark.parametrize("paper", PAPERS)
def test_the_form_of_the_decree(paper):
    """Decree 30/2020/NĐ-CP, Appendix I: A4, margins, Times New Roman, number of the sheet from the second on."""
    own = docx.Document(TEMPLATES / f"{paper}.docx")
    for section in own.sections:
        assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
        assert 20 <= round(section.top_margin.mm) <= 25 and 20 <= round(section.bottom_margin.mm) <= 25
        assert 30 <= round(section.left_margin.mm) <= 35 and 15 <= round(section.right_margin.mm) <= 20
        assert section.different_first_page_header_footer
        assert "PAGE" in section.header._element.xml and "PAGE" not in section.first_page_header._element.xml
    fonts = {style.font.name for style in own.styles if hasattr(style, "font")} - {None}
    assert fonts == {"Times New Roman"}
    words = said(own)
    for line in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Nơi nhận:",
        "Kính gửi: " if paper == "to-trinh" else "Điều 1. ",
    ):
        assert line in words, line


@pytest.mark.real("writer")
@pytest.mark.real("poppler")
def test_a_word_processor_prints_it(tmp_path):
    _, _, drafted = facts_of("2024", "communes")
    for paper in PAPERS:
        (tmp_path / f"{paper}.docx").write_bytes(draft(notebook(drafted.facts), paper, **MARKS))
    command = [
        "soffice",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
    ]
    files = [str(tmp_path / f"{paper}.docx") for paper in PAPERS]
    subprocess.run([*command, "--outdir", str(tmp_path), *files], check=True, capture_output=True, timeout=180)
    for paper in PAPERS:
        facts = ask("pdfinfo", tmp_path / f"{paper}.pdf")
        sheets = ask("pdftotext", "-layout", tmp_path / f"{paper}.pdf", "-").split("\f")[:-1]
        assert "A4" in facts and len(sheets) == int(facts.partition("Pages:")[2].split()[0])
        assert all("SỐ LIỆU MẪU" in sheet and "0123 4567 89ab" in " ".join(sheet.split()) for sheet in sheets)
        assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in sheets[0]
    annex = [" ".join(sheet.split()) for sheet in sheets[1:]]  # the decision is the last
    assert len(annex) >= 3 and all("Hạng Cơ quan, đơn vị" in sheet for sheet in annex)
    assert annex[1].startswith("2 ") and "KẾT QUẢ ĐÁNH GIÁ, XẾP HẠNG" in annex[0]
    printed = " ".join(annex)
    for row in drafted.facts["lists"][0]["rows"]:
        assert f"{row['rank']} {row['agency']} {row['points']} {row['of']}" in printed.replace("\u00a0", " "), row


def ask(*command: object) -> str:
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout


def test_the_handbook_names_every_place_to_fill():
    facts = facts_of("2024", "departments")[2].facts
    words = (DATA.parent / "docs" / "trinh-ky.md").read_text(encoding="utf-8")
    assert {n for n in fields(dict(facts)) | {"marks", "fingerprint", "sample"} if f"`{n}`" not in words} == set()
    assert set(FACTS) == set(facts)


def test_the_page_says_which_drafts_there_are():
    drafted = facts_of("2024", "departments")[2]
    assert drafted.sentences == (catalogue("vi")["draft.made"],)
    assert all(f"{paper}.docx" in drafted.sentences[0] for paper in PAPERS)


@pytest.mark.real("writer")
@pytest.mark.parametrize("paper", PAPERS)
def test_a_template_saved_by_another_client_is_still_one(paper, tmp_path):
    command = [
        "soffice",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "docx",
    ]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(TEMPLATES / f"{paper}.docx")],
        check=True,
        capture_output=True,
        timeout=180,
    )
    edited, ours = (opened(draft(notebook(), paper, own, **MARKS)) for own in (tmp_path / f"{paper}.docx", None))
    assert said(edited) == said(ours)
    assert all("SỐ LIỆU MẪU" in header for header in headers(edited) if header)
