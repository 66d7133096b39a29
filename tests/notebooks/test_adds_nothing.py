"""The notebook adds nothing: what it shows is, byte for byte, what the library returns; and what the pages then hold."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import papermill
import pytest
from provinces import HOSTILE, LONG, claimed, measured

import dxlib
from dxlib.languages import LANGUAGES
from dxlib.publish import html, pdf
from dxlib.publish.page import script
from dxlib.runs.kernel import OwnInterpreter
from dxlib.words import catalogue, number

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SCRIPTS = Path(__file__).resolve().parents[2] / "dxlib" / "publish" / "script"
PAGES = [
    ("report", "2024", "departments", "vi"), ("verification", "2024", "departments", "vi"),
    ("sensitivity", "2024", "departments", "vi"), ("report", "2018", "countries", "vi"),
    ("sensitivity", "2018", "countries", "vi"), ("verification", "2018", "countries", "en"),
    ("status", "2024", "departments", "vi"), ("trend", "2024", "departments", "vi"),
    ("brief", "2024", "departments", "vi"), ("brief", "2018", "countries", "en"),
]  # fmt: skip


@pytest.fixture(scope="module")
def provinces(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("provinces")
    claimed(root)
    measured(root)
    return root


@pytest.fixture(scope="module", params=PAGES, ids="-".join)
def executed(request, provinces, tmp_path_factory):
    """(name, parameters, executed notebook)"""
    name, year, group, lang = request.param
    given = {"root": str(provinces), "year": year, "group": group, "lang": lang}
    given |= {"draws": 200} if name == "sensitivity" else {}
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    out = tmp_path_factory.mktemp("executed") / "out.ipynb"
    done = papermill.execute_notebook(
        notebook, str(out), given, kernel_name="python3", progress_bar=False, kernel_manager_class=OwnInterpreter
    )
    return name, given, done


def marks(name: str, given: dict) -> dict:
    return {
        "lang": given["lang"],
        "title": "Trang thử",
        "reader": "internal" if name in ("verification", "status", "brief") else "public",
        "sample": given["year"] == "2024",
        "provisional": False,
        "fingerprint": "0123456789ab" + "c" * 52,
    }


@pytest.fixture(scope="module")
def page(executed) -> str:
    name, given, notebook = executed
    return html(notebook, **marks(name, given))


def library_blocks(name: str, given: dict) -> list[str]:
    """The blocks of a notebook, made by calling the library in this process."""
    values: dict[str, object] = {}
    shown = []
    for cell in nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = tree.body[-1]
        exec(compile(ast.Module([s for s in tree.body if not isinstance(s, ast.Expr)], []), name, "exec"), values)
        if "parameters" in cell.metadata.get("tags", []):
            values |= given
        if isinstance(last, ast.Expr):
            block = eval(compile(ast.Expression(last.value), name, "eval"), values)
            shown += [block.html()] if block is not None else []
    return shown


def test_the_notebook_shows_what_the_library_returns(executed):
    name, given, notebook = executed
    outputs = [out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]
    assert {out.output_type for out in outputs} <= {"execute_result"}
    blocks = library_blocks(name, given)
    assert blocks and [out.data["text/html"] for out in outputs] == blocks


class Reading(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.rows: list[list[str]] = []
        self.words: list[str] = []
        self.inside = False

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        self.inside = tag in ("td", "th") or (self.inside and tag not in ("tr", "table"))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        self.words.append(data)
        if self.inside:
            self.rows[-1][-1] += data


def read(page: str) -> Reading:
    found = Reading()
    found.feed(page)
    return found


SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)


def scriptless(page: str) -> str:
    return SCRIPT.sub("", page)


def test_pages_run_our_own_scripts_alone(page):
    policy = next(value for name, value in read(page).attributes if name == "content" and "default-src" in value)
    assert policy.startswith("default-src 'none';") and "unsafe-eval" not in policy
    allowed = re.search(r"script-src ([^;]*);", policy).group(1).split()
    own = {script(path.stem, lang) for path in SCRIPTS.glob("*.js") for lang in LANGUAGES}
    words, *scripts = SCRIPT.findall(page)
    assert json.loads(words) and scripts and set(scripts) <= own
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert allowed == [f"'sha256-{digest}'" for digest in digests]


def test_no_page_carries_code_or_asks_for_anything_outside(page):
    found = read(scriptless(page))
    assert not found.tags & {"script", "iframe", "object", "embed", "form", "link", "img", "base", "input"}
    for name, value in found.attributes:
        assert not name.startswith("on") and name not in ("srcdoc", "action", "formaction"), name
        if name in ("src", "href"):
            assert value.startswith("#")
    assert re.findall(r"http-equiv=[\"']?([\w-]+)", page.split("<style>")[0]) == ["Content-Security-Policy"]
    assert "@import" not in page and page.count("url(data:font/woff2;base64,") == 2
    assert page.count("url(") == 2 + page.count("url(#d")  # parts of a drawing
    assert "import dxlib" not in page and "read_case" not in page


FIGURE = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


@pytest.mark.real("poppler")
def test_paper_and_page_show_the_same_figures(executed, page, tmp_path):
    name, given, notebook = executed
    path = tmp_path / "page.pdf"
    path.write_bytes(pdf(notebook, **marks(name, given)))
    paper = subprocess.run(["pdftotext", "-raw", str(path), "-"], check=True, capture_output=True, text=True).stdout
    sheets = {str(number) for number in range(paper.count("\f") + 1)}
    on_page = set(FIGURE.findall(" ".join(read(scriptless(page).partition("</style>")[2]).words)))
    on_paper = set(FIGURE.findall(paper))
    assert on_paper <= on_page | sheets and on_page - sheets <= on_paper


def test_nothing_is_empty_or_unsaid(page):
    words = " ".join(read(scriptless(page).split("</style>")[1]).words)
    assert not re.search(r"\b(nan|NaN|None|NaT|<NA>)\b", words)
    headings = re.findall(r"<h2 id=.*?</h2>(.*?)(?=<h2 id|</main>)", page, re.S)
    assert headings and all(body.strip() for body in headings)


def test_names_are_whole_and_hostile_ones_are_text(executed, page):
    name, given, _ = executed
    cells = {cell for row in read(page).rows for cell in row}
    if given["group"] == "departments" and name not in (
        "status",
        "brief",
    ):  # they list only who owes something, or leads
        assert LONG in cells
        if name == "report":
            assert set(HOSTILE) <= cells
    elif name == "report":
        assert "United Kingdom of Great Britain and Northern Ireland" in cells


def test_nobody_is_named_on_any_page(page):
    assert "CANARY" not in page


def test_a_measured_set_never_speaks_of_claims(executed, page):
    name, given, _ = executed
    if given["group"] != "countries" or name == "verification":
        return
    words = " ".join(read(page).words).lower()
    for phrase in ("thẩm tra", "tự đánh giá", "tự chấm", "verif", "claim", "self score", "phúc tra"):
        assert phrase not in words, phrase


def test_the_ranking_is_the_library_s(executed, page):
    name, given, _ = executed
    if name != "report":
        return
    case = dxlib.read_case(given["root"], given["year"], given["group"])
    scores = dxlib.score(case)
    index = scores[scores["node"] == "index"].dropna(subset=["rank"]).sort_values(["rank", "agency"])
    printed = [row[3].split(" ")[0] for row in read(page).rows if len(row) > 3 and row[0].isdigit()]
    assert printed[: len(index)] == [number(x, "vi", case.settings.points_decimals) for x in index["points"]]


def test_every_policy_is_printed(executed, page):
    name, _given, _ = executed
    if name == "report":
        cells = {cell for row in read(page).rows for cell in row}
        names = [words for key, words in catalogue("vi").items() if re.fullmatch(r"policy\.(?!class|condition)\w+\.name", key)]
        assert len(names) == 9 and set(names) <= cells


def test_verification_of_a_measured_set_says_so_and_nothing_else(executed, page):
    name, given, _ = executed
    if (name, given["group"]) == ("verification", "countries"):
        assert catalogue("en")["verification.measured"] in page and "<table" not in page and "<figure" not in page
