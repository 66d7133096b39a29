"""An agency's desk: the sample without its claims, its forms, and the people who fill them in."""

import shutil
import subprocess
from pathlib import Path

from dxlib.case import read_case, read_to_ask
from dxlib.sheets.book import filled
from dxlib.sheets.form import DOCUMENT, appeal_form, claim_form
from dxlib.sheets.taking_in import Issued
from dxlib.sheets.write import write
from dxlib.words import text

DATA = Path(__file__).parents[2] / "data"
YEAR = 2024
RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def before_claims(root, group="departments", agencies=3):
    """A data folder as it is when the forms go out, with few agencies; returns the case as it was once all was in."""
    for year in ("2023", "2024"):
        shutil.copytree(DATA / year / group, root / year / group)
    for name in ("register", "reasons", "lineage"):
        shutil.copy(DATA / f"{name}.csv", root / f"{name}.csv")
    folder = root / str(YEAR) / group
    full = read_case(root, YEAR, group)
    kept = full.agencies["agency"].tolist()[:agencies]
    for name in ("agencies", "claims", "exemptions", "evidence", "verdicts", "appeals"):
        path = folder / f"{name}.csv"
        if path.is_file():
            frame = full.tables[name]
            frame[frame["agency"].isin(kept)].to_csv(path, index=False, lineterminator="\n")
    shutil.rmtree(folder / "evidence", ignore_errors=True)
    full = read_case(root, YEAR, group)
    claims = full.claims
    reported = {n.code for n in full.framework.leaves if n.source == "reported"}
    claims[~claims["indicator"].isin(reported)].to_csv(folder / "claims.csv", index=False, lineterminator="\n")
    for name in ("evidence", "verdicts", "appeals"):
        (folder / f"{name}.csv").unlink(missing_ok=True)
    return full


def what_is_typed(words, claims, documents):
    """name of an input -> what one sender types: its claims and documents."""
    found, more = {}, 0
    for claim in claims:
        code, option = claim["indicator"], claim["option"]
        found |= {f"{code}/{column}": claim[column] for column in ("a", "b", "points", "explanation")}
        rule, names = words.case.framework.nodes[code].rule, words.options[code]
        if option and rule.several:
            met = {part.strip() for part in option.split(";")}
            for part in rule.names:
                found[f"{code}/option/{part}"] = text(f"sheet.form.{'met' if part in met else 'unmet'}", words.lang)
        elif option:
            found[f"{code}/option"] = names[option]
        found["submitted_by"] = claim["submitted_by"]
    seen = set()
    for each in documents:
        where = code = each["indicator"]
        if code in seen:
            more += 1
            where = f"more/{more}"
            found[f"{where}/code"] = code
        seen.add(code)
        found |= {f"{where}/{column}": each[column] for column in DOCUMENT}
    return found


class Desk:
    """Forms of a data folder, filled in."""

    def __init__(self, root, full, group="departments", lang="vi", year=YEAR):
        self.root, self.full, self.group = root, full, group
        issued = Issued(read_to_ask(root, year, group), root)
        self.words = issued.wording(lang)
        self.people = issued.people[lang]

    def typed(self, agency, files=False):
        """What an agency types; without the names of files, unless asked: the desk sends none."""
        claims = self.full.claims
        reported = {n.code for n in self.full.framework.leaves if n.source == "reported"}
        mine = claims[(claims["agency"] == agency) & claims["indicator"].isin(reported)]
        papers = self.full.evidence
        papers = papers[papers["agency"] == agency].to_dict("records")
        typed = what_is_typed(self.words, mine.to_dict("records"), papers)
        return {name: said for name, said in typed.items() if files or not name.endswith("/file")}

    def form(self, agency, typed=None, stage="claim"):
        """The bytes of a form with this typed in."""
        book = (claim_form if stage == "claim" else appeal_form)(self.words, self.people[agency])
        return write(filled(book, self.typed(agency) if typed is None else typed))


def resaved(files, folder, kind="xlsx", anew=True):
    """The files opened, worked out anew (or as LibreOffice does by itself) and saved by LibreOffice."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    if anew:
        (profile / "user" / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    out = folder / "saved"
    done = subprocess.run(
        [
            *("soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless"),
            *("--convert-to", kind, "--outdir", str(out), *map(str, files)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [out / f"{Path(f).stem}.{kind}" for f in files]


MACRO = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">
Sub Change(file, out)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  book = StarDesktop.loadComponentFromURL(file, "_blank", 0, hidden())
  sheet = book.Sheets.getByName("{sheet}")
  sheet.unprotect("")
  {change}
  sheet.protect("")
  Dim kind(0) As New com.sun.star.beans.PropertyValue
  kind(0).Name = "FilterName" : kind(0).Value = "Calc MS Excel 2007 XML"
  book.storeToURL(out, kind())
  book.close(True)
End Sub
</script:module>
"""


def in_office(file, folder, sheet, change):
    """The file after somebody changed a sheet of it in LibreOffice, its protection lifted; `change` is StarBasic."""
    profile, out = folder / "profile-macro", folder / f"changed-{file.name}"
    office = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
    call = f'macro:///Standard.Module1.Change("{file.as_uri()}","{out.as_uri()}")'
    subprocess.run([*office, call], capture_output=True, timeout=300)  # makes the profile, with an empty module
    module = MACRO.replace("{sheet}", sheet).replace("{change}", change.replace("&", "&amp;").replace("<", "&lt;"))
    (profile / "user" / "basic" / "Standard" / "Module1.xba").write_text(module, encoding="utf-8")
    done = subprocess.run([*office, call], capture_output=True, text=True, timeout=300)
    assert out.is_file(), done.stderr
    return out
