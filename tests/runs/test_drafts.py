"""Papers for signature in the batch: which there are, whose template, what becomes of a decision that no longer holds."""

import re
import subprocess

import docx
import pytest

from dxlib.audit import main
from dxlib.runs import run
from dxlib.runs.matrix import PAPERS, Job, papers

PLACE = "internal/2025/communes"
DECISION = f"{PLACE}/quyet-dinh.docx"
PRINTED = re.compile(r"\b[0-9a-f]{4}\s[0-9a-f]{4}\s[0-9a-f]{4}\b")


def brief(desk, **chosen):
    given = {"years": ["2025"], "notebooks": ["brief"], "langs": ["vi"], "jobs": 1, **chosen}
    (outcome,) = run(desk.data, desk.reports, **given).outcomes
    return outcome


def own(desk, paper, line):
    (desk.data / "templates").mkdir(exist_ok=True)
    made = docx.Document()
    made.add_paragraph(line)
    made.save(desk.data / "templates" / f"{paper}.docx")


def first_line(desk, paper):
    return docx.Document(desk.reports / PLACE / f"{paper}.docx").paragraphs[0].text


def test_papers_go_with_the_vietnamese_brief_and_a_decision_only_with_a_final_result():
    vi, en = (Job("2025", "x", "brief", lang, "internal") for lang in ("vi", "en"))
    assert papers(vi, 2, False) == PAPERS and papers(vi, 2, True) == ("to-trinh",)
    assert (
        papers(vi, 1, False)
        == papers(en, 9, False)
        == papers(Job("2025", "x", "report", "vi", "public"), 9, False)
        == ()
    )


def test_an_own_template_wins_and_counts_and_a_decision_ends_with_its_result(desk):
    assert {p for p in brief(desk).products if p.endswith("docx")} == {f"{PLACE}/{paper}.docx" for paper in PAPERS}
    before = (desk.reports / PLACE / "brief.vi.html").read_text("utf-8")

    own(desk, "quyet-dinh", "Mẫu của tỉnh {{ fingerprint }}")
    assert brief(desk).status == "made"
    short = first_line(desk, "quyet-dinh").removeprefix("Mẫu của tỉnh ").replace("\u00a0", " ")
    after = (desk.reports / PLACE / "brief.vi.html").read_text("utf-8")
    assert short in after and short not in before and len(short) == 14

    kept = desk.products()
    own(desk, "quyet-dinh", "{{ titel }}")
    failed = brief(desk)
    about = {f"internal/{name}" for name in ("record.json", "SHA256SUMS", "root.txt", "failures.html", "failures.en.html")}
    left = desk.products()
    assert failed.status == "failed" and {p: d for p, d in left.items() if p not in about} == {
        p: d for p, d in kept.items() if p not in about
    }
    assert [(f.reason, f.file, f.value) for f in failed.findings] == [
        ("template_unknown", "templates/quyet-dinh.docx", "titel")
    ]

    (desk.data / "2025" / "communes" / "verdicts.csv").unlink()
    assert brief(desk).status == "made"  # a template that is not needed does no harm
    assert DECISION in kept and DECISION not in desk.products() and f"{PLACE}/to-trinh.docx" in desk.products()


@pytest.mark.real("poppler")
def test_what_is_printed_on_paper_and_in_the_decision_leads_to_the_record(desk):
    brief(desk)
    paper = desk.reports / PLACE / "brief.vi.pdf"
    printed = subprocess.run(["pdftotext", str(paper), "-"], check=True, capture_output=True, text=True).stdout
    draft = docx.Document(desk.reports / DECISION)
    cells = [cell.text for table in draft.tables for row in table.rows for cell in row.cells]
    drafted = "\n".join(
        [*(p.text for p in draft.paragraphs), *cells, *(s.footer.paragraphs[0].text for s in draft.sections)]
    )
    (short,), (copied,) = set(PRINTED.findall(printed)), set(PRINTED.findall(drafted))
    assert short.split() == copied.split()
    folder = str(desk.reports / "internal")
    assert main([folder, "--fingerprint", short]) == main([folder, "--fingerprint", copied]) == 0
    assert main([folder, "--fingerprint", short[::-1]]) == 1
