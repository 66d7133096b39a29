"""Real parts: a browser, a PDF reader, a spreadsheet, a word processor, the published tables, another Python.

A test that needs one says so, `@pytest.mark.real("chromium")`, and is skipped where it is absent. Where all
of them must be there, DXLIB_REQUIRE_REAL=1 makes every skip a failure, so that nothing passes by not running.
"""

import os
import shutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import Phase, settings

# Where everything must hold before a change is taken, the same examples are tried every time; at a desk, new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("new", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("new")
if os.environ.get("DXLIB_REQUIRE_REAL") == "1":
    settings.load_profile("same")
# A mutant is killed by the first example that fails, however slow the machine is; no smaller one is looked for.
settings.register_profile(
    "mutants", derandomize=True, deadline=None, max_examples=25, phases=[Phase.explicit, Phase.generate]
)

PUBLISHED = Path(__file__).parents[1] / ".." / "shared" / "real"
PARTS = {
    "chromium": lambda: shutil.which("chromium"),
    "poppler": lambda: shutil.which("pdftotext") and shutil.which("pdftoppm"),
    "qpdf": lambda: shutil.which("qpdf"),
    "libreoffice": lambda: shutil.which("soffice"),
    "writer": lambda: (Path(shutil.which("soffice") or "").resolve().parent / "libswlo.so").is_file(),
    "git": lambda: shutil.which("git"),
    "dask": lambda: find_spec("distributed"),
    "published tables": PUBLISHED.is_dir,
    "another python": lambda: import_module("tests.another_python").found(),
}


# The core, at every save: python run.py test -m quick
CORE = ("rules", "known", "index")
SLOW = ("referee", "properties", "bytes", "zeros", "faces")  # of the core: many made-up folders and answers


def pytest_configure(config):
    config.addinivalue_line("markers", "quick: the core in less than 40 s on one core")
    config.addinivalue_line("markers", f"real(part): needs a real part, one of {', '.join(PARTS)}")
    config.addinivalue_line("markers", "welcome: worth running where possible; here alone a skip is never a failure")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name in CORE and not item.path.stem.endswith(SLOW):
            item.add_marker("quick")


def pytest_runtest_setup(item):
    for marker in item.iter_markers("real"):
        (part,) = marker.args
        if not PARTS[part]():
            pytest.skip(f"a real part is not here: {part}")


def refuse_skip(report):
    """Turn a skip into a failure that keeps its reason."""
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("DXLIB_REQUIRE_REAL") == "1":
        report.outcome = "failed"
        report.longrepr = f"DXLIB_REQUIRE_REAL=1 allows no skip: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    return report if item.get_closest_marker("welcome") else refuse_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    return refuse_skip(report)


@pytest.fixture(scope="module")  # closed before another module starts one of its own
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield started
        started.close()


@pytest.fixture
def opened(browser):
    """Opens a file; whatever the console complains about fails the test, a broken policy too."""
    complaints: list[str] = []
    contexts = []

    def go(path: Path, anchor: str = "", **context):
        contexts.append(browser.new_context(**{"viewport": {"width": 1100, "height": 900}, **context}))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri() + anchor)
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []
