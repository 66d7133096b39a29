"""Office papers as DOCX: a template that staff edit in Word, filled with the facts of an executed notebook.

Templates are filled by docxtpl; https://docxtpl.readthedocs.io tells what a template may say. Ours stand in `office/`
in the form of Decree 30/2020/NĐ-CP.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from textwrap import wrap
from typing import Any

from ..errors import Finding, Refusal, nearest
from ..show.blocks import DRAFT
from ..show.typeface import printable
from ..words import text
from .page import HERE, describe

TEMPLATES = HERE / "office"
SPECIAL = str.maketrans({letter: f"&#{ord(letter)};" for letter in "&<>\"'{}%"})
MADE = datetime(2000, 1, 1)  # a time of making would change the bytes
STAMP = (2000, 1, 1, 0, 0, 0)
PLACE = re.compile(r"[{}%]")


def draft(notebook: Any, name: str, own: Path | None = None, **marks: Any) -> bytes:
    """One office paper, from the facts that a cell of the notebook shows.

    notebook   an executed nbformat node
    name       which paper: the name of its template
    own        the user's template, where there is one
    marks      lang, title, reader, sample, provisional, fingerprint; see `page.describe`

    Same input, same bytes. Raises Refusal for a template that cannot be filled.
    """
    page = describe(**marks)
    held = {kind: bool(marks[kind]) for kind in ("sample", "provisional")}
    said = " – ".join(text(f"draft.mark.{kind}", marks["lang"]) for kind, holds in held.items() if holds)
    code, replaces = page["short"].replace(" ", "\u00a0"), marks.get("replaces", "")
    root = " ".join(wrap(page["root"] or "", 4))
    printed = {**held, "marks": said, "fingerprint": code, "replaces": replaces, "root": root}
    shown_as = f"templates/{name}.docx" if own else f"{name}.docx"
    return filled(own or TEMPLATES / f"{name}.docx", {**facts_of(notebook), **printed}, page["title"], shown_as)


def facts_of(notebook: Any) -> dict[str, Any]:
    """What the notebook gives for its office papers. Raises Refusal where it gives nothing."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    found = next((output["data"][DRAFT] for output in outputs if DRAFT in output.get("data", {})), None)
    if found is None:
        raise Refusal([Finding("E_NOTEBOOK", "draft_missing")])
    return dict(found)


def filled(template: Path, facts: Mapping[str, Any], title: str, shown_as: str) -> bytes:
    """The template with its places filled.

    facts      name -> text, truth value, or lists and tables of them
    title      of the document, in its properties
    shown_as   what a refusal calls the template

    Every text stands as it is: nothing in it can be taken for markup or for a place to fill. Persons that Word
    noted as authors are left out. Raises Refusal, all unknown names at once.
    """
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined, finalize=literal)
    paper = opened(template, shown_as)
    unknown = attempt(lambda: paper.get_undeclared_template_variables(environment, dict(facts)), shown_as, facts)
    if unknown:
        raise Refusal([unknown_name(name, facts, shown_as) for name in sorted(unknown)])
    attempt(lambda: paper.render(dict(facts), environment, autoescape=True), shown_as, facts)
    impersonal(paper.docx.core_properties, title)
    out = io.BytesIO()
    paper.docx.save(out)
    return steady(out.getvalue())


def opened(template: Path, shown_as: str) -> Any:
    """The template; its XML must still be whole when it is filled (docxtpl would mend it, and lose words)."""
    from docx.opc.exceptions import OpcError
    from docxtpl import DocxTemplate
    from lxml import etree

    class Whole(DocxTemplate):
        def build_xml(self, context: Any, jinja_env: Any = None) -> str:
            xml = str(super().build_xml(context, jinja_env))
            etree.fromstring(xml)
            return xml

    paper = Whole(io.BytesIO(template.read_bytes()))
    try:
        paper.init_docx()
    except (OpcError, zipfile.BadZipFile, etree.LxmlError, KeyError, ValueError) as error:
        raise wrong("template_not_word", shown_as, error) from None
    return paper


def attempt(step: Callable[[], Any], shown_as: str, known: Any) -> Any:
    """A step of filling; what is wrong with the template is named, with the place where it is known."""
    from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError
    from lxml.etree import LxmlError

    try:
        return step()
    except TemplateSyntaxError as error:
        raise wrong("template_syntax", shown_as, error, column=around(error)) from None
    except UndefinedError as error:
        name = (re.findall(r"'([^']*)'", str(error)) or [""])[-1]
        raise Refusal([unknown_name(name, fields(known), shown_as)]) from None
    except (TemplateError, LxmlError, TypeError, ValueError, ArithmeticError) as error:
        raise wrong("template_failed", shown_as, error) from None


def wrong(reason: str, shown_as: str, error: Exception, column: str = "") -> Refusal:
    detail = str(error).split("\n")[0] or type(error).__name__
    return Refusal([Finding("E_TEMPLATE", reason, shown_as, column=column, facts={"detail": detail})])


def around(error: Any) -> str:
    """The line of the paper where a place to fill is written wrongly, as far as docxtpl knows it."""
    lines = [line.strip() for line in getattr(error, "docx_context", ()) if PLACE.search(line)]
    return lines[-1][:80] if lines else ""


def unknown_name(name: str, known: Any, shown_as: str) -> Finding:
    facts = {"nearest": nearest(name, known) or "–", "known": ", ".join(sorted(known))}
    return Finding("E_TEMPLATE", "template_unknown", shown_as, column=name, value=name, facts=facts)


def fields(facts: Any) -> set[str]:
    """Every name in the facts, those of rows too."""
    if isinstance(facts, Mapping):
        return set(facts) | {name for value in facts.values() for name in fields(value)}
    return {name for value in facts for name in fields(value)} if isinstance(facts, list) else set()


def literal(value: Any) -> Any:
    """A value as Word shows it, letter by letter; docxtpl takes nothing in it for an order."""
    from markupsafe import Markup

    return Markup(printable(str(value)).translate(SPECIAL))


def impersonal(properties: Any, title: str) -> None:
    """Properties without persons and times."""
    properties.title = title[:255]
    for name in ("author", "last_modified_by", "comments", "category", "keywords", "subject"):
        setattr(properties, name, "")
    properties.created = properties.modified = properties.last_printed = MADE
    properties.revision = 1


def steady(package: bytes) -> bytes:
    """The same package with one time for all parts, and stored: packed bytes differ from one zlib to the next."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, STAMP)
            part.create_system = 3  # not the system that happens to write it
            new.writestr(part, old.read(name))
    return out.getvalue()
