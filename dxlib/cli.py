"""`dx`: parse, call, print. Nothing heavy is imported before a command needs it, so that help answers at once."""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import Finding, Refusal
from .languages import LANGUAGES, OFFICIAL, in_each
from .words import brief, called, order, text
from .words import finding as worded

if TYPE_CHECKING:
    import pandas as pd

    from .case import Case

DATA = Path("data")  # by itself, so that a folder that was named is known from it
ON = ("verified", "current", "claimed")
STAGES = ("claim", "appeal")
KERNELS = ("forked", "ordinary") if hasattr(os, "fork") else ("ordinary",)
CHANGES_SHOWN = 20
BASES = ("population", "count", "area")
PARTED = ("split", "transfer")
# action -> how many units it starts from, the word on where they go, whether it may found a unit
ACTS: dict[str, tuple[str, str, bool]] = {
    "import": ("", "", False),
    "merge": ("+", "register_into", True),
    "rename": ("1", "", True),
    "split": ("1", "register_parts", False),
    "transfer": ("1", "register_parts", False),
    "abolish": ("+", "", False),
    "create": ("", "", True),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 done, 1 errors or failures (named), 2 wrong usage."""
    argv = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    asked = not argv or any(word in ("-h", "--help") for word in argv)
    args = parser(language_of(argv), asked).parse_args(argv)
    args.say = args.lang.split(",")[0]
    if args.call is not run_matrix:
        gc.disable()  # tables make no cycles, and these commands end before a collection pays (a tenth of their time)
    try:
        code = int(args.call(args))
        sys.stdout.flush()  # here, not at the end of Python, where nobody catches that the reader has gone
        return code
    except Refusal as refusal:
        show_findings(refusal.findings, args)
        return 1
    except KeyboardInterrupt:
        print(text("cli.stopped", args.say), file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        show_findings(
            [Finding("E_IO", "io", str(error.filename or ""), facts={"detail": error.strerror or str(error)})], args
        )
        return 1


def language_of(argv: list[str]) -> str:
    """The language of the help, before the arguments are parsed."""
    wanted = [b for a, b in pairwise(argv) if a == "--lang"] + [
        a.removeprefix("--lang=") for a in argv if a.startswith("--lang=")
    ]
    first = (wanted or [os.environ.get("DX_LANG", OFFICIAL)])[-1].split(",")[0]
    return first if first in LANGUAGES else OFFICIAL


def parser(lang: str, explained: bool = True) -> argparse.ArgumentParser:
    """The commands and their options; help texts only where they will be read (the catalogue takes 40 ms)."""

    def say(key: str) -> str | None:
        return text(f"cli.{key}", lang) if explained else None

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, default=DATA, metavar="DIR", help=say("data"))
    common.add_argument("--reports", type=Path, default=Path("reports"), metavar="DIR", help=say("reports"))
    common.add_argument("--lang", default=lang, type=languages, help=say("lang"))
    common.add_argument("--json", action="store_true", help=say("json"))
    common.add_argument("--quiet", action="store_true", help=say("quiet"))
    dx = argparse.ArgumentParser(prog="dx", description=say("about"))
    commands = dx.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, call: Any) -> argparse.ArgumentParser:
        said = say(name.replace("-", "_"))
        sub = commands.add_parser(name, parents=[common], help=said, description=said)
        sub.set_defaults(call=call)
        return sub

    check = command("check", run_check)
    check.add_argument("year", nargs="?", metavar="YEAR", help=say("year"))
    check.add_argument("group", nargs="?", metavar="GROUP", help=say("group"))
    check.add_argument("--free-lock", type=Path, metavar="DIR", help=say("free_lock"))
    check.add_argument("--clean", action="store_true", help=say("clean"))
    score = command("score", run_score)
    place(score, say)
    score.add_argument("-o", dest="output", type=Path, metavar="FILE", help=say("output"))
    compare = command("compare", run_compare)
    place(compare, say)
    compare.add_argument("--to-on", choices=ON, help=say("to_on"))
    compare.add_argument("--to-scenario", metavar="NAME", help=say("to_scenario"))
    compare.add_argument("--to-data", type=Path, metavar="DIR", help=say("to_data"))
    compare.add_argument("--to-year", metavar="YEAR", help=say("to_year"))
    compare.set_defaults(refuse=compare.error)
    compare.add_argument("-o", dest="output", type=Path, metavar="FILE", help=say("output"))
    run = command("run", run_matrix)
    for option in ("years", "groups", "notebooks"):
        run.add_argument(f"--{option}", type=lambda value: value.split(","), metavar="A,B", help=say(option))
    run.add_argument("-p", dest="parameters", action="append", default=[], metavar="NAME=VALUE", help=say("parameter"))
    run.add_argument("-j", dest="jobs", type=positive, metavar="N", help=say("jobs"))
    run.add_argument("--force", action="store_true", help=say("force"))
    run.add_argument("--kernels", choices=KERNELS, help=say("kernels"))
    run.add_argument("--dask", metavar="ADDRESS", help=say("dask"))
    run.add_argument("--own-notebooks", action="store_true", help=say("own_notebooks"))
    run.set_defaults(lang=",".join(dict.fromkeys((lang, *LANGUAGES))))
    audited = command("audit", run_audit)
    audited.add_argument("path", nargs="?", type=Path, metavar="PATH", help=say("audited"))
    audited.add_argument("--root", metavar="HEX", help=say("root_option"))
    audited.add_argument("--fingerprint", metavar="HEX", help=say("fingerprint_option"))
    audited.add_argument("--rerun", action="store_true", help=say("rerun_too"))
    audited.add_argument("-p", dest="parameters", action="append", metavar="NAME=VALUE", help=say("parameter"))
    audited.add_argument("--dask", metavar="ADDRESS", help=say("dask"))
    audited.set_defaults(refuse=audited.error)
    approve = command("approve", run_approve)
    place(approve, say, what=False)
    approve.add_argument("--role", required=True, metavar="ROLE", help=say("role"))
    approve.add_argument("--decision", required=True, metavar="NUMBER", help=say("decision"))
    approve.add_argument("--date", required=True, type=day, metavar="DAY", help=say("signed_on"))
    approve.add_argument("--reason", default="", metavar="TEXT", help=say("why_again"))
    approve.add_argument("--pending-appeals", default="", metavar="TEXT", help=say("pending_appeals"))
    forms = command("forms", run_forms)
    place(forms, say, what=False)
    forms.add_argument("-o", dest="output", type=Path, metavar="DIR", required=True, help=say("forms_folder"))
    forms.add_argument("--stage", choices=STAGES, default="claim", help=say("stage"))
    intake = command("intake", run_intake)
    place(intake, say, what=False)
    intake.add_argument("files", nargs="+", type=Path, metavar="FILE", help=say("intake_files"))
    intake.add_argument("--reason", default="", metavar="TEXT", help=say("reason"))
    intake.add_argument("--received", type=day, metavar="DAY", help=say("received"))
    intake.add_argument("--returned", type=Path, metavar="DIR", help=say("returned"))
    following = command("new-year", run_new_year)
    following.add_argument("year", metavar="YEAR", help=say("year"))
    following.add_argument("--from", dest="before", metavar="YEAR", required=True, help=say("before"))
    following.add_argument(
        "--groups", type=lambda value: value.split(","), default=[], metavar="A,B", help=say("groups")
    )
    tables = command("tables", run_tables)
    tables.add_argument("year", nargs="?", metavar="YEAR", help=say("year"))
    tables.add_argument("group", nargs="?", metavar="GROUP", help=say("group"))
    tables.add_argument("-o", dest="output", type=Path, metavar="FILE.xlsx", help=say("tables_file"))
    tables.add_argument("--import", dest="file", type=Path, metavar="FILE.xlsx", help=say("import"))
    tables.add_argument("--dry-run", action="store_true", help=say("dry_run"))
    tables.set_defaults(refuse=tables.error)
    status = command("status", run_status)
    status.add_argument("year", metavar="YEAR", help=say("year"))
    status.add_argument("group", nargs="?", metavar="GROUP", help=say("group"))
    status.add_argument("--as-of", type=day, metavar="DAY", help=say("as_of"))
    status.add_argument("--reminders", type=Path, metavar="FILE.csv", help=say("reminders"))
    worklist = command("worklist", run_worklist)
    place(worklist, say, what=False)
    worklist.add_argument("-o", dest="output", type=Path, metavar="FILE.xlsx", required=True, help=say("worklist_file"))
    worklist.add_argument("--capacity", type=positive, metavar="N", help=say("capacity"))
    worklist.add_argument("--seed", type=seed, metavar="S", help=say("seed"))
    register = commands.add_parser("register", help=say("register"), description=say("register"))
    acts = register.add_subparsers(metavar="ACTION", required=True, dest="action")
    for action, (units, heirs, founds) in ACTS.items():
        said = say(f"register_{action}")
        act = acts.add_parser(action, parents=[common], help=said, description=said)
        act.set_defaults(call=run_register)
        if action == "import":
            act.add_argument("file", type=Path, metavar="FILE", help=say("register_file"))
        if units:
            act.add_argument("units", nargs=1 if units == "1" else units, metavar="UNIT", help=say("register_units"))
        if heirs:
            parted = action in PARTED
            kind, metavar = (part, "UNIT[:SHARE]") if parted else (whole, "UNIT")
            act.add_argument(
                "--into", nargs="+" if parted else 1, type=kind, required=parted, metavar=metavar, help=say(heirs)
            )
        if action in PARTED:
            act.add_argument("--basis", choices=BASES, default="", help=say("register_basis"))
        if founds:
            for other in LANGUAGES:
                key, must = ("name_new", action != "merge") if other == OFFICIAL else ("name_new_in", False)
                said = text(f"cli.{key}", lang, language=called(other, lang)) if explained else None
                act.add_argument(f"--name-{other}", required=must, default="", metavar="TEXT", help=said)
            act.add_argument("--id", default="", metavar="ID", help=say("register_id"))
            act.add_argument("--code", default="", metavar="CODE", help=say("register_code"))
            act.add_argument("--level", required=action == "create", default="", metavar="WORD", help=say("level_of"))
        act.add_argument("--date", type=day, metavar="DAY", required=True, help=say("register_date"))
        act.add_argument("--act", required=action != "import", default="", metavar="TEXT", help=say("act"))
        if action == "import":
            act.add_argument("--level", default="commune", metavar="WORD", help=say("level"))
        act.add_argument("--write", action="store_true", help=say("register_write"))
    links = command("links", run_links)
    place(links, say, what=False)
    links.add_argument("--from", dest="before", metavar="YEAR", required=True, help=say("links_from"))
    links.add_argument("-o", dest="output", type=Path, metavar="FILE", help=say("output"))
    sample = command("sample", run_sample)
    sample.add_argument("folder", type=Path, metavar="DIR", help=say("folder"))
    sample.add_argument("--communes", type=communes, default=107, metavar="N", help=say("communes"))
    sample.add_argument("--seed", type=seed, default=2554, metavar="S", help=say("seed"))
    command("lab", run_lab)
    return dx


def place(sub: argparse.ArgumentParser, say: Any, what: bool = True) -> None:
    """YEAR GROUP and, with `what`, which result of it is meant."""
    sub.add_argument("year", metavar="YEAR", help=say("year"))
    sub.add_argument("group", metavar="GROUP", help=say("group"))
    if not what:
        return
    sub.add_argument("--on", choices=ON, help=say("on"))
    sub.add_argument("--scenario", metavar="NAME", help=say("scenario"))


def languages(value: str) -> str:
    if not value or any(part not in LANGUAGES for part in value.split(",")):
        raise argparse.ArgumentTypeError(f"{value!r}: {', '.join(LANGUAGES)}")
    return value


def positive(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"{value!r}: 1, 2, 3, …")
    return int(value)


def communes(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 5 or not 1 <= int(value) <= 20_000:
        raise argparse.ArgumentTypeError(f"{value!r}: 1 … 20000")
    return int(value)


def seed(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 20 or int(value) > 2**64:
        raise argparse.ArgumentTypeError(f"{value!r}: 0 … 2^64")
    return int(value)


def day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r}: 2025-03-31") from None


def part(value: str) -> tuple[str, str]:
    """A unit, and the part that goes there: so-y-te:0.2"""
    unit, _, share = value.partition(":")
    return unit, share


def whole(value: str) -> tuple[str, str]:
    """A unit that takes in whole ones."""
    return value, ""


def run_check(args: argparse.Namespace) -> int:
    from .case import check
    from .index import check_printed, check_quota_ties
    from .lock import clean, free, said_left
    from .runs.versions import touched
    from .show.typeface import check_signs

    def also(case: Case) -> list[Finding]:
        kept = touched(args.data, case.year, case.group, case.approvals)
        return [*check_printed(case), *check_quota_ties(case), *check_signs(case), *kept]

    if args.free_lock:
        free(args.free_lock)
    places = [folder for folder in (args.data, args.reports) if folder.is_dir()]
    gone = [other for folder in places for other in clean(folder)] if args.clean else []
    for other in gone:
        print(text("cli.cleaned", args.say, path=other), file=sys.stderr)
    findings = [found for folder in places for found in said_left(folder)]
    findings += check(args.data, args.year, args.group, also=also)
    show_findings(findings, args, sys.stdout)
    errors = sum(f.severity == "error" for f in findings)
    if not args.json and not args.quiet:
        print(text("cli.checked", args.say, errors=errors, warnings=len(findings) - errors))
    return 1 if errors else 0


def marked(table: pd.DataFrame, cases: Sequence[Case], args: argparse.Namespace) -> pd.DataFrame:
    """The table with a last column `mark`, and a warning, where a scenario has changed points; else as it is. Weights
    that a scenario moves far are warned of, too."""
    from .case.scenarios import points_edited, weights_moved

    edited = points_edited(cases)
    warn(weights_moved(cases), args)
    warn(edited, args)
    return table.assign(mark=text("cli.points_edited", args.say, **edited[0].facts)) if edited else table


def run_score(args: argparse.Namespace) -> int:
    from .case import check_there, read_state
    from .index import check_zeros, score, to_csv

    case = read_state(args.data, args.year, args.group, args.scenario, args.on)
    check_there(args.data, case)
    warn(check_zeros(case, args.on), args)
    table = marked(score(case, args.on), [case], args)
    give(to_csv(table), table, args)
    return 0


def run_compare(args: argparse.Namespace) -> int:
    from .case import read_state
    from .index import to_csv
    from .years.states import compare_states, source_differs, unlike

    if args.to_on is None and args.to_scenario is None and args.to_data is None and args.to_year is None:
        args.refuse(text("cli.compare_nothing", args.say))
    kept = args.scenario if args.to_on or args.to_data or args.to_year else None
    scenario = kept if args.to_scenario is None else args.to_scenario
    other, to_on = args.to_data or args.data, args.to_on or args.on
    one = (args.data, read_state(args.data, args.year, args.group, args.scenario, args.on), args.on)
    two = (other, read_state(other, args.to_year or args.year, args.group, scenario, to_on), to_on)
    table, step = compare_states(one, two)
    warn(source_differs(step), args)
    table = marked(table, (step.before, step.after), args)
    give(to_csv(table), table, args)
    if args.output and not args.quiet and not args.json:
        moved = int((table["change"] != "same").sum())
        print(text("cli.compared", args.say, moved=moved, all=len(table)))
    found = unlike(step)
    if step.comparable:
        warn(found, args)
        return 0
    show_findings(found, args)
    return 1


def run_links(args: argparse.Namespace) -> int:
    from .case import read_to_ask
    from .case.tables import as_csv
    from .years import propose_links

    before, after = (read_to_ask(args.data, year, args.group) for year in (args.before, args.year))
    table = propose_links(before, after)
    give(as_csv(list(table.columns), table.itertuples(index=False)).decode("utf-8"), table, args)
    if args.output and not args.quiet and not args.json:
        whole = len(after.framework.nodes)
        print(text("cli.linked", args.say, n=len(table), all=whole, file=args.output))
    return 0


def run_register(args: argparse.Namespace) -> int:
    from .sheets.register import official, read_units
    from .sheets.tables_workbook import cell_changes
    from .years import reorganise

    units = read_units(args.data)
    single = args.action != "import"
    if single:
        proposed = reorganise(act_of(args), units.register, units.lineage)
    else:
        proposed = official(units, args.file, args.date.isoformat(), args.act, args.level, args.write)
    show_findings(proposed.findings, args, sys.stdout if args.json else None)
    if not args.quiet and not args.json and not (single and proposed.open):
        for cell in cell_changes("register", units.register, proposed.register) if single else ():
            print(" ", change_line("table_change", "table key column before after", cell, args))
        for event in proposed.lineage.iloc[len(units.lineage) :].head(CHANGES_SHOWN).to_dict("records"):
            print(text("cli.event", args.say, **{key: cell or "–" for key, cell in event.items()}))
        facts = {"ended": proposed.ended, "began": proposed.began, "events": proposed.events}
        print(text("cli.register_proposed", args.say, **facts))
    if proposed.open:
        return 1
    units.take(proposed, args.write)
    if not args.quiet and not args.json:
        print(text("cli.register_written" if args.write else "cli.register_shown", args.say, folder=args.data))
    return 0


def act_of(args: argparse.Namespace) -> Any:
    """One act on single units."""
    from .years import Act

    given = vars(args)
    columns = {"agency": "id", **{name: name for name in in_each("name")}, "level": "level", "official_code": "code"}
    new = {column: given.get(option, "") for column, option in columns.items()}
    facts = (tuple(given.get("units", ())), dict(given.get("into") or ()), given.get("basis", ""), new)
    return Act(args.action, args.date.isoformat(), args.act, *facts)


def run_matrix(args: argparse.Namespace) -> int:
    from .runs import run, split

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with followed(args) as telling:
        chosen = args.years, args.groups, args.notebooks, tuple(args.lang.split(","))
        how = {name: getattr(args, name) for name in ("force", "kernels", "dask", "own_notebooks")}
        result = run(args.data, args.reports, *chosen, split(args.parameters), args.jobs, **how | telling)
    if troubles := [outcome.trouble for outcome in result.outcomes if outcome.trouble]:
        print(text("cli.kernel_trouble", args.say, n=len(troubles), why=troubles[0]), file=sys.stderr)
    if args.json:
        shown = ("status", "heading", "reason")
        rows = [
            {"job": str(o.job), **{key: getattr(o, key) for key in shown}, "products": list(o.products)}
            for o in result.outcomes
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return result.exit_code
    show_findings(result.findings, args)
    if not args.quiet:
        failed = len(result.failures)
        print(text("cli.ran", args.say, made=len(result.outcomes) - failed, failed=failed, reports=args.reports))
    return result.exit_code


@contextmanager
def followed(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """What `run` is told to call while it goes on: nothing where nobody looks."""
    from .runs.watch import watched

    if args.quiet or args.json:
        yield {}
    else:
        with watched(args.say) as watch:
            yield {"progress": watch.progress, "begun": watch.begun}


def run_audit(args: argparse.Namespace) -> int:
    from . import audit

    if (args.dask or args.parameters) and not args.rerun:
        args.refuse(text("cli.with_rerun", args.say, option="--dask" if args.dask else "-p"))
    lang = next(one for one in order(args.say) if one in audit.WORDS)  # it stands alone, with words of its own
    root, signed = (digits(args, option, lang) for option in ("root", "fingerprint"))
    folders = audit.published(args.path or args.reports)
    if not any(audit.is_published(folder) for folder in folders) and not args.json:
        print(text("cli.nothing_published", args.say, path=folders[0]))
    data = None if args.data is DATA else args.data
    meant = folders if len(folders) == 1 else [folder for folder in folders if folder.name == "public"]
    compared = {folder: (root, signed) if folder in meant else ("", "") for folder in folders}
    reports = {folder: audit.audit(folder, *outside, data) for folder, outside in compared.items()}
    differences = remake(args, folders) if args.rerun else []
    if args.json:
        found = {str(folder): json.loads(audit.as_json(report, lang)) for folder, report in reports.items()}
        found |= {"rerun": [vars(one) for one in differences]} if args.rerun else {}
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for folder, report in reports.items():
            print(f"{folder}:", *audit.lines_of(report, lang), sep="\n  ")
        for one in differences:
            print(text(f"cli.rerun.{one.cause}", args.say, path=one.path, detail=one.detail))
        if args.rerun and not differences:
            print(text("cli.rerun.same", args.say))
    return 1 if differences else audit.exit_code(list(reports.values()))


def digits(args: argparse.Namespace, option: str, lang: str) -> str:
    """What was published or printed elsewhere, read as the auditor's own command reads it."""
    from .audit import digits as reader

    given = getattr(args, option)
    try:
        return reader(lang)(given) if given else ""
    except argparse.ArgumentTypeError as error:
        args.refuse(f"--{option}: {error}")
        return ""


def remake(args: argparse.Namespace, folders: list[Path]) -> list[Any]:
    from .runs.parameters import split
    from .runs.rerun import rerun

    with followed(args) as telling:
        return rerun(args.data, folders, parameters=split(args.parameters or []), dask=args.dask, **telling)


def run_approve(args: argparse.Namespace) -> int:
    from .audit import short
    from .runs.approve import approve

    facts = (args.role, args.decision, args.date.isoformat(), args.reason, args.pending_appeals)
    row = approve(args.data, args.reports, args.year, args.group, *facts)
    if args.json:
        print(json.dumps(row, ensure_ascii=False, indent=1))
    elif not args.quiet:
        print(text("cli.approved", args.say, version=row["version"], code=short(row["fingerprint"]), root=row["root"]))
    return 0


def file_by_file(args: argparse.Namespace) -> Callable[[int, int, str], None] | None:
    """Says how far a command has come; nothing where nobody looks."""

    def progress(done: int, whole: int, file: str) -> None:
        print(text("sheet.cli.progress", args.say, done=done, all=whole, file=file), flush=True)

    return None if args.quiet or args.json else progress


def show_changes(key: str, parts: str, changes: Sequence[tuple[str, ...]], args: argparse.Namespace) -> None:
    """The first changes of cells, a line each, and how many more."""
    for change in changes[:CHANGES_SHOWN]:
        print(change_line(key, parts, change, args))
    if len(changes) > CHANGES_SHOWN:
        print(text("sheet.cli.more_changes", args.say, n=len(changes) - CHANGES_SHOWN))


def change_line(key: str, parts: str, change: tuple[str, ...], args: argparse.Namespace) -> str:
    """One change of a cell.  parts: what each item of it is"""
    facts = dict(zip(parts.split(), map(brief, change), strict=True))
    return text(f"sheet.cli.{key}", args.say, **{part: said or "–" for part, said in facts.items()})


def run_forms(args: argparse.Namespace) -> int:
    from .sheets import issue

    made = issue(args.data, args.year, args.group, args.output, args.stage, args.say, file_by_file(args))
    if args.json:
        print(json.dumps([str(path) for path in made], ensure_ascii=False, indent=1))
    elif not args.quiet:
        print(text("sheet.cli.made", args.say, n=len(made), folder=args.output))
    return 0


def run_intake(args: argparse.Namespace) -> int:
    from .sheets import give_back, intake

    out = intake(args.data, args.year, args.group, args.files, args.reason, args.received, file_by_file(args))
    show_findings(out.findings, args, sys.stdout if args.json else None)
    folder = args.returned or args.reports / "internal" / args.year / args.group / "returned"
    give_back(folder, out.returned)
    if args.quiet or args.json:
        return 1 if out.refused else 0
    show_changes("change", "table agency indicator column before after", out.changes, args)
    if out.refused:
        key = "sheet.cli.refused" if out.returned else "sheet.cli.refused_nobody"
        print(text(key, args.say, n=len(out.returned), folder=folder))
    else:
        n, changes, known = len(out.taken), len(out.changes), len(out.known)
        print(text("sheet.cli.taken", args.say, n=n, changes=changes, known=known))
    return 1 if out.refused else 0


def run_new_year(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from .case import new_year

    made = new_year(args.data, args.year, args.before, args.groups)
    if args.json:
        print(json.dumps([asdict(group) for group in made], ensure_ascii=False, indent=1))
    elif not args.quiet:
        for group in made:
            facts = {"kept": len(group.kept), "links": group.links, "place": f"{group.year}/{group.group}"}
            named = {key: listed(getattr(group, key)) for key in ("ended", "new")}
            print(text("cli.nobody_left" if group.nobody else "cli.proposed", args.say, **facts, **named))
            if group.left_out:
                print(text("cli.scenarios_left", args.say, names=listed(group.left_out)))
        if not all(group.nobody for group in made):
            print(text("cli.to_fill", args.say))
    return 0


def listed(names: Sequence[str], most: int = 8) -> str:
    """A few names, and how many there are."""
    shown = ", ".join(names[:most]) + (", …" if len(names) > most else "")
    return f"{len(names)} ({shown})" if names else "0"


def run_tables(args: argparse.Namespace) -> int:
    from .case import store
    from .sheets import check_new, import_tables, tables

    if args.file is None and (args.group is None or args.output is None):
        args.refuse(text("cli.tables_usage", args.say))
    if args.file is None:
        check_new(args.output)
        store(args.output, tables(args.data, args.year, args.group, args.say), args.data)
        written("sheet.cli.tabled", args.output, args)
        return 0
    out = import_tables(args.data, args.file, write_it=False)
    show_findings(out.findings, args, sys.stdout if args.json else None)
    if args.quiet or args.json:
        return 1 if out.refused or not taken(out, args) else 0
    show_changes("table_change", "table key column before after", out.changes, args)
    sys.stdout.flush()  # whoever waits sees what is going to change before it does
    ended = out.refused or not taken(out, args)
    what = "refused" if ended else "same" if not out.files else "shown" if args.dry_run else ""
    key = f"sheet.cli.import_{what}" if what else "sheet.cli.imported"
    print(text(key, args.say, place=out.place, n=len(out.changes)))
    return 1 if ended else 0


def taken(shown: Any, args: argparse.Namespace) -> bool:
    """Write what was shown, unless nothing is to be written; whether all is well."""
    from .sheets import import_tables

    if args.dry_run or shown.refused or not shown.files:
        return True
    out = import_tables(args.data, args.file)
    if out.refused:
        show_findings([f for f in out.findings if f.severity == "error"], args)
    return not out.refused


def run_status(args: argparse.Namespace) -> int:
    from . import verify
    from .case import places, read_for_verification, read_log, read_register, store
    from .case.tables import as_csv
    from .publish.open_data import safe_csv
    from .sheets.taking_in import today
    from .show import status as page

    chosen = [(args.year, args.group)] if args.group else places(args.data, args.year)
    if not chosen:
        raise Refusal([Finding("E_NOT_FOUND", "folder_empty", value=f"{args.data}/{args.year}")])
    day = args.as_of.isoformat() if args.as_of else today()
    register = read_register(args.data)
    rows, lines = [], []
    for year, group in chosen:
        case = read_for_verification(args.data, year, group)
        waiting = verify.open_items(case)
        state = verify.progress(case, day, read_log(args.data, year, group, "returned"), waiting)
        rows += [{"year": year, "group": group, **row} for row in state.to_dict("records")]
        lines += [{"year": year, "group": group, **line} for line in page.reminders(case, state, register, args.say)]
        if not args.quiet and not args.json:
            print(*page.overview(case, state, waiting, register, day, args.say), sep="\n  ")
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    if args.reminders:
        columns = ["year", "group", "id", "name", "missing", "text"]
        table = as_csv(columns, ([line[c] for c in columns] for line in lines))
        store(args.reminders, safe_csv(table.decode("utf-8")), args.data)
        if not args.quiet and not args.json:
            print(text("cli.reminded", args.say, n=len(lines), file=args.reminders))
    return 0


def run_worklist(args: argparse.Namespace) -> int:
    from .sheets import worklist

    options = {} if args.capacity is None else {"capacity": args.capacity}
    made = worklist(args.data, args.year, args.group, args.output, seed=args.seed, lang=args.say, **options)
    if made.findings:
        show_findings(made.findings, args)
    if args.json:
        facts = {"file": str(args.output), "items": made.items, "open": made.open, "copies": made.copies}
        print(json.dumps(facts, ensure_ascii=False))
    elif not args.quiet:
        print(text("sheet.cli.listed", args.say, n=made.items, all=made.open, file=args.output))
        if made.copies:
            print(text("sheet.cli.copied", args.say, n=made.copies, folder=args.output.parent / "received"))
    return 0


def run_sample(args: argparse.Namespace) -> int:
    from .sample import write

    if args.folder.exists() and any(args.folder.iterdir()):
        raise Refusal([Finding("E_EXISTS", "folder_not_empty", value=str(args.folder))])
    write(args.folder, communes=args.communes, seed=args.seed)
    written("cli.sampled", args.folder, args, "folder")
    return 0


def written(key: str, place: Path, args: argparse.Namespace, what: str = "file") -> None:
    """What was made and where, as a sentence or as JSON."""
    if args.json:
        print(json.dumps({what: str(place)}, ensure_ascii=False))
    elif not args.quiet:
        print(text(key, args.say, **{what: place}))


def run_lab(args: argparse.Namespace) -> int:
    import subprocess

    notebooks = Path(__file__).resolve().parents[1] / "notebooks"
    return subprocess.call(
        [
            sys.executable,
            "-m",
            "jupyterlab",
            "--notebook-dir",
            str(notebooks.parent),
            "--LabApp.default_url=/lab/tree/notebooks",
            "--LabApp.news_url=None",  # nothing at a desk asks the network: no news, no look for updates, no catalogue
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.extension_manager=readonly",
        ]
    )


def give(csv: str, table: pd.DataFrame, args: argparse.Namespace) -> None:
    """A table to the screen or to a file."""
    from .case import store

    out = csv
    if args.json:
        out = table.to_json(orient="records", force_ascii=False, indent=1, double_precision=15) + "\n"
    if not args.output:
        sys.stdout.write(out)
        return
    store(args.output, out.encode(), args.data)


def warn(findings: Sequence[Finding], args: argparse.Namespace) -> None:
    if findings and not args.quiet:
        show_findings(findings, args)


def show_findings(findings: Iterable[Finding], args: argparse.Namespace, stream: Any = None) -> None:
    """Findings as plain sentences, or as JSON with all their facts."""
    rows: list[dict[str, Any]] = [
        {"code": f.code, "severity": f.severity, "file": f.file, "row": f.row, "column": f.column, "value": f.value}
        | worded(f, args.say)
        for f in findings
    ]
    stream = stream or sys.stderr
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1), file=stream)
        return
    for row in rows:
        at = text("cli.at_row", args.say, row=row["row"]) if row["row"] else ""
        where = " · ".join(brief(part) for part in (row["file"], at, row["column"]) if part)
        print(text(f"cli.{row['severity']}", args.say), row["code"], where, file=stream)
        print(f"    {row['what']}.", file=stream)
        expected, remedy = (text(f"cli.{key}", args.say) for key in ("expected", "remedy"))
        print(f"    {expected}: {row['expected']}. {remedy}: {row['remedy']}.", file=stream)
