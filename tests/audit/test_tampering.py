"""Clever tampering against every value that an auditor may bring.

A forger who owns the folder makes everything in it agree again: record, root, digests, kept versions. What he cannot
change is a number on paper. Each row says which of four numbers refutes it: none, the fingerprint of inputs printed on
a page, the root printed on the signed decision, the root of the whole folder.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dxlib.audit import (
    NOTICE,
    NOTICE_STYLE,
    RECORD,
    ROOT,
    SUMS,
    approval_digest,
    audit,
    canonical,
    digest,
    fingerprint,
    folder_root,
    merkle_root,
    place_leaves,
    rows_of_scores,
)
from dxlib.runs.approve import approve
from tests.runs import desk as desk_module

PLACE = "2025/communes"
REPORT, SCORES = f"{PLACE}/report.vi", f"{PLACE}/tables/scores.csv"


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A public folder with two places, a version that was replaced and one that stands; and its numbers on paper."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(desk_module.__file__).parent)  # where workers find the plain exporter
        desk = desk_module.Desk(tmp_path_factory.mktemp("signed"))
        sign = {"role": "Chủ tịch UBND tỉnh", "day": "2026-03-31"}
        desk.run(langs=["vi"])
        first = approve(desk.data, desk.reports, "2025", "communes", decision="12/QĐ-UBND", **sign)
        claims = desk.data / PLACE / "claims.csv"
        claims.write_text(claims.read_text("utf-8").replace("yes", "no"), encoding="utf-8")
        desk.run(langs=["vi"])
        second = approve(desk.data, desk.reports, "2025", "communes", decision="15/QĐ-UBND", reason="sửa", **sign)
        desk.run(langs=["vi"])
    return desk.reports / "public", first, second


class Forger:
    """A copy of the folder, changed at will and made to agree again."""

    def __init__(self, folder):
        self.folder = folder
        self.record = json.loads((folder / RECORD).read_bytes())

    @property
    def rows(self):
        return self.record["signed"][PLACE]

    @property
    def report(self):
        return self.record["jobs"][REPORT]

    def edit(self, path, old, new):
        data = (self.folder / path).read_bytes()
        assert old.encode() in data, path
        self.write(path, data.replace(old.encode(), new.encode()))

    def write(self, path, data):
        (self.folder / path).write_bytes(data)
        facts = {"sha256": digest(data), "size": len(data)}
        for made in (self.record["index"], *(job["products"] for job in self.record["jobs"].values())):
            if path in made:
                made[path] = facts

    def add(self, path, data):
        self.record["index"][path] = {}
        self.write(path, data)

    def drop(self, path):
        (self.folder / path).unlink()
        for made in (self.record["index"], *(job["products"] for job in self.record["jobs"].values())):
            made.pop(path, None)

    def refingerprint(self):
        """The report's fingerprint after its parts were changed; the sign-off follows."""
        before, self.report["fingerprint"] = self.report["fingerprint"], fingerprint(self.report)
        for row in self.rows:
            if row["fingerprint"] == before:
                row["fingerprint"] = self.report["fingerprint"]

    def kept(self, version):
        """The record of a kept version, to be changed; `agree` writes it."""
        path = f"{PLACE}/v{version}/{RECORD}"
        return path, json.loads((self.folder / path).read_bytes())

    def put_kept(self, path, kept):
        kept["root"] = merkle_root(place_leaves("public", PLACE, kept["jobs"], kept["rows"], kept["signed"]))
        self.write(path, canonical(kept) + b"\n")
        version = path.split("/v")[1].partition("/")[0]
        for row in self.rows:
            if row["version"] == version:
                row["root"] = kept["root"]

    def edit_kept(self, version, name, old, new):
        self.edit(f"{PLACE}/v{version}/{name}", old, new)
        path, kept = self.kept(version)
        data = (self.folder / f"{PLACE}/v{version}/{name}").read_bytes()
        data = NOTICE.sub(rb"\1", data, count=1)
        for job in kept["jobs"].values():
            if f"{PLACE}/{name}" in job["products"]:
                job["products"][f"{PLACE}/{name}"] = {"sha256": digest(data), "size": len(data)}
        self.put_kept(path, kept)

    def agree(self):
        """Everything in the folder says the same again."""
        before = ""
        for row in self.rows if PLACE in self.record["signed"] else ():
            row["previous"], before = before, ""
            before = approval_digest(row)
        for version in ("1", "2"):
            path, kept = self.kept(version) if (self.folder / f"{PLACE}/v{version}/{RECORD}").is_file() else ("", {})
            n = next((i for i, row in enumerate(self.rows) if row["version"] == version), 0) if path else 0
            if path and kept["signed"] != self.rows[:n]:
                kept["signed"] = self.rows[:n]
                self.put_kept(path, kept)
        scores = rows_of_scores((self.folder / SCORES).read_text("utf-8"))
        self.record["rows"][PLACE] = {"root": merkle_root(scores.values()), "agencies": len(scores)}
        self.record["root"] = folder_root(self.record)
        (self.folder / RECORD).write_bytes(canonical(self.record) + b"\n")
        (self.folder / ROOT).write_bytes(f"{self.record['root']}\n".encode())
        paths = sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file())
        lines = [f"{digest((self.folder / p).read_bytes())}  {p}\n" for p in paths if p != SUMS]
        (self.folder / SUMS).write_bytes("".join(lines).encode())


def page(forged):
    forged.edit(f"{PLACE}/report.vi.html", "index    1.0", "index    0.9")


def swapped_pages(forged):
    paths = [f"{place}/report.vi.html" for place in (PLACE, "2024/world")]
    first, second = ((forged.folder / path).read_bytes() for path in paths)
    forged.write(paths[0], second)
    forged.write(paths[1], first)


def score(forged):
    forged.edit(SCORES, ",1,", ",0.99,")


def year_removed(forged):
    shutil.rmtree(forged.folder / "2024")
    forged.record["jobs"] = {name: of for name, of in forged.record["jobs"].items() if not name.startswith("2024")}
    forged.record["rows"].pop("2024/world")


def language_added(forged):
    (forged.folder / f"{PLACE}/report.en.html").write_bytes(b"<p>Another result</p>")
    made = {f"{PLACE}/report.en.html": {"sha256": digest(b"<p>Another result</p>"), "size": 21}}
    forged.record["jobs"][f"{PLACE}/report.en"] = forged.report | {"products": made}


def false_sign_off(forged):
    path, kept = forged.kept("2")
    shutil.copytree(forged.folder / f"{PLACE}/v2", forged.folder / f"{PLACE}/v3")
    for name in list(forged.record["index"]):
        if name.startswith(f"{PLACE}/v2/"):
            forged.record["index"][name.replace("/v2/", "/v3/")] = forged.record["index"][name]
    forged.rows.append(forged.rows[-1] | {"version": "3", "decision": "99/QĐ-UBND", "reason": "bản giả"})
    kept["signed"] = forged.rows[:2]
    forged.put_kept(path.replace("/v2/", "/v3/"), kept)


def sign_off_without_version(forged):
    forged.rows.append(forged.rows[-1] | {"version": "3", "decision": "99/QĐ-UBND", "reason": "bản giả", "root": ""})


def sign_off_removed(forged):
    forged.rows.pop()
    for name in [name for name in forged.record["index"] if name.startswith(f"{PLACE}/v2/")]:
        forged.drop(name)
    shutil.rmtree(forged.folder / f"{PLACE}/v2")
    forged.rows[-1]["fingerprint"] = forged.report["fingerprint"]
    path, kept = forged.kept("1")
    kept["jobs"][REPORT]["inputs"] = forged.report["inputs"]
    kept["jobs"][REPORT]["fingerprint"] = fingerprint(kept["jobs"][REPORT])
    forged.put_kept(path, kept)


def decision_renumbered(forged):
    forged.rows[0]["decision"] = "13/QĐ-UBND"


def last_decision_renumbered(forged):
    forged.rows[-1]["decision"] = "16/QĐ-UBND"


def version_of_the_library(forged):
    forged.report["version"] = "9.9.9"


def warnings(forged):
    forged.report["warnings"] = ["W_NAME"]


def digest_of_content(forged):
    next(iter(forged.report["inputs"].values()))["content"] = "0" * 64


def digest_of_input(forged):
    next(iter(forged.report["inputs"].values()))["bytes"] = "0" * 64
    forged.refingerprint()


def parameters(forged):
    forged.report["parameters"]["on"] = "claimed"
    forged.refingerprint()


def programme(forged):
    forged.report["library"] = "0" * 64
    forged.refingerprint()


def notebook_of_another_page(forged):
    forged.record["jobs"]["2024/world/report.vi"]["notebook"] = "0" * 64
    forged.record["jobs"]["2024/world/report.vi"]["fingerprint"] = fingerprint(forged.record["jobs"]["2024/world/report.vi"])


def replaced_version(forged):
    forged.edit_kept("1", "report.vi.html", "index    1.0", "index    0.9")


def standing_version(forged):
    forged.edit_kept("2", "report.vi.html", "index    1.0", "index    0.9")


def table_of_the_standing_version(forged):
    forged.edit_kept("2", "tables/scores.csv", ",1,", ",0.99,")
    forged.edit(SCORES, ",1,", ",0.99,")


def notice(forged):
    forged.edit(f"{PLACE}/v1/report.vi.html", "sửa", "khác")


def index(forged):
    forged.edit("index.html", "</body>", "<p>Bỏ qua</p></body>")


def crate(forged):
    forged.edit("ro-crate-metadata.json", "dxlib", "other")


def workbook(forged):
    path = next(p for p in forged.report["products"] if p.endswith(".xlsx"))
    forged.write(path, b"PK\x03\x04 forged")


def signed_under_another_report(forged):
    """The table changed; the fingerprint that was signed lives on in a report without pages."""
    forged.edit(SCORES, ",1,", ",0.99,")
    forged.record["jobs"][f"{PLACE}/report.en"] = {**forged.report, "products": {}}
    forged.report["parameters"] = forged.report["parameters"] | {"seed": 1}
    forged.report["fingerprint"] = fingerprint(forged.report)


def page_of_another_place_in_the_version(forged):
    path, kept = forged.kept("2")
    forged.add(f"{PLACE}/v2/correction.html", b"<p>No</p>")
    made = {f"{PLACE}/correction.html": {"sha256": digest(b"<p>No</p>"), "size": 9}}
    kept["jobs"]["2024/world/zz.vi"] = forged.report | {"products": made}
    forged.put_kept(path, kept)


def notice_on_the_version_that_stands(forged):
    style = NOTICE_STYLE
    said = f'<p role="note" data-replaced style="{style}">Bản này đã bị hủy. <a href="../report.vi.html">xem</a></p>'
    page = (forged.folder / f"{PLACE}/v2/report.vi.html").read_bytes()
    forged.write(f"{PLACE}/v2/report.vi.html", said.encode() + page)


def notice_that_covers_the_page(forged):
    forged.edit(f"{PLACE}/v1/report.vi.html", NOTICE_STYLE, "position:fixed;inset:0;background:#fff")


def version_without_a_record(forged):
    (forged.folder / f"{PLACE}/v3").mkdir()
    forged.add(f"{PLACE}/v3/report.vi.html", b"<p>Third</p>")


def record_of_a_version_gone(forged):
    forged.drop(f"{PLACE}/v1/{RECORD}")
    forged.edit(f"{PLACE}/v1/report.vi.html", "index    1.0", "index    0.9")


def link_of_the_notice(forged, to):
    forged.edit(f"{PLACE}/v1/report.vi.html", 'href="../report.vi.html"', f'href="{to}"')


def link_that_browsers_read_as_an_address(forged):
    link_of_the_notice(forged, "\\\\evil.example")


def link_behind_a_blank(forged):
    link_of_the_notice(forged, " //evil.example/x")


def link_in_characters_by_number(forged):
    link_of_the_notice(forged, "&#47;&#47;evil.example/")


def script_in_characters_by_number(forged):
    link_of_the_notice(forged, "javascript&#58;alert(1)")


def file_added(forged):
    forged.add(f"{PLACE}/correction.html", b"<p>No</p>")


NOTHING, INPUTS, DECISION, FOLDER = "nothing", "inputs", "decision", "folder"
TABLE = [  # tampering, which of the numbers refute it; the root of the folder always does
    (page, ""),  # the report shows the sign-off and is another one for it: read v2/, which the decision covers
    (swapped_pages, ""),
    (score, "nothing inputs decision"),  # the signed version holds the table
    (year_removed, ""),
    (language_added, ""),
    (false_sign_off, ""),
    (sign_off_without_version, ""),
    (sign_off_removed, "nothing inputs decision"),  # the version that then stands has other pages
    (decision_renumbered, "decision"),
    (last_decision_renumbered, ""),
    (version_of_the_library, ""),
    (warnings, ""),
    (digest_of_content, ""),
    (digest_of_input, "nothing inputs decision"),  # the kept version says another fingerprint
    (parameters, "nothing inputs decision"),
    (programme, "nothing inputs decision"),
    (notebook_of_another_page, ""),
    (replaced_version, "decision"),  # its root stands in a sign-off that the decision covers
    (standing_version, "decision"),
    (table_of_the_standing_version, "decision"),
    (notice, ""),
    (index, ""),
    (crate, ""),
    (workbook, "nothing inputs decision"),
    (file_added, ""),
    (record_of_a_version_gone, "nothing inputs decision"),
    (link_that_browsers_read_as_an_address, "nothing inputs decision"),
    (link_behind_a_blank, "nothing inputs decision"),
    (link_in_characters_by_number, "nothing inputs decision"),
    (script_in_characters_by_number, "nothing inputs decision"),
    (signed_under_another_report, "nothing inputs decision"),
    (page_of_another_place_in_the_version, "nothing inputs decision"),
    (notice_on_the_version_that_stands, "nothing inputs decision"),
    (notice_that_covers_the_page, "nothing inputs decision"),
    (version_without_a_record, "nothing inputs decision"),
]


@pytest.mark.parametrize(("tamper", "refuted_by"), TABLE, ids=[tamper.__name__ for tamper, _ in TABLE])
def test_what_each_number_refutes(signed, tmp_path, tamper, refuted_by):
    public, _, second = signed
    brought = {
        NOTHING: {},
        INPUTS: {"signed": second["fingerprint"]},
        DECISION: {"root": second["root"]},
        FOLDER: {"root": (public / ROOT).read_text("utf-8").strip()},
    }
    for values in brought.values():
        assert audit(public, **values).confirmed
    shutil.copytree(public, tmp_path / "public")
    forged = Forger(tmp_path / "public")
    tamper(forged)
    forged.agree()
    found = {name: not audit(forged.folder, **values).confirmed for name, values in brought.items()}
    assert found.pop(FOLDER)
    assert {name for name, refuted in found.items() if refuted} == set(refuted_by.split())


def test_the_audit_says_what_the_number_in_hand_is_about(signed):
    public, first, second = signed

    def kinds(**values):
        report = audit(public, **values)
        return report.confirmed, [kind for kind, _ in report.covered]

    assert kinds(root=second["root"]) == (True, ["covers_version", "covers_no_data", "covers_no_truth"])
    former = ["covers_version", "covers_former", "covers_no_data", "covers_no_truth"]
    assert kinds(root=first["root"]) == (True, former)
    printed_in_v1 = first["fingerprint"][:12]
    assert kinds(signed=printed_in_v1) == (True, ["covers_digits", "covers_inputs", "covers_no_page", "covers_no_data"])
    for values in ({"root": "0" * 64}, {"signed": "0" * 12}, {"root": first["fingerprint"]}, {"signed": first["root"]}):
        assert kinds(**values) == (False, ["covers_unmatched"])
