"""Run one job: papermill with a kernel of this very interpreter, then the page, then the products in their places."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..audit import digest_input
from ..errors import Finding, Refusal
from ..publish.private import refuse_personal
from . import products
from .matrix import ONE_PER_AGENCY, Job

if TYPE_CHECKING:
    from .kernel import Source

REPOSITORY = Path(__file__).resolve().parents[2]
EXPORTER = "dxlib.publish"


@dataclass(frozen=True)
class Task:
    """A job with all that is needed to run it in another process.

    page     what the exporter is told besides the notebook: title, sample, provisional, fingerprint
    inputs   file below the data folder -> SHA-256, as checked and as the fingerprint has it
    tables   product -> bytes, published together with the page
    exporter module whose html, pdf, collection and draft make the products
    drafts   the papers for signature: name -> the user's own template below the data folder, "" for ours
    """

    job: Job
    notebook: Path
    root: Path
    reports: Path
    parameters: Mapping[str, Any]
    page: Mapping[str, Any]
    inputs: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, bytes] = field(default_factory=dict)
    cell_seconds: int = 600
    exporter: str = EXPORTER
    drafts: Mapping[str, str] = field(default_factory=dict)


class Pause:
    """Among the tasks: nothing more begins before all that has begun has ended."""


@dataclass(frozen=True)
class Outcome:
    """What became of a job: "made" or "kept" (nothing had changed) with its products (path below the reports folder ->
    SHA-256), "partly" (made but for its PDF), or "failed".

    findings   why it failed; of a notebook's failure also under which heading
    files      from a worker: path below the reports folder -> bytes, not yet written anywhere
    kernel     forked or ordinary, "" where none was needed
    trouble    why a kernel that should have been forked was not
    """

    job: Job
    status: str
    products: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    kernel: str = ""
    trouble: str = ""

    @property
    def whole(self) -> bool:
        """Whether all that the job declares is there."""
        return self.status in ("made", "kept")

    @property
    def heading(self) -> str:
        return str(self.findings[0].facts.get("heading", "")) if self.findings else ""

    @property
    def reason(self) -> str:
        """The failure in one line, in the language of the job."""
        from ..words import finding

        return "; ".join(finding(f, self.job.lang)["what"] for f in self.findings)


def failed(job: Job, *findings: Finding) -> Outcome:
    return Outcome(job, "failed", findings=findings)


def io_finding(what: str, error: OSError) -> Finding:
    return Finding("E_IO", "io", what, facts={"detail": error.strerror or type(error).__name__})


def execute(task: Task, kernels: Source) -> Outcome:
    """Run a task in a folder of our own; its products are handed back as bytes, whatever goes wrong becomes an Outcome.

    kernels   where its kernel comes from
    """
    kernels.used = kernels.trouble = ""
    outcome = attempted(task, kernels)
    return replace(outcome, kernel=kernels.used, trouble=kernels.trouble)


def attempted(task: Task, kernels: Source) -> Outcome:
    try:
        return run_cards(task) if task.job.notebook in ONE_PER_AGENCY else run_notebook(task, kernels)
    except Refusal as refusal:
        return failed(task.job, *refusal.findings)
    except OSError as error:
        return failed(task.job, io_finding(str(task.job), error))


def run_notebook(task: Task, kernels: Source) -> Outcome:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from .normal import for_readers, normalise

    nb = prepared(task)
    try:
        try:
            execute_cells(nb, task, kernels)
        except (DeadKernelError, RuntimeError):  # now and then a sound kernel is lost: one more, then it is a failure
            nb = prepared(task)
            execute_cells(nb, task, kernels)
    except PapermillExecutionError:
        return keep_partial(nb, task, "cell_failed")
    except CellTimeoutError:
        return keep_partial(nb, task, "cell_timeout", seconds=task.cell_seconds)
    except (DeadKernelError, RuntimeError):
        return keep_partial(nb, task, "kernel_died")
    export, shown = import_module(task.exporter), for_readers(normalise(nb, machine(task)))
    marks = {"lang": task.job.lang, "reader": task.job.reader, **task.page}
    made = {
        products.page(task.job): export.html(shown, **marks).encode(),
        **drafts(task, export, shown, marks),
        **task.tables,
        **workbook(task),
    }
    return finished(task, made, lambda: export.pdf(shown, **marks))


def finished(task: Task, made: Mapping[str, bytes], paper: Callable[[], bytes]) -> Outcome:
    """The outcome, after a look for personal details in what the public gets, and at whether the inputs are still as
    they were.

    paper   makes the PDF, which has a look of its own as it is set; where it fails, the rest is published and the
            failure named
    """
    if task.job.reader == "public":
        refuse_personal(made)
    lacking: tuple[Finding, ...] = ()
    try:
        made = {**made, products.page(task.job, "pdf"): paper()}
    except Refusal:  # something in it must not be published, nor then in the page
        raise
    except Exception as error:  # whatever the engine of the papers cannot do, it must not take the page with it
        facts = {"page": products.page(task.job), "detail": detail(error, task)}
        lacking = (Finding("E_PDF", "paper_failed", products.page(task.job, "pdf"), facts=facts),)
    if changed := changed_inputs(task):
        return failed(task.job, *(Finding("E_IO", "input_changed", file) for file in changed))
    return Outcome(task.job, "partly" if lacking else "made", files=made, findings=lacking)


def detail(error: Exception, task: Task) -> str:
    """An error of somebody else's programme in a line, without the folders of this machine."""
    from .normal import scrub

    return str(scrub(f"{type(error).__name__}: {error}".split("\n")[0][:400], machine(task)))


def drafts(task: Task, export: Any, notebook: Any, marks: Mapping[str, Any]) -> dict[str, bytes]:
    """The papers for signature that go with the page."""
    templates = {name: task.root / own if own else None for name, own in task.drafts.items()}
    return {
        products.beside(task.job, f"{name}.docx"): export.draft(notebook, name, own, **marks)
        for name, own in templates.items()
    }


def prepared(task: Task) -> Any:
    """The notebook with the parameters of the task."""
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    nb = load_notebook_node(read(task.notebook))
    return parameterize_notebook(nb, dict(task.parameters), kernel_name="python3", language="python")


def execute_cells(nb: Any, task: Task, kernels: Source) -> None:
    """Fill in the results from a kernel of its own, as far as it comes: papermill's execute_notebook without its
    files, each of which costs as much as a page."""
    from papermill.engines import papermill_engines
    from papermill.execute import raise_for_execution_errors

    from .kernel import manager

    papermill_engines.execute_notebook_with_engine(
        None,
        nb,
        "python3",
        progress_bar=False,
        execution_timeout=task.cell_seconds,
        kernel_manager_class=manager(kernels),
        shutdown_kernel="immediate",
    )
    raise_for_execution_errors(nb, None)


def workbook(task: Task) -> dict[str, bytes]:
    """The whole calculation as live formulas, with the report."""
    if task.job.notebook != "report":
        return {}
    from ..case import read_case
    from ..index import evaluate
    from ..sheets import calculation_bytes

    job = task.job
    case = read_case(task.root, job.year, job.group)
    made = calculation_bytes(case, evaluate(case, str(task.parameters.get("on") or "") or None), job.lang)
    return {products.beside(job, products.calculation(job)): made}


def run_cards(task: Task) -> Outcome:
    """One page per agency, their list, and one PDF of all, from one notebook without a kernel."""
    from ..case import read_case
    from ..show import labels
    from ..show.scorecard import links
    from ..words import text
    from . import cards
    from .normal import normalise

    job, export, pages, parts = task.job, import_module(task.exporter), {}, []
    marks = {"lang": job.lang, "reader": job.reader, **task.page}
    case = read_case(task.root, job.year, job.group)
    named = labels.agencies(case, job.lang)
    for agency, card in cards.each(*cards.prepare(task.notebook, task.parameters), named):
        title = text("card.title", job.lang, who=named[agency], page=task.page["title"])
        parts.append((named[agency], normalise(card, {})))
        pages[products.card(job, agency)] = export.html(parts[-1][1], **{**marks, "title": title}).encode()
    listed = cards.contents(text("card.list_title", job.lang), links(case, job.lang))
    pages[products.page(job)] = export.html(normalise(listed, {}), **marks).encode()
    return finished(task, pages, lambda: export.collection(parts, **marks))


def changed_inputs(task: Task) -> list[str]:
    """Files that somebody saved while the notebook ran: its page would not be what its fingerprint says."""
    return [file for file, digest in task.inputs.items() if digest_input(task.root, file) != digest]


def keep_partial(nb: Any, task: Task, reason: str, **facts: object) -> Outcome:
    """A failure is a product too: the notebook as far as it came, opened by one line that says why."""
    import nbformat

    from .normal import error_of, failing_cell, heading_above, normalise, scrub, with_reason

    places = machine(task)
    position = failing_cell(nb)
    facts |= {
        "heading": heading_above(nb, position, task.job.lang) or task.job.notebook,
        "message": scrub(error_of(nb, position), places),
        "notebook": products.failed_notebook(task.job),
    }
    outcome = failed(task.job, Finding("E_NOTEBOOK", reason, str(task.job), facts=facts))
    text = nbformat.writes(with_reason(normalise(nb, places), outcome.reason)) + "\n"
    return replace(outcome, files={products.failed_notebook(task.job): text.encode()})


def read(path: Path) -> Any:
    import nbformat

    return nbformat.reads(path.read_text("utf-8"), as_version=4)


def machine(task: Task) -> dict[str, str]:
    """Folders and names of this machine, and the word that stands for each in what is kept."""
    words = {
        str(task.root): "data",
        str(task.reports): "reports",
        str(REPOSITORY): ".",
        sys.prefix: "python",
        sys.base_prefix: "python",
        str(Path.home()): "~",
    }
    return {folder: word for folder, word in words.items() if len(folder) > 3}
