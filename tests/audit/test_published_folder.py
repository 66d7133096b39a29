"""The audit confirms what is as recorded, refutes everything else, and names it."""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxlib import audit as audit_module
from dxlib import schema
from dxlib.audit import (
    NOTICE,
    RECORD,
    ROOT,
    SUMS,
    WORDS,
    Deviation,
    approval_digest,
    audit,
    canonical,
    check_proof,
    content_digest,
    holds,
    leaf,
    main,
    merkle_proof,
    merkle_root,
    node,
    prove,
    records,
    rows_of_scores,
    safe,
    worded,
)
from dxlib.runs.fingerprint import fingerprint

HERE = Path(audit_module.__file__)
PLACES = ("2024/communes", "2024/province")
AGENCIES = ("xa-an-binh", "xa-an-hoa", "phuong-1", "xa-tan-phu", "xa-my-long")
INPUTS = {
    "reasons.csv": "code,name_vi\nlate,nộp muộn\n",
    "2024/communes/index.toml": 'year = "2024"\ntotal = 100\n',
    "2024/communes/claims.csv": "agency,indicator,a\nxa-an-binh,1.1,5\nxa-an-hoa,1.1,7\n",
    "2024/province/index.toml": 'year = "2024"\n',
    "2024/province/claims.csv": "agency,indicator,a\nso-nv,1.1,0.5\n",
}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def scores(place: str) -> str:
    year, group = place.split("/")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["year", "group", "agency", "node", "points", "mark"])
    for i, agency in enumerate(AGENCIES):
        writer.writerows([[year, group, agency, n, f"{i}.5{n[-1]}", "SỐ LIỆU MẪU"] for n in ("index", "1", "1.1")])
    return "\ufeff" + out.getvalue()


def sign(rows: list[dict[str, str]], **row: str) -> list[dict[str, str]]:
    columns = [field["name"] for field in schema.table("approvals")["fields"]]
    made = dict.fromkeys(columns, "") | row
    return [*rows, made | {"previous": approval_digest(rows[-1]) if rows else ""}]


def tree(leaves: list) -> str:
    texts = (json.dumps(of, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() for of in leaves)
    return root_by_definition(list(texts)).hex()


class Published:
    """A folder in the format that was agreed, made without the audit's own readers, and the data behind it."""

    def __init__(self, home: Path):
        self.folder, self.data = home / "public", home / "data"
        for path, text in INPUTS.items():
            self.put(self.data / path, text.encode())
        self.record: dict = {
            "format": "dxlib-record-2",
            "reader": "public",
            "jobs": {},
            "index": self.products({"index.html": "<p>Mục lục</p>", "index.en.html": "<p>Index</p>"}),
            "rows": {},
            "signed": {},
        }
        for place in PLACES:
            table = scores(place)
            leaves = rows_of_scores(table)
            self.record["rows"][place] = {"root": merkle_root(leaves.values()), "agencies": len(leaves)}
            for lang in ("vi", "en"):
                self.job(
                    f"{place}/report.{lang}", {f"report.{lang}.html": f"<p>{lang}</p>", "tables/scores.csv": table}
                )
            self.job(f"{place}/scorecard.vi", {f"scorecard/{agency}.vi.html": agency for agency in AGENCIES})
        self.sign()
        self.write()

    def put(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def products(self, texts: dict[str, str]) -> dict:
        for path, text in texts.items():
            self.put(self.folder / path, text.encode())
        return {path: {"sha256": sha(text.encode()), "size": len(text.encode())} for path, text in texts.items()}

    def job(self, name: str, texts: dict[str, str]) -> None:
        place, _, page = name.rpartition("/")
        inputs = {path: text.encode() for path, text in INPUTS.items() if path.startswith((place, "reasons"))}
        made = {
            "inputs": {path: {"bytes": sha(of), "content": content_digest(path, of)} for path, of in inputs.items()},
            "parameters": {"lang": page[-2:], "seed": 7, "half_width": "0.25", "chart": True},
            **{part: sha(part.encode()) for part in ("library", "notebook", "lock")},
            "version": "0.3.0",
            "warnings": ["W_EMPTY"],
            "root": None,
            "products": self.products({f"{place}/{path}": text for path, text in texts.items()}),
        }
        of_bytes = {path: sha(of) for path, of in inputs.items()}
        made["fingerprint"] = fingerprint(of_bytes, made["parameters"], made["library"], made["notebook"], made["lock"])
        self.record["jobs"][name] = made

    def sign(self) -> None:
        now = self.record["jobs"]["2024/communes/report.vi"]["fingerprint"]
        rows = sign([], version="1", fingerprint="a" * 64, decision="12/QĐ-UBND", date="2025-01-10", role="Chủ tịch")
        rows = sign(rows, version="2", fingerprint=now, decision="15/QĐ-UBND", date="2025-02-01", reason="sửa số liệu")
        self.record["signed"]["2024/communes"] = rows
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self.put(self.data / "2024/communes/approvals.csv", out.getvalue().encode())

    def write(self, root: bool = True, sums: bool = True) -> None:
        if root:
            self.record["root"] = self.root()
        if isinstance(self.record.get("root"), str):
            self.put(self.folder / ROOT, f"{self.record['root']}\n".encode())
        text = json.dumps(self.record, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
        self.put(self.folder / RECORD, text.encode())
        if sums:
            self.write_sums()

    def place(self, place: str) -> list:
        """The leaves of a year and group, as docs/audit.md tells them."""
        rows, signed, jobs = (self.record[part] for part in ("rows", "signed", "jobs"))
        own = [["job", name, jobs[name]] for name in sorted(jobs) if name.startswith(f"{place}/")]
        head = [["place", "dxlib-record-2", self.record["reader"], place], ["rows", rows.get(place)], ["signed", signed.get(place, [])]]
        return [*head, *own]

    def root(self) -> str:
        places = {name.rpartition("/")[0] for name in self.record["jobs"]}
        places |= {*self.record["rows"], *self.record["signed"]}
        leaves = [["record", "dxlib-record-2", self.record["reader"]]]
        leaves += [["place", place, tree(self.place(place))] for place in sorted(places)]
        leaves += [["file", path, self.record["index"][path]] for path in sorted(self.record["index"])]
        return tree(leaves)

    def write_sums(self) -> None:
        paths = sorted(self.paths() - {SUMS})
        lines = [f"{sha((self.folder / path).read_bytes())}  {path}\n" for path in paths]
        self.put(self.folder / SUMS, "".join(lines).encode())

    def paths(self) -> set[str]:
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}

    def found(self, **options) -> list[tuple[str, str]]:
        return [(of.path, of.kind) for of in audit(self.folder, **options).deviations]


@pytest.fixture
def published(tmp_path) -> Published:
    return Published(tmp_path)


# Trees --------------------------------------------------------------------------------------------------------------

CT = [bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", bytes(range(0x50, 0x58)).hex(), bytes(range(0x60, 0x70)).hex())]  # fmt: skip
CT_ROOTS = [  # google/certificate-transparency, merkle_tree_test.cc: roots of the first 1 to 8 leaves
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def root_by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    n = len(leaves)
    if n < 2:
        return leaf(leaves[0]) if n else hashlib.sha256(b"").digest()
    k = 1
    while k * 2 < n:
        k *= 2
    return node(root_by_definition(leaves[:k]), root_by_definition(leaves[k:]))


def path_by_definition(i: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1, word for word."""
    n = len(leaves)
    if n == 1:
        return []
    k = 1
    while k * 2 < n:
        k *= 2
    if i < k:
        return [*path_by_definition(i, leaves[:k]), root_by_definition(leaves[k:])]
    return [*path_by_definition(i - k, leaves[k:]), root_by_definition(leaves[:k])]


@pytest.mark.parametrize("n", range(1, 9))
def test_roots_as_published(n):
    assert merkle_root(CT[:n]) == CT_ROOTS[n - 1]


def test_root_of_nothing():
    assert merkle_root([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("n", range(10))
def test_every_proof_of_small_trees(n):
    leaves = [bytes([i]) for i in range(n)]
    root = merkle_root(leaves)
    assert not check_proof(b"", 0, n, [], root) and not check_proof(b"", -1, n, [], root)
    for i in range(n):
        proof = merkle_proof(leaves, i)
        assert [bytes.fromhex(h) for h in proof] == path_by_definition(i, leaves)
        assert check_proof(leaves[i], i, n, proof, root)
        assert len(proof) <= max(n - 1, 0).bit_length()
        assert not check_proof(leaves[i], i, n, [*proof, "00" * 32], root)
        assert not check_proof(leaves[i], n, n, proof, root)
        if n > 1:
            assert not check_proof(leaves[i], i, n, proof[:-1], root)
            assert not check_proof(leaves[i], (i + 1) % n, n, proof, root)
            assert not check_proof(b"other", i, n, proof, root)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=70), st.data())
def test_trees_are_those_of_the_definition(leaves, data):
    i = data.draw(st.integers(0, len(leaves) - 1))
    root, proof = merkle_root(leaves), merkle_proof(leaves, i)
    assert root == root_by_definition(leaves).hex()
    assert [bytes.fromhex(h) for h in proof] == path_by_definition(i, leaves)
    assert check_proof(leaves[i], i, len(leaves), proof, root)
    assert not check_proof(leaves[i] + b"x", i, len(leaves), proof, root)


def test_a_node_cannot_pass_for_a_leaf():
    a, b = leaf(b"a"), leaf(b"b")
    assert merkle_root([b"a", b"b"]) != merkle_root([a + b])


# Digests ------------------------------------------------------------------------------------------------------------


def test_canonical_is_one_spelling():
    assert canonical({"b": [1, True, None], "a": "ạ\n"}) == '{"a":"ạ\\n","b":[1,true,null]}'.encode()
    for value in (1.0, {"a": [0.5]}, [float("nan")], {"a": ({"b": 1e9},)}):
        with pytest.raises(TypeError):
            canonical(value)


@given(
    st.lists(st.lists(st.text('ạa,"\n1é;', max_size=4), min_size=2, max_size=2), min_size=1, max_size=6), st.randoms()
)
def test_content_is_the_same_in_other_bytes(rows, chance):
    def written(rows: list[list[str]], **how) -> str:
        out = io.StringIO()
        csv.writer(out, **how).writerows([["m", "n"], *rows])
        return out.getvalue()

    plain = content_digest("t.csv", written(rows, lineterminator="\n").encode())
    chance.shuffle(rows)
    anew = written(rows, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    assert content_digest("t.csv", unicodedata.normalize("NFD", anew).encode("utf-8-sig")) == plain
    other = [[*rows[0][:1], rows[0][1] + "x"], *rows[1:]]
    assert content_digest("t.csv", written(other, lineterminator="\n").encode()) != plain


def test_content_of_other_files():
    assert content_digest("index.toml", b"a = 1\r\n") == content_digest("index.toml", b"a = 1\n") == sha(b"a = 1\n")
    assert content_digest("e/x.pdf", b"%PDF\r\n") == sha(b"%PDF\r\n") != content_digest("e/x.pdf", b"%PDF\n")
    for broken in (b"\xff\xfea", b'a,"b\n', b""):
        assert content_digest("t.csv", broken) == sha(broken)


def test_rows_of_scores_are_lines_as_they_stand():
    text = '\ufeffyear,group,agency,name\r\n2024,c,b,"x ""q"",\ny"\r\n2024,c,a,1\n\n2024,c,b,2'
    assert rows_of_scores(text) == {"b": b'2024,c,b,"x ""q"",\ny"\n2024,c,b,2', "a": b"2024,c,a,1"}
    assert list(rows_of_scores(text)) == ["b", "a"]
    assert rows_of_scores("agency,x\n") == {}
    for broken in ("", "x,y\n1,2\n", "x,agency\n1\n", 'agency\n"a\n'):
        with pytest.raises(ValueError):
            rows_of_scores(broken)


# A folder as it should be ---------------------------------------------------------------------------------------------


def test_a_folder_as_published_is_confirmed(published):
    report = audit(published.folder, data=published.data)
    assert report.deviations == () and report.confirmed
    assert report.files == len(published.paths())
    assert report.root == published.record["root"]
    assert report.fingerprints == {job: of["fingerprint"] for job, of in published.record["jobs"].items()}


def test_sha256sum_agrees(published):
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("sha256sum is not here")
    subprocess.run([tool, "-c", "--quiet", "--strict", SUMS], cwd=published.folder, check=True)


def test_a_folder_without_products_is_confirmed(tmp_path):
    record = {"format": "dxlib-record-2", "reader": "internal", "jobs": {}, "index": {}, "rows": {}, "signed": {}}
    root = tree([["record", "dxlib-record-2", "internal"]])
    (tmp_path / RECORD).write_bytes(canonical(record | {"root": root}) + b"\n")
    (tmp_path / ROOT).write_bytes(f"{root}\n".encode())
    digests = {name: sha((tmp_path / name).read_bytes()) for name in (RECORD, ROOT)}
    (tmp_path / SUMS).write_text("".join(f"{of}  {name}\n" for name, of in digests.items()), encoding="utf-8")
    assert audit(tmp_path).confirmed


def test_values_from_outside(published):
    root, now = published.record["root"], published.record["jobs"]["2024/communes/report.vi"]["fingerprint"]
    assert published.found(root=root, signed=now) == published.found(signed=now[:12]) == []
    assert published.found(root="0" * 64) == [(RECORD, "root_outside")]
    assert published.found(signed="0" * 12) == [(RECORD, "fingerprint_outside")]


def test_the_owner_who_rewrites_everything_is_found_by_the_root_alone(published):
    root = published.record["root"]
    page = published.record["index"] | published.products({"index.html": "<p>forged</p>"})
    published.record["index"] = page
    published.write()
    assert published.found() == []
    assert published.found(root=root) == [(RECORD, "root_outside")]


# Everything that can be done to it ------------------------------------------------------------------------------------


def forget_empty_folders(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


BITES = {
    "flip": lambda data, at, chance: data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :],
    "insert": lambda data, at, chance: data[:at] + bytes([chance.randrange(256)]) + data[at:],
    "cut": lambda data, at, chance: data[:at] + data[at + 1 :],
    "tail": lambda data, at, chance: data[:at],
}


def test_random_damage_is_found_and_named(published):
    """A byte flipped, added or removed, a file deleted, added, renamed, swapped: 700 times, in every kind of file."""
    chance = random.Random(20261126)
    whole = {path: (published.folder / path).read_bytes() for path in published.paths()}
    products = sorted(set(whole) - {RECORD, SUMS})
    for turn in range(700):
        path = (RECORD, SUMS, chance.choice(products), chance.choice(products))[turn % 4]
        file, data = published.folder / path, whole[path]
        touched, named = {path}, {path}
        at = chance.randrange(len(data))
        what = chance.choice(("flip", "flip", "flip", "insert", "cut", "tail", "delete", "rename", "add", "swap"))
        if what in BITES:
            file.write_bytes(BITES[what](data, at, chance))
        elif what == "delete":
            file.unlink()
        elif what == "rename":
            other = chance.choice((f"{path}.bak", path[:-1], path.swapcase(), f"2024/{turn}.html"))
            named |= {other}
            touched |= {other}
            (published.folder / other).parent.mkdir(parents=True, exist_ok=True)
            file.rename(published.folder / other)
        elif what == "add":
            touched = named = {chance.choice((f"extra{turn}", f".hidden{turn}", f"2024/communes/report.{turn}.html"))}
            published.put(published.folder / next(iter(touched)), data)
        else:
            other = chance.choice([p for p in whole if whole[p] != data])
            touched = named = {path, other}
            file.write_bytes(whole[other])
            (published.folder / other).write_bytes(data)
        report = audit(published.folder)
        text = "\n".join(worded(of, "en") for of in report.deviations)
        assert not report.confirmed, (turn, what, path)
        assert [name for name in named if name not in text] == [], (turn, what, path, text)
        for back in touched:
            if back in whole:
                (published.folder / back).write_bytes(whole[back])
            else:
                (published.folder / back).unlink()
        if what == "rename":
            forget_empty_folders(published.folder)
    assert published.found() == []


def test_random_damage_to_the_data_is_found_and_named(published):
    chance = random.Random(8)
    whole = {path: (published.data / path).read_bytes() for path in INPUTS}
    for turn in range(500):
        path = chance.choice(sorted(whole))
        file, data, at = published.data / path, whole[path], chance.randrange(len(whole[path]))
        what, moved = chance.choice(("flip", "flip", "insert", "cut", "tail", "delete", "rename")), None
        if what in BITES:
            file.write_bytes(BITES[what](data, at, chance))
        elif what == "delete":
            file.unlink()
        else:
            moved = file.rename(file.with_name(f"{turn}-{file.name}"))
        assert [of for of, _ in published.found(data=published.data)] == [path], (turn, what)
        file.write_bytes(data)
        if moved:
            moved.unlink()
    assert published.found(data=published.data) == []


def test_the_data_folder(published):
    data, place = published.data, "2024/communes"
    claims = data / place / "claims.csv"
    claims.write_bytes(claims.read_bytes().replace(b"\n", b"\r\n"))
    (data / "reasons.csv").unlink()
    (data / "2024/province/claims.csv").write_text("agency,indicator,a\nso-nv,1.1,0.6\n", encoding="utf-8")
    (data / place / "appeals.csv").write_text("agency,indicator,grounds\n", encoding="utf-8")
    (data / place / "notes.txt").write_text("not of the contract", encoding="utf-8")
    assert published.found(data=data) == [
        (f"{place}/appeals.csv", "data_extra"),
        (f"{place}/claims.csv", "data_resaved"),
        ("2024/province/claims.csv", "data_changed"),
        ("reasons.csv", "data_missing"),
    ]


def test_the_data_folder_never_leads_out(published, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n", encoding="utf-8")
    (published.data / "reasons.csv").unlink()
    (published.data / "reasons.csv").symlink_to(tmp_path / "secret.csv")
    assert published.found(data=published.data) == [("reasons.csv", "data_outside")]
    (published.data / "reasons.csv").unlink()
    (published.data / "reasons.csv").mkdir()
    assert published.found(data=published.data) == [("reasons.csv", "special")]


def test_sign_offs_may_be_added_to_the_data_never_changed(published):
    file = published.data / "2024/communes/approvals.csv"
    told = file.read_text("utf-8")
    file.write_text(told + f"3,{'b' * 64},16,2025-03-01,,,x\n", encoding="utf-8")
    assert published.found(data=published.data) == []
    file.write_text(told.replace("15/QĐ", "14/QĐ"), encoding="utf-8")
    assert published.found(data=published.data) == [("2024/communes/approvals.csv", "data_signed")]
    file.write_text(told.splitlines()[0], encoding="utf-8")
    assert published.found(data=published.data) == [("2024/communes/approvals.csv", "data_signed")] * 2
    file.write_bytes(b"\xff")
    assert published.found(data=published.data) == [("2024/communes/approvals.csv", "data_changed")]


def test_what_the_sample_leaves_open_is_the_contract():
    assert {name.removesuffix(".csv") for name in audit_module.READ} == {"index.toml", *schema.CASE_TABLES} - {
        "approvals"
    }


# The record -----------------------------------------------------------------------------------------------------------


def change(record: dict, way: str, value: object) -> None:
    *path, last = way.split(" ")
    for key in path:
        record = record[key]
    if value is KeyError:
        del record[last]
    else:
        record[last] = value


@pytest.mark.parametrize(
    ("way", "value", "where"),
    [
        ("format", "dxlib-record-1", "format"),
        ("reader", "all", "reader"),
        ("root", "A" * 64, "root"),
        ("root", KeyError, "root"),
        ("more", 1, "more"),
        ("jobs", [], "jobs"),
        ("jobs 2024/communes/report.vi lock", KeyError, "jobs[2024/communes/report.vi][lock]"),
        ("jobs 2024/communes/report.vi warnings", [1], "jobs[2024/communes/report.vi][warnings][0]"),
        ("jobs 2024/communes/report.vi parameters x", ["a"], "jobs[2024/communes/report.vi][parameters][x]"),
        ("jobs ../../etc.vi", {}, "jobs[../../etc.vi]"),
        ("index ../x", {"sha256": "0" * 64, "size": 1}, "index[../x]"),
        ("index /etc/passwd", {"sha256": "0" * 64, "size": 1}, "index[/etc/passwd]"),
        ("index C:\\x", {"sha256": "0" * 64, "size": 1}, "index[C:\\\\x]"),
        ("index a//b", {"sha256": "0" * 64, "size": 1}, "index[a//b]"),
        ("index a/./b", {"sha256": "0" * 64, "size": 1}, "index[a/./b]"),
        ("index index.html size", -1, "index[index.html][size]"),
        ("index index.html size", True, "index[index.html][size]"),
        ("rows 2024/communes agencies", "5", "rows[2024/communes][agencies]"),
        ("rows 2024/../x", {}, "rows[2024/../x]"),
        ("signed 2024/communes", {}, "signed[2024/communes]"),
    ],
)
def test_a_record_of_another_form_is_refused_where_it_deviates(published, way, value, where):
    change(published.record, way, value)
    published.write(root=False)
    (of,) = audit(published.folder).deviations
    assert (of.path, of.kind) == (RECORD, "record_form")
    assert where in worded(of, "vi")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 200_000,
        b"1" * 5000,
        b'{"a":1.5}\n',
        b'{"a":NaN}\n',
        b'{"a":"\\ud800"}\n',
        b"\xef\xbb\xbf{}\n",
    ],
)
def test_a_record_that_cannot_be_read(published, data):
    (published.folder / RECORD).write_bytes(data)
    assert published.found() == [(RECORD, "changed"), (RECORD, "record_unreadable")]
    published.write_sums()
    (published.folder / "index.html").write_bytes(b"x")
    assert published.found() == [("index.html", "changed"), (RECORD, "record_unreadable")]


@pytest.mark.parametrize("data", [b"null\n", b"[]\n", b'"x"\n', b"{}\n"])
def test_a_record_that_is_none(published, data):
    (published.folder / RECORD).write_bytes(data)
    published.write_sums()
    assert {kind for _, kind in published.found()} == {"record_form"}


def test_a_record_spelt_otherwise(published):
    file = published.folder / RECORD
    for text in (json.dumps(published.record), json.dumps(published.record, sort_keys=True, indent=1) + "\n"):
        file.write_text(text, encoding="utf-8")
        published.write_sums()
        assert published.found() == [(RECORD, "record_not_canonical")]
    twice = canonical(published.record).replace(b'{"format"', b'{"format":"x","format"', 1) + b"\n"
    file.write_bytes(twice.replace(b'"format":"dx', b'"format":"y","format":"dx', 1))
    published.write_sums()
    assert published.found() == [(RECORD, "record_not_canonical")]


def test_wrong_sums_in_the_record(published):
    record, job = published.record, "2024/communes/report.vi"
    record["root"] = "0" * 64
    record["jobs"][job]["parameters"]["seed"] = 8
    record["rows"]["2024/province"] = {"root": "1" * 64, "agencies": 4}
    published.write(root=False)
    assert published.found() == [
        ("2024/communes", "signed"),
        (job, "fingerprint"),
        ("2024/province/tables/scores.csv", "rows"),
        ("2024/province/tables/scores.csv", "rows_number"),
        (RECORD, "root"),
    ]


@pytest.mark.parametrize("part", ["library", "notebook", "lock"])
def test_every_part_counts_in_the_fingerprint(published, part):
    published.record["jobs"]["2024/province/report.en"][part] = "0" * 64
    published.write()
    assert published.found() == [("2024/province/report.en", "fingerprint")]


def test_the_digest_of_an_input_counts_in_the_fingerprint(published):
    job = published.record["jobs"]["2024/province/report.en"]
    job["inputs"]["reasons.csv"]["bytes"] = "0" * 64
    published.write()
    assert published.found() == [("2024/province/report.en", "fingerprint")]
    assert published.found(data=published.data)[-1] == ("reasons.csv", "data_resaved")


def test_jobs_that_contradict_each_other(published):
    table = "2024/communes/tables/scores.csv"
    published.record["jobs"]["2024/communes/report.en"]["products"][table]["size"] += 1
    published.write()
    assert (table, "contradiction") in published.found()


def test_tables_without_root_and_roots_without_table(published):
    del published.record["rows"]["2024/communes"]
    published.record["rows"]["2023/communes"] = {"root": "0" * 64, "agencies": 0}
    published.write()
    assert published.found() == [
        ("2023/communes/tables/scores.csv", "rows"),
        ("2024/communes/tables/scores.csv", "rows_absent"),
    ]


# Sign-offs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda rows: rows[0].update(decision="13/QĐ-UBND"), [("chain", 2)]),
        (lambda rows: rows[0].update(previous="0" * 64), [("chain", 1), ("chain", 2)]),
        (lambda rows: rows[1].update(previous=""), [("chain", 2)]),
        (lambda rows: rows.pop(0), [("chain", 1)]),
        (lambda rows: rows.reverse(), [("chain", 1), ("chain", 2), ("signed", 2)]),
        (lambda rows: rows.pop(1), [("signed", 1)]),
        (lambda rows: rows[1].update(fingerprint="b" * 64), [("signed", 2)]),
        (lambda rows: rows[1].pop("fingerprint"), [("signed", 2)]),
        (lambda rows: rows.clear(), []),  # the last ones taken away: this is what nobody can see here
    ],
)
def test_the_chain_of_sign_offs(published, damage, found):
    damage(published.record["signed"]["2024/communes"])
    published.write()
    deviations = audit(published.folder).deviations
    assert [(of.kind, of.row) for of in deviations] == found
    assert {of.path for of in deviations} <= {"2024/communes"}


def test_signed_figures_that_are_no_longer_published_are_said(published):
    published.record["signed"]["2024/province"] = sign([], version="1", fingerprint="c" * 64)
    published.write()
    (of,) = audit(published.folder).deviations
    assert "signed figures are no longer those published" in worded(of, "en")
    assert "không phải là số liệu đang công bố" in worded(of, "vi")


def test_reports_stand_in_public_alone_so_that_internal_pages_have_only_the_chain(published):
    record = published.record
    record["reader"] = "internal"
    for job in [job for job in record["jobs"] if "/report." in job]:
        record["jobs"][job.replace("report", "verification")] = record["jobs"].pop(job)
    published.write()
    assert published.found() == []
    record["signed"]["2024/communes"].reverse()
    published.write()
    assert [kind for _, kind in published.found()] == ["chain", "chain"]


# SHA256SUMS -----------------------------------------------------------------------------------------------------------


def test_sums_that_disagree(published):
    file = published.folder / SUMS
    lines = file.read_text("utf-8").splitlines()

    def found(changed: list[str], end: str = "\n") -> list[tuple[str, str]]:
        file.write_bytes(("\n".join(changed) + end).encode())
        return published.found()

    n = next(i for i, line in enumerate(lines) if line.endswith("  index.html"))
    assert found(lines) == []
    assert found(lines[:n] + lines[n + 1 :]) == [("index.html", "sums_lacks")]
    assert found([*lines, "0" * 64 + "  z.html"]) == [("z.html", "sums_surplus")]
    assert found([*lines[:n], "0" * 64 + "  index.html", *lines[n + 1 :]]) == [("index.html", "sums_differs")]
    assert found([lines[-1], *lines[:-1]]) == [(SUMS, "sums_order")]
    assert found([*lines[:n], lines[n], *lines[n:]]) == [(SUMS, "sums_order")]
    assert found([*lines, "nonsense"]) == [(SUMS, "sums_line")]
    assert found([line.replace("  ", " *") for line in lines])[-1] == (ROOT, "sums_lacks")
    assert found(lines, end="") == [(SUMS, "sums_line"), (lines[-1][66:], "sums_lacks")]
    assert (SUMS, "sums_line") in found([], end="")
    file.unlink()
    assert published.found() == [(SUMS, "missing")]
    (published.folder / RECORD).unlink()
    assert published.found() == [(SUMS, "missing"), (RECORD, "missing")]


# Names and kinds of files -----------------------------------------------------------------------------------------------


def test_links_are_named_never_followed(published, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/page.html").write_text("x", encoding="utf-8")
    page = published.folder / "index.html"
    page.rename(tmp_path / "index.html")
    page.symlink_to(tmp_path / "index.html")
    (published.folder / "more").symlink_to(tmp_path / "elsewhere")
    (published.folder / "self").symlink_to(published.folder)
    (published.folder / "nowhere").symlink_to("nothing")
    assert published.found() == [
        ("index.html", "link"),
        ("index.html", "missing"),
        ("more", "link"),
        ("nowhere", "link"),
        ("self", "link"),
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files on this system")
def test_what_is_no_regular_file_is_not_opened(published):
    os.mkfifo(published.folder / "pipe")
    assert published.found() == [("pipe", "special")]


def test_names_that_some_systems_cannot_keep_apart(published):
    for name in (
        "2024/communes/Report.vi.html",
        "2024/Communes/x.html",
        "xã.html",
        unicodedata.normalize("NFD", "xã.html"),
    ):
        published.put(published.folder / name, b"x")
    twins = {of.path: of.found for of in audit(published.folder).deviations if of.kind == "twin"}
    assert twins.pop("2024/communes/report.vi.html") == "2024/communes/Report.vi.html"
    assert twins.pop("2024/communes/Report.vi.html") == "2024/communes/report.vi.html"
    assert twins.pop("2024/communes") == "2024/Communes" and twins.pop("2024/Communes") == "2024/communes"
    assert {safe(name) for name in twins} == {"xã.html", "xa\\u0303.html"}


HOSTILE = [
    "a\nOK: everything confirmed",
    "\x1b[2J\x1b[31mred",
    "\u202egnp.exe",
    "tab\there",
    "\u200b",
    " blank ",
    "back\\slash",
    "\x9b31m",
    "n" * 250,
    "-rf",
    "{found}%s",
    os.fsdecode(b"\xff\xfe-bytes"),
]


def test_hostile_names_are_named_on_one_harmless_line(published, capsys):
    for name in HOSTILE:
        published.put(published.folder / name, b"x")
    assert sorted(published.found()) == sorted((name, "extra") for name in HOSTILE)
    assert main([str(published.folder), "--lang", "en"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("  ") and ": extra" in line for line in lines) == len(HOSTILE)
    assert all(c.isprintable() for line in lines for c in line)
    assert max(map(len, lines[: lines.index("What this audit answers:")])) < 250
    assert "  a\\nOK: everything confirmed: extra, not in the record" in [
        line.replace("\\u000a", "\\n") for line in lines
    ]
    assert main([str(published.folder), "--json"]) == 1
    out = capsys.readouterr().out
    assert out.isascii() and {of["path"] for of in json.loads(out)["deviations"]} == set(HOSTILE)


def test_a_very_deep_folder(published):
    deep = published.folder.joinpath(*["d"] * 300)
    deep.mkdir(parents=True)
    (deep / "x").write_bytes(b"x")
    ((path, kind),) = published.found()
    assert kind == "extra" and path.count("/") == 300
    assert len(worded(Deviation(path, kind), "vi")) < 250


@given(st.text())
def test_safe_text_is_one_printable_line(text):
    line = safe(text)
    assert all(c == " " or c.isprintable() for c in line) and 0 < len(line) < 220


@pytest.mark.welcome
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_named(published):
    (published.folder / "index.html").chmod(0)
    assert ("index.html", "unreadable") in published.found()


# One agency's proof ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agency", AGENCIES)
def test_an_agency_checks_its_own_lines(published, agency):
    proof = prove(published.folder, "2024/communes", agency)
    assert holds(proof) and len(proof["siblings"]) <= 3 and len(proof["lines"]) == 3
    assert proof["rows"] == published.record["rows"]["2024/communes"]
    assert proof["root"] == tree(published.place("2024/communes")) == audit(published.folder).roots["2024/communes"]


def test_a_changed_proof_does_not_hold(published):
    proof = prove(published.folder, "2024/communes", "xa-an-hoa")
    other = prove(published.folder, "2024/communes", "phuong-1")
    for key in proof:
        rows = proof["rows"] | {"agencies": 4}
        wrong = {"index": 4, "rows": rows, "siblings": [], "lines": proof["lines"][:2], "leaves": 9, "above": []}.get(key, "x")
        assert not holds(proof | {key: wrong}), key
        assert not holds({k: v for k, v in proof.items() if k != key}), key
    assert not holds(proof | {"agency": "phuong-1"}) and not holds(other | {"place": "2024/province"})
    assert not holds(proof | {"lines": ["\ud800"]}) and not holds(proof | {"lines": ['"']})
    for value in (None, [], 1, "proof"):
        assert not holds(value)


def test_proofs_on_the_command_line(published, tmp_path, capsys):
    file = tmp_path / "proof.json"
    assert main([str(published.folder), "--proof", "2024/communes", "xa-an-hoa"]) == 0
    text = capsys.readouterr().out
    root = tree(published.place("2024/communes"))
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):  # the last is what Windows PowerShell 5 makes of `>`
        file.write_text(text, encoding=encoding)
        assert main(["--check-proof", str(file), "--lang", "en"]) == 0
        said = capsys.readouterr().out
        assert "xa-an-hoa" in said and root in said and "SỐ LIỆU MẪU" in said
    assert main(["--check-proof", str(file), "--root", root]) == 0
    assert main(["--check-proof", str(file), "--root", "0" * 64]) == 1
    capsys.readouterr()
    assert main(["--check-proof", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["confirmed"] is True
    file.write_text(text.replace('"2024/communes"', '"2024/communes/v7"'), encoding="utf-8")
    assert main(["--check-proof", str(file)]) == 0  # of which version they are is said by the root alone
    assert "v7" not in capsys.readouterr().out
    for data in (b"", b"{", b"null", text.replace("1.5", "9.5").encode(), b"[" * 100_000):
        file.write_bytes(data)
        assert main(["--check-proof", str(file)]) == 1
        assert "BÁC BỎ" in capsys.readouterr().out


@pytest.mark.parametrize("path", [RECORD, "2024/communes/tables/scores.csv"])
def test_no_proof_from_a_table_that_was_changed(published, capsys, path):
    for data in (b"agency\nx\n", b"\xff", None):
        file = published.folder / path
        file.unlink(missing_ok=True)
        if data is not None:
            file.write_bytes(data)
        assert main([str(published.folder), "--proof", "2024/communes", "xa-an-hoa"]) == 1
        out, err = capsys.readouterr()
        assert out == "" and path in err


# The command ----------------------------------------------------------------------------------------------------------


def test_words_are_the_same_in_both_languages():
    fields = [{key: sorted(set(_fields(text))) for key, text in words.items()} for words in WORDS.values()]
    assert fields[0] == fields[1]


def _fields(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]


def test_every_kind_of_deviation_has_words():
    parsed = ast.parse(HERE.read_text("utf-8"))
    made = [n for n in ast.walk(parsed) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "Deviation"]
    kinds = {c.value for n in made for c in ast.walk(n.args[1]) if isinstance(c, ast.Constant)}
    assert len(kinds) > 20
    for kind in kinds | {"data_changed", "data_resaved"}:
        assert worded(Deviation("p", kind), "vi") != worded(Deviation("p", kind), "en")


def test_a_refutation_word_for_word(published, capsys):
    """Every line with its facts on the right side: what was recorded, what is there."""
    folder, record, place = published.folder, published.record, "2024/communes"
    told = {path: published.record["index"][path]["sha256"] for path in record["index"]}
    record["index"]["index.en.html"]["size"] = 99
    record["root"], record["rows"]["2024/province"]["agencies"] = "0" * 64, 7
    record["rows"][place]["root"] = "1" * 64
    record["signed"]["2024/province"] = [
        *sign([], version="1", fingerprint="c" * 64),
        {"previous": "x", "version": "2"},
    ]
    record["jobs"]["2024/province/scorecard.vi"]["fingerprint"] = "2" * 64
    published.write(root=False)
    (folder / "index.html").write_bytes(b"x")
    (folder / f"{place}/report.en.html").unlink()
    (folder / "new.html").write_bytes(b"")
    (folder / "New.html").write_bytes(b"")
    sums = (folder / SUMS).read_text("utf-8").splitlines()
    sums[0], sums[-2] = "?", "3" * 64 + "  record.json"
    (folder / SUMS).write_text("\n".join([*sums, "4" * 64 + "  gone", ""]), encoding="utf-8")
    (published.data / place / "claims.csv").write_text("agency\n", encoding="utf-8")
    (published.data / place / "approvals.csv").write_text("version,fingerprint\n1\n", encoding="utf-8")
    report = audit(folder, root="5" * 64, signed="6" * 12, data=published.data)
    made, jobs, rows = report.root, report.fingerprints, record["signed"]["2024/province"]
    reports = jobs["2024/province/report.vi"]  # the one that is signed
    leaves = merkle_root(rows_of_scores(scores(place)).values())
    claims = record["jobs"][f"{place}/report.vi"]["inputs"][f"{place}/claims.csv"]["bytes"]
    record_now = sha((folder / RECORD).read_bytes())
    assert [worded(of, "en") for of in report.deviations] == [
        "2024/communes/approvals.csv: data: sign-off 1 of the record is no longer there as it was",
        "2024/communes/approvals.csv: data: sign-off 2 of the record is no longer there as it was",
        f"2024/communes/claims.csv: data: content changed (recorded {claims}, now {sha(b'agency' + bytes([10]))})",
        "2024/communes/report.en.html: missing",
        "2024/communes/report.en.html: not in SHA256SUMS",
        f"2024/communes/tables/scores.csv: the lines by agency do not give the root of the record ({'1' * 64}, now {leaves})",
        f"2024/province: the chain of sign-offs is broken at row 2 (previous is “x”, should be “{approval_digest(rows[0])}”)",
        f"2024/province: signed figures are no longer those published (row 2 signed “”, reports have {reports})",
        "2024/province/approvals.csv: data: missing",
        f"2024/province/scorecard.vi: the fingerprint of inputs is said to be {'2' * 64}, but works out as {jobs['2024/province/scorecard.vi']}",
        "2024/province/tables/scores.csv: there are 5 agencies, recorded are 7",
        "New.html: extra, not in the record",
        "New.html: differs from new.html only in letter case or in how accents are encoded",
        "SHA256SUMS: line 1 is malformed: ?",
        f"SHA256SUMS: line {len(sums) + 1} is out of order or repeated: gone",
        "gone: in SHA256SUMS, but not in the record",
        f"index.en.html: other size (recorded 99, now {len('<p>Index</p>')})",
        f"index.html: changed (recorded {told['index.html']}, now {sha(b'x')})",
        "new.html: extra, not in the record",
        "new.html: differs from New.html only in letter case or in how accents are encoded",
        f"record.json: {WORDS['en']['fingerprint_outside'].format(expected='6' * 12)}",
        f"record.json: the root is said to be {'0' * 64}, but works out as {made}",
        f"record.json: nothing has the root that was given, {'5' * 64}; the root of the folder is {made}",
        f"record.json: SHA256SUMS has {'3' * 64}, which is not {record_now}",
    ]  # fmt: skip
    assert {of.row for of in report.deviations if "row" not in _fields(WORDS["en"][of.kind])} == {0}
    assert main([str(folder), "--lang", "en"]) == 1
    lines = capsys.readouterr().out.splitlines()
    end = lines.index(WORDS["en"]["root_said"].format(root=made))
    assert lines[0] == f"REFUTED: deviations found: {end - 1}."
    assert lines[-2:] == [f"  {WORDS['en'][kind]}" for kind in ("covers_nothing", "covers_no_data")]


def test_usage_says_how_many_digits(published, capsys):
    for option in ("--root", "--fingerprint"):
        with pytest.raises(SystemExit):
            main([str(published.folder), option, "xyz", "--lang", "en"])
        assert "xyz: expected 12–64 hex digits" in capsys.readouterr().err


def test_it_says_what_it_cannot_detect_and_what_to_compare(published, capsys):
    for lang, words in (("vi", "XÁC NHẬN"), ("en", "CONFIRMED")):
        assert main([str(published.folder), "--lang", lang]) == 0
        out = capsys.readouterr().out
        assert words in out and WORDS[lang]["covers_nothing"] in out and published.record["root"] in out
        now = published.record["jobs"]["2024/communes/report.vi"]["fingerprint"]
        assert f"{now[:4]} {now[4:8]} {now[8:12]}  2024/communes/report.vi" in out


def test_fingerprints_are_taken_as_printed(published):
    now = published.record["jobs"]["2024/communes/report.vi"]["fingerprint"]
    folder = str(published.folder)
    assert main([folder, "--fingerprint", f"{now[:4]} {now[4:8]} {now[8:12]}"]) == 0
    assert main([folder, "--fingerprint", now.upper(), "--root", published.record["root"]]) == 0
    assert main([folder, "--fingerprint", "0" * 12]) == main([folder, "--root", "0" * 64]) == 1


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["nowhere"],
        ["PATH", "--data", "nowhere"],
        ["PATH", "more"],
        ["PATH", "--nonsense"],
        ["PATH", "--lang", "fr"],
        ["PATH", "--root", "abc"],
        ["PATH", "--root", "g" * 64],
        ["PATH", "--fingerprint", "abcd"],
        ["PATH", "--fingerprint", "a" * 65],
        ["PATH", "--proof", "2024/communes"],
        ["PATH", "--proof", "2024/communes", "nobody"],
        ["PATH", "--proof", "2024/../..", "nobody"],
        ["PATH", "--proof", "2024/communes", "xa-an-hoa", "--root", "0" * 64],
        ["PATH", "--check-proof", "FILE"],
        ["--check-proof", "nowhere"],
        ["--check-proof", "FILE", "--data", "PATH"],
        ["a\0b"],
    ],
)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_wrong_usage(published, tmp_path, capsys, argv, lang):
    (tmp_path / "proof.json").write_text("{}", encoding="utf-8")
    named = {"PATH": str(published.folder), "FILE": str(tmp_path / "proof.json")}
    with pytest.raises(SystemExit) as stopped:
        main(["--lang", lang, *(named.get(word, word) for word in argv)])
    out, err = capsys.readouterr()
    assert stopped.value.code == 2 and out == "" and "Traceback" not in err


def test_help_names_every_option(capsys):
    for lang in ("vi", "en"):
        with pytest.raises(SystemExit) as stopped:
            main(["--help", f"--lang={lang}"])
        assert stopped.value.code == 0
        out = " ".join(capsys.readouterr().out.split())
        assert all(" ".join(WORDS[lang][key].split()) in out for key in WORDS[lang] if key.endswith("_option"))


# On its own -----------------------------------------------------------------------------------------------------------


def test_only_the_standard_library_is_imported():
    names = set()
    for found in ast.walk(ast.parse(HERE.read_text("utf-8"))):
        if isinstance(found, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in found.names}
        if isinstance(found, ast.ImportFrom):
            assert found.level == 0
            names.add(str(found.module).partition(".")[0])
    assert names <= sys.stdlib_module_names


BARE = [sys.executable, "-I", "-S", "-B", "-W", "error"]  # no packages, no environment, no folder of the user's


def bare(*argv: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess:
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT") if key in os.environ}
    return subprocess.run(list(map(str, argv)), cwd=cwd, env=kept | env, capture_output=True, timeout=60)


def test_it_runs_alone_on_a_bare_python(published, tmp_path):
    alone = tmp_path / "carried away" / "audit.py"
    alone.parent.mkdir()
    shutil.copy(HERE, alone)
    done = bare(*BARE, alone, published.folder, "--data", published.data, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    (published.folder / "index.html").write_bytes(b"x")
    done = bare(*BARE, alone, published.folder, cwd=tmp_path)
    assert done.returncode == 1 and "index.html" in done.stdout.decode()
    assert bare(*BARE, alone, cwd=tmp_path).returncode == 2


def test_it_runs_as_a_module_of_the_package_on_a_bare_python(published):
    done = bare(sys.executable, "-S", "-B", "-s", "-m", "dxlib.audit", published.folder, cwd=HERE.parents[1])
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("name", ["python3.11", "python3.12", "python3.13", "python3.14"])
@pytest.mark.welcome
def test_it_runs_on_other_pythons(published, name):
    other = shutil.which(name)
    if other is None or bare(other, "-c", "", cwd=published.folder).returncode:
        pytest.skip(f"{name} is not here")
    done = bare(other, "-I", "-S", "-B", HERE, published.folder, cwd=published.folder)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_same_words_in_every_locale_and_zone(published):
    published.put(published.folder / "tệp-thừa.html", b"x")
    published.put(published.folder / "Ế.html", b"x")
    said = {
        bare(sys.executable, "-s", "-S", "-B", HERE, published.folder, cwd=cwd, **env).stdout
        for cwd in (published.folder, HERE.parent)
        for env in (
            {"LC_ALL": "C", "TZ": "UTC"},
            {"LC_ALL": "C.UTF-8", "TZ": "Asia/Ho_Chi_Minh", "PYTHONHASHSEED": "1"},
            {"LANG": "tr_TR.UTF-8", "TZ": "America/Caracas", "PYTHONHASHSEED": "2", "COLUMNS": "20"},
            {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        )
    }
    assert {text.decode() for text in said} == {"\n".join(audit_module.lines_of(audit(published.folder), "vi")) + "\n"}


def test_nothing_is_written(published):
    before = {path: path.stat().st_mtime_ns for path in published.folder.parent.rglob("*")}
    audit(published.folder, data=published.data)
    prove(published.folder, "2024/communes", "phuong-1")
    assert {path: path.stat().st_mtime_ns for path in published.folder.parent.rglob("*")} == before


def test_a_change_under_way_is_neither_confirmed_nor_refuted(published, capsys):
    """Decided, half of the files moved; then the list of what is decided has gone, and what deviates is refuted."""
    folder, pending = published.folder, published.folder / ".pending"
    pending.mkdir()
    (folder / "index.html").rename(pending / "index.html")
    (pending / ".gone-0123").write_bytes(b"")
    for lang, words in (("vi", "ĐANG THAY ĐỔI"), ("en", "CHANGE UNDER WAY")):
        assert main([str(folder), "--lang", lang]) == 3
        out = capsys.readouterr().out
        assert out.startswith(words) and WORDS[lang]["refuted"][:7] not in out and "index.html" in out
    assert main([str(folder), "--json"]) == 3
    assert json.loads(capsys.readouterr().out).items() >= {"confirmed": False, "under_way": True}.items()
    (pending / ".gone-0123").unlink()
    assert main([str(folder)]) == 1


@pytest.mark.parametrize("fails", [False, True])
def test_a_change_during_the_audit_is_seen_by_the_record(published, monkeypatch, fails):
    """The record that was read is replaced before the files have been compared; or what was listed has gone."""
    real = audit_module.listing

    def listing(folder):
        (folder / "index.html").write_bytes(b"new")
        (folder / RECORD).replace(folder / "record.old")
        (folder / RECORD).write_bytes((folder / "record.old").read_bytes())
        (folder / "record.old").unlink()
        if fails:
            raise FileNotFoundError(2, "gone")
        return real(folder)

    monkeypatch.setattr(audit_module, "listing", listing)
    report = audit(published.folder)
    assert report.deviations and report.under_way and not report.confirmed
    monkeypatch.setattr(audit_module, "listing", real)
    report = audit(published.folder)
    assert report.deviations and not report.under_way


def test_who_is_at_work_excuses_nothing_that_is_confirmed(published):
    (published.folder / ".partial-1-2-0123456789ab").mkdir()
    assert audit(published.folder).confirmed and not audit(published.folder).under_way


def test_a_quoted_cell_without_an_end_costs_its_length_once():
    """Each was read again at every line: a table of 160 KB took half a minute, this one would take hours."""
    with pytest.raises(ValueError, match="no end"):
        list(records('"' + "x\n" * 1_000_000))
    assert list(records('a,"b\r\nc"\r\n\nd\r\n')) == ['a,"b\r\nc"', "d"]
    assert NOTICE.sub(b"", b"<body" * 200_000) == b"<body" * 200_000


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no such device")
def test_a_proof_without_end_is_no_proof(capsys):
    assert main(["--check-proof", "/dev/zero"]) == 1
    assert "BÁC BỎ" in capsys.readouterr().out
