"""The record: what was published from what; what has not changed is not made again; a stranger's tools agree."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess

import pytest
from desk import LOAD, SHOW, write_notebook

from dxlib.audit import audit, fingerprint, folder_root
from dxlib.runs import batch
from dxlib.runs.record import read
from dxlib.runs.unchanged import MEMORY

PAGE = "public/2025/communes/report.vi.html"


def statuses(result) -> dict[str, str]:
    return {str(o.job): o.status for o in result.outcomes}


def records(desk) -> dict[str, dict]:
    return {
        reader: json.loads((desk.reports / reader / "record.json").read_bytes()) for reader in ("public", "internal")
    }


def test_every_product_is_recorded_and_the_parts_give_the_fingerprint(desk):
    desk.run()
    left = {path: hashlib.sha256(data).hexdigest() for path, data in desk.products().items()}
    for reader, record in records(desk).items():
        known = {path: facts["sha256"] for path, facts in record["index"].items()}
        for name, job in record["jobs"].items():
            known |= {path: facts["sha256"] for path, facts in job["products"].items()}
            assert job["fingerprint"] == fingerprint(job) and job["fingerprint"].encode() in b"".join(
                desk.products()[f"{reader}/{path}"] for path in job["products"] if path.endswith(".html")
            ), name
            whole = {path: of["bytes"] for path, of in job["inputs"].items() if "@" not in path}
            assert whole == {path: hashlib.sha256((desk.data / path).read_bytes()).hexdigest() for path in whole}
            parts = {path.partition("@")[0] for path in job["inputs"].keys() - whole.keys()}
            assert whole and parts <= {"register.csv", "lineage.csv", "reasons.csv"}
        own = {path.partition("/")[2]: digest for path, digest in left.items() if path.startswith(f"{reader}/")}
        assert own.keys() - known.keys() == {"record.json", "SHA256SUMS", "root.txt"} and known.items() <= own.items()
        assert record["root"] == folder_root(record) and own["root.txt"] == hashlib.sha256(f"{record['root']}\n".encode()).hexdigest()
    text = json.dumps(records(desk))
    assert str(desk.data) not in text and str(desk.reports) not in text


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="the tool sha256sum is not here")
def test_a_stranger_checks_with_sha256sum(desk):
    desk.run(years=["2024"], langs=["vi"])
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=desk.reports / "public", check=False).returncode == 0
    (desk.reports / "public/index.html").write_text("x", encoding="utf-8")
    assert subprocess.run(check, cwd=desk.reports / "public", check=False, capture_output=True).returncode == 1


def test_what_has_not_changed_is_kept_byte_for_byte(desk):
    first = statuses(desk.run())
    before = desk.products()
    again = desk.run()
    assert set(first.values()) == {"made"} and set(statuses(again).values()) == {"kept"} and again.exit_code == 0
    assert desk.products() == before
    assert set(statuses(desk.run(force=True)).values()) == {"made"}
    assert desk.products() == before


def test_a_changed_input_parameter_notebook_or_product_makes_its_jobs_alone_again(desk):
    desk.run(langs=["vi"])
    claims = desk.data / "2025/communes/claims.csv"
    claims.write_bytes(claims.read_bytes().replace(b"\n", b"\r\n"))
    made = {name for name, status in statuses(desk.run(langs=["vi"])).items() if status == "made"}
    assert made == {"2025/communes/report.vi", "2025/communes/verification.vi"}
    (desk.reports / PAGE).write_text("changed by hand", encoding="utf-8")
    made = {name for name, status in statuses(desk.run(langs=["vi"])).items() if status == "made"}
    assert made == {"2025/communes/report.vi"}
    made = {n for n, s in statuses(desk.run(langs=["vi"], parameters=[("on", "claimed")])).items() if s == "made"}
    assert "2025/communes/report.vi" in made
    write_notebook(desk.notebooks / "verification.ipynb", LOAD + SHOW, "1 + 1")
    made = {n for n, s in statuses(desk.run(langs=["vi"], parameters=[("on", "claimed")])).items() if s == "made"}
    assert made == {"2025/communes/verification.vi"}


def test_a_run_of_one_part_leaves_the_record_of_the_others(desk):
    desk.run()
    before = records(desk)["public"]["jobs"]
    desk.run(years=["2024"], force=True)
    assert records(desk)["public"]["jobs"] == before
    shutil.rmtree(desk.reports / "public/2025")
    desk.run(years=["2024"])
    assert {name[:4] for name in records(desk)["public"]["jobs"]} == {"2024"}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": "something else"}'])
def test_a_record_that_cannot_be_read_keeps_nothing(desk, text):
    desk.run(years=["2024"], langs=["vi"])
    for reader in ("public", "internal"):
        path = desk.reports / reader / "record.json"
        if path.is_file():
            path.write_text(text, encoding="utf-8")
    assert read(desk.reports) == {}
    assert set(statuses(desk.run(years=["2024"], langs=["vi"])).values()) == {"made"}


def test_an_interrupted_run_goes_on_where_it_was(desk):
    def stop(outcome, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.run(jobs=1, langs=["vi"], progress=stop)
    log = json.loads((desk.reports / "run-log.json").read_bytes())
    assert not log["finished"] and [job["status"] for job in log["jobs"]] == ["made"]
    made = statuses(desk.run(langs=["vi"]))
    assert [name for name, status in made.items() if status == "kept"] == [log["jobs"][0]["job"]]
    log = json.loads((desk.reports / "run-log.json").read_bytes())
    assert log["finished"] and {job["job"]: job["status"] for job in log["jobs"]} == made
    assert "numpy" in log["packages"] and log["python"]


def test_where_nothing_changed_no_case_is_read(desk, monkeypatch):
    first = statuses(desk.run())
    looked = []
    opened = batch.open_case
    monkeypatch.setattr(batch, "open_case", lambda root, *at: looked.append(at) or opened(root, *at))
    index = (desk.reports / "public/index.html").stat()
    assert statuses(desk.run()) == dict.fromkeys(first, "kept") and looked == []
    assert (desk.reports / "public/index.html").stat().st_mtime_ns == index.st_mtime_ns
    (desk.data / "2025/communes/scenarios.toml").write_text("", encoding="utf-8")
    assert set(statuses(desk.run()).values()) == {"kept"} and {at[0] for at in looked} == {"2025"}
    looked.clear()
    (desk.reports / PAGE).write_bytes(b"by hand")
    made = statuses(desk.run())
    assert [job for job, status in made.items() if status == "made"] == ["2025/communes/report.vi"] and looked


def test_data_changed_before_they_were_read_are_not_taken_for_seen(desk, monkeypatch):
    """The files were compared, then somebody saved one, then it was read: the next run must look again."""
    claims = desk.data / "2025/communes/claims.csv"
    before, files_of = claims.read_bytes(), batch.unchanged.files_of

    def then_saved(root):
        found = files_of(root)
        claims.write_bytes(before.replace(b"yes", b"no"))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(batch.unchanged, "files_of", then_saved)
        desk.run(years=["2025"])
    claims.write_bytes(before)
    assert set(statuses(desk.run(years=["2025"])).values()) == {"made"}


def test_what_is_looked_at_and_kept_stays_in_the_record_with_all_its_files(desk):
    """Without the memory of the last run every job is looked at, and none is made again."""
    desk.run()
    before = desk.products()
    (desk.reports / MEMORY).unlink()
    assert {outcome.status for outcome in desk.run().outcomes} == {"kept"}
    (desk.data / "register.csv").write_text("agency,name_vi\na,X\u00e3 A\nb,X\u00e3 B\n", encoding="utf-8")
    assert {outcome.status for outcome in desk.run().outcomes} == {"kept", "made"}  # reports read the register
    assert set(desk.products()) == set(before) and audit(desk.reports / "public").confirmed


def beside_the_years(data, ends="", merged="2026-07-01", more=""):
    """A register, a lineage and reasons; by default a merger after the year."""
    (data / "register.csv").write_text(
        f"agency,name_vi,level,valid_from,valid_to\na,A,commune,2000-01-01,{ends}\nb,B,commune,2000-01-01,\n", "utf-8"
    )
    (data / "lineage.csv").write_text(f"event,date,type,from,to,share\nm,{merged},merge,a,b,1\n", "utf-8")
    (data / "reasons.csv").write_text(f"code,name_vi\nlate,Nộp muộn\n{more}", "utf-8")


def test_what_a_later_year_brings_beside_the_years_changes_no_year_before_it(desk):
    chosen = {"years": ["2025"], "langs": ["vi"]}
    beside_the_years(desk.data)
    for name in ("lineage", "reasons"):
        (desk.data / f"{name}.csv").unlink()
    desk.run(**chosen)
    beside_the_years(desk.data, "2026-06-30", more="other,Lý do của năm sau\n")
    assert statuses(desk.run(**chosen)) == dict.fromkeys(
        ("2025/communes/report.vi", "2025/communes/verification.vi"), "kept"
    )
    assert audit(desk.reports / "public", data=desk.data).confirmed
    beside_the_years(desk.data, "2025-06-30", "2025-07-01")
    found = audit(desk.reports / "public", data=desk.data).deviations
    assert [(d.path, d.kind) for d in found] == [
        (f"{name}.csv@2025-12-31", "data_changed") for name in ("lineage", "register")
    ]
    assert statuses(desk.run(**chosen))["2025/communes/report.vi"] == "made"


def test_of_the_reasons_a_year_has_those_that_its_verdicts_give(desk):
    beside_the_years(desk.data, "2026-06-30")
    verdicts = desk.data / "2025/communes/verdicts.csv"
    verdicts.write_text("agency,indicator,step,stage,option,reason\na,1,1,verify,yes,late\nb,1,1,verify,no,\n", "utf-8")
    chosen = {"years": ["2025"], "langs": ["vi"]}
    desk.run(**chosen)
    beside_the_years(desk.data, "2026-06-30", more="other,Lý do khác\n")
    assert set(statuses(desk.run(**chosen)).values()) == {"kept"}
    reasons = desk.data / "reasons.csv"
    reasons.write_text(reasons.read_text("utf-8").replace("Nộp muộn", "Nộp chậm"), "utf-8")
    assert set(statuses(desk.run(**chosen)).values()) == {"made"}


@pytest.mark.parametrize("jobs", [[], {"x": {}}, {"2025/communes/report.vi": 1}])
def test_a_record_of_another_shape_is_none(desk, jobs):
    desk.run(langs=["vi"])
    path = desk.reports / "public/record.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"jobs": jobs}), encoding="utf-8")
    assert {str(o.job) for o in desk.run(langs=["vi"]).outcomes if o.status == "made"} >= {"2025/communes/report.vi"}
    assert audit(desk.reports / "public").confirmed
