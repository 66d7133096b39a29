"""Runs from end to end on tiny data: products, failures, and what an interrupted run leaves."""

import getpass
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from desk import LOAD, SHOW, Desk, unpacked, write_notebook

from dxlib.audit import audit
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.words import finding
from tests.processes import alive, below, wait_for, words

ONE_EACH = {"years": ["2025"], "langs": ["vi"]}
ONE = {**ONE_EACH, "notebooks": ["report"]}
PAGE, PDF = (f"public/2025/communes/report.vi.{form}" for form in ("html", "pdf"))
SCORES = "public/2025/communes/tables/scores.csv"
SLEEP = "import time; time.sleep(120)"


ABOUT = {  # what every run writes about all products
    "public/index.html",
    "public/index.en.html",
    "public/ro-crate-metadata.json",
    *(f"{reader}/{name}" for reader in ("public", "internal") for name in ("record.json", "SHA256SUMS", "root.txt")),
}


def earlier(desk):
    """Products of an earlier run."""
    (desk.reports / PAGE).parent.mkdir(parents=True)
    (desk.reports / PAGE).write_text("<title>Kết quả cũ</title>", "utf-8")
    return desk.products()


def statuses(result):
    return {str(o.job): o.status for o in result.outcomes}


def test_products_stand_in_their_places_twice_the_same_bytes(desk, tmp_path_factory):
    seen = []
    result = desk.run(progress=lambda outcome, total: seen.append((outcome.status, total)))
    assert statuses(result) == dict.fromkeys(
        [
            "2024/world/report.vi",
            "2024/world/report.en",
            "2025/communes/report.vi",
            "2025/communes/report.en",
            "2025/communes/verification.vi",
            "2025/communes/verification.en",
        ],
        "made",
    )
    assert [s for s, _ in seen] == ["made"] * 6 and seen[-1][1] == 6 and result.exit_code == 0
    first = desk.products()
    assert set(first) == {p for o in result.outcomes for p in o.products} | ABOUT
    assert "internal/2025/communes/verification.vi.html" in first and "public/2024/world/tables/scores.csv" in first
    shutil.rmtree(desk.reports)
    desk.run(jobs=1)
    assert desk.products() == first

    elsewhere = Desk(tmp_path_factory.mktemp("elsewhere, with {braces} and ắ"))
    elsewhere.run(**ONE)
    made = {name: data for name, data in elsewhere.products().items() if name not in ABOUT}
    assert made and made.items() <= first.items()


def test_no_product_names_this_machine(desk):
    write_notebook(
        desk.notebooks / "report.ipynb",
        LOAD + SHOW,
        "print(root)\ncase",
        "print(hex(id(case)))\nimport os; print(os.getcwd())",
    )
    write_notebook(desk.notebooks / "verification.ipynb", LOAD + "import pandas; pandas.read_csv(root + '/none.csv')")
    assert len(desk.run(**ONE_EACH).failures) == 1
    names = [str(desk.data), str(desk.reports), sys.prefix, str(Path.home()), str(Path(__file__).parents[2])]
    names += [getpass.getuser()] if len(getpass.getuser()) > 4 else []
    for product, data in desk.products().items():
        text = unpacked(data).decode("utf-8", "replace")
        assert not [name for name in names if name in text or json.dumps(name)[1:-1] in text], product
        assert "noise" not in text


def test_a_failing_notebook_leaves_its_partial_copy_and_the_others_finish(desk):
    write_notebook(
        desk.notebooks / "verification.ipynb", LOAD + "print('còn đây')", "## Sai lệch", "1 / 0", "print('never')"
    )
    result = desk.run(**ONE_EACH)
    assert statuses(result) == {"2025/communes/report.vi": "made", "2025/communes/verification.vi": "failed"}
    failure = result.failures[0]
    assert failure.heading == "Sai lệch" and "ZeroDivisionError" in failure.reason and "\n" not in failure.reason
    assert result.exit_code == 1
    partial = json.loads((desk.reports / "internal/2025/communes/verification.vi.failed.ipynb").read_text("utf-8"))
    assert failure.reason in "".join(partial["cells"][0]["source"])
    assert "còn đây" in json.dumps(partial, ensure_ascii=False) and not [
        p for p in desk.products() if p.endswith("verification.vi.html")
    ]

    write_notebook(desk.notebooks / "verification.ipynb", LOAD + SHOW)
    assert desk.run(**ONE_EACH).exit_code == 0
    assert "internal/2025/communes/verification.vi.failed.ipynb" not in desk.products()


@pytest.mark.parametrize(
    ("cell", "reason"),
    [(SLEEP, "cell_timeout"), ("import os; os._exit(3)", "kernel_died"), ("import sys; sys.exit(4)", "cell_failed")],
)
def test_other_ends_are_failures_too(desk, cell, reason):
    kept = earlier(desk)
    write_notebook(desk.notebooks / "report.ipynb", "# Bảng", cell, "## Không tới", "print('never')")
    result = desk.run(**ONE, cell_seconds=2)
    assert [f.reason for o in result.failures for f in o.findings] == [reason]
    assert result.failures[0].heading == "Bảng"
    left = desk.products()
    made = {"internal/2025/communes/report.vi.failed.ipynb", "internal/failures.html", "internal/failures.en.html"}
    assert left.keys() - kept.keys() == made | ABOUT and kept.items() <= left.items()


def test_an_exporter_that_fails_is_named(desk):
    result = desk.run(**ONE, exporter="desk")
    assert "AttributeError" in result.failures[0].reason


def test_a_paper_that_cannot_be_made_leaves_the_page_and_is_named(desk):
    assert desk.run(**ONE_EACH).exit_code == 0
    claims = desk.data / "2025/communes/claims.csv"
    claims.write_text(claims.read_text("utf-8") + "\n", "utf-8")
    before = desk.products()
    made = desk.run(**ONE_EACH, exporter="plain_page_without_paper")
    assert made.exit_code == 1 and set(statuses(made).values()) == {"partly"}
    after = desk.products()
    assert after[PAGE] != before[PAGE] and SCORES in after  # the page and its tables are those of the data as they are
    assert PDF in before and PDF not in after  # the former one would show other figures than the page
    for lang in ("vi", "en"):
        said = finding(made.findings[0], lang)
        named = [word for word in said["remedy"].replace(",", " ").split() if word.endswith(".html")]
        assert named and all((desk.reports / name).is_file() for name in named) and PDF in said["what"]
        assert "RuntimeError: no paper" in said["what"]
    listed = (desk.reports / "internal/failures.html").read_text("utf-8")
    assert PDF in listed and "<a href=" not in listed.partition("<main>")[2]
    assert "report.vi.pdf" not in (desk.reports / "public/index.html").read_text("utf-8")
    assert all(audit(desk.reports / reader, data=desk.data).confirmed for reader in ("public", "internal"))
    again = desk.run(**ONE_EACH)  # is tried again, also where not a byte has changed
    assert set(statuses(again).values()) == {"made"} and PDF in desk.products()
    assert "internal/failures.html" not in desk.products()


def test_data_with_errors_fail_their_jobs_alone_without_a_kernel(desk):
    before = earlier(desk)
    (desk.data / "2025/communes/verdicts.csv").unlink()
    (desk.data / "2025/communes/claims.csv").write_text("agency,indicator,option\na,1,perhaps\nz,1,no\n", "utf-8")
    result = desk.run(langs=["vi"])
    assert statuses(result) == {
        "2024/world/report.vi": "made",
        "2025/communes/report.vi": "failed",
        "2025/communes/verification.vi": "failed",
    }
    assert {f.file for o in result.failures for f in o.findings} == {"2025/communes/claims.csv"}
    assert len(result.failures[0].findings) == len(result.findings) == 2
    assert before.items() <= desk.products().items() and not [p for p in desk.products() if p.endswith(".ipynb")]


def test_a_unit_that_was_gone_gets_no_score(desk):
    """The register is looked at although nothing in the year and group has changed."""
    columns = "agency,name_vi,level,official_code,valid_from,valid_to\n"
    register = desk.data / "register.csv"
    register.write_text(columns + "a,A,commune,,2000-01-01,\nb,B,commune,,2000-01-01,\n", "utf-8")
    assert set(statuses(desk.run(langs=["vi"])).values()) == {"made"}
    register.write_text(columns + "a,A,commune,,2000-01-01,2024-06-30\nb,B,commune,,2000-01-01,\n", "utf-8")
    result = desk.run(langs=["vi"])
    assert statuses(result) == {
        "2024/world/report.vi": "failed",  # its index.toml says 2025 too
        "2025/communes/report.vi": "failed",
        "2025/communes/verification.vi": "kept",
    }
    assert {(f.reason, f.value) for f in result.findings} == {("not_there", "a")}
    assert main(["score", "2025", "communes", "--data", str(desk.data), "--quiet"]) == 1


def test_what_cannot_be_written_is_named(desk):
    (desk.reports / PAGE / "in the way").mkdir(parents=True)
    result = desk.run(**ONE_EACH)
    assert [(o.job.notebook, o.findings[0].code) for o in result.failures] == [("report", "E_IO")]
    assert result.outcomes[1].status == "made" and "report.vi" in result.failures[0].findings[0].file


def test_data_saved_during_the_run_are_noticed(desk):
    claims = desk.data / "2025/communes/claims.csv"
    write_notebook(desk.notebooks / "report.ipynb", LOAD + f"open({str(claims)!r}, 'a').write('\\n')")
    result = desk.run(**ONE)
    assert [(f.reason, f.file) for f in result.findings] == [("input_changed", "2025/communes/claims.csv")]
    assert PAGE not in desk.products()


def test_asking_for_verification_where_nobody_claims_is_an_error(desk):
    with pytest.raises(Refusal) as refusal:
        desk.run(groups=["world"], notebooks=["verification"])
    assert [f.reason for f in refusal.value.findings] == ["selection_empty"]


def test_parameters_are_refused_before_anything_starts(desk):
    with pytest.raises(Refusal) as refusal:
        desk.run(parameters=[("onn", "claimed"), ("on", "verfied")], years=["2052"], groups=["comunes"])
    assert [f.reason for f in refusal.value.findings] == ["selection_unknown"] * 2 + ["param_unknown", "param_choice"]
    assert not desk.reports.exists()


def test_parameters_reach_the_page_and_the_fingerprint(desk):
    desk.run(**ONE)
    verified = desk.products()[PAGE].decode()
    desk.run(**ONE, parameters=[("on", "claimed")])
    claimed = desk.products()[PAGE].decode()
    assert "public False False" in verified and "public False True" in claimed
    assert verified.split("</p>")[0] != claimed.split("</p>")[0]


DRIVER = """
import signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from dxlib.runs import run
if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run({data!r}, {reports!r}, notebooks_in=Path({notebooks!r}), exporter="plain_page", jobs=2, kernels={kernels!r})
"""
KERNELS = ["forked", "ordinary"] if hasattr(os, "fork") else ["ordinary"]


def sleeping(driver):
    return [process for process in below(driver.pid) if words(process).startswith("sleep ")]


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_leaves_earlier_reports_and_no_process(desk, tmp_path, how, kernels):
    """Neither workers nor servers of kernels, kernels, or what a kernel has started."""
    before = earlier(desk)
    for name in ("report", "verification"):
        write_notebook(desk.notebooks / f"{name}.ipynb", "import subprocess; subprocess.run(['sleep', '120'])")
    script = tmp_path / "driver.py"
    script.write_text(
        DRIVER.format(
            tests=str(Path(__file__).parent),
            data=str(desk.data),
            reports=str(desk.reports),
            notebooks=str(desk.notebooks),
            kernels=kernels,
        )
    )
    driver = subprocess.Popen([sys.executable, str(script)], start_new_session=True, stderr=subprocess.PIPE)
    try:
        assert wait_for(lambda: len(sleeping(driver)) == 2, 60)
        family = below(driver.pid)
        assert len(family) >= 2 + 2 + 2 + (2 if kernels == "forked" else 0)
        driver.send_signal(how)
        driver.wait(15)
    finally:
        driver.kill()
        driver.stderr.close()
    assert wait_for(lambda: not any(map(alive, family)), 6), family
    left = {name: data for name, data in desk.products().items() if not name.startswith(".partial-")}
    assert left == before
    if how != signal.SIGKILL:
        assert not list(desk.reports.glob(".partial-*"))
    else:
        write_notebook(desk.notebooks / "report.ipynb", LOAD + SHOW)
        assert desk.run(**ONE).exit_code == 0 and not list(desk.reports.glob(".partial-*"))


def test_one_run_at_a_time(desk):
    from dxlib.atomic import working_folder

    with working_folder(desk.reports), pytest.raises(Refusal) as refusal:
        desk.run()
    assert [f.code for f in refusal.value.findings] == ["E_LOCK"]


@pytest.mark.parametrize("kernels", KERNELS)
def test_a_worker_that_is_killed_is_replaced(desk, kernels):
    worker = "psutil.Process(os.getppid())" + (".parent()" if kernels == "forked" else "")
    write_notebook(desk.notebooks / "report.ipynb", f"import os, psutil; {worker}.kill()")
    result = desk.run(**ONE_EACH, jobs=1, kernels=kernels)
    assert statuses(result) == {"2025/communes/report.vi": "failed", "2025/communes/verification.vi": "made"}
    assert result.failures[0].findings[0].reason == "worker_died"
