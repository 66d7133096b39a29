"""The first sheet: what this is, how to read it, which policies it follows, what it cannot show."""

from __future__ import annotations

from ...case.settings import policies
from ...words import date, number, percent, text
from ..book import Cell, Sheet
from ..form import height
from .plan import Plan
from .result import alternatives

WIDTHS = (34, 110)
SHEETS = ("set", "options", "inputs", "points", "branches", "result")


def cover_sheet(plan: Plan) -> Sheet:
    lang, settings = plan.lang, plan.case.settings
    marks = [text("page.sample", lang)] if settings.sample else []
    marks += [text("page.provisional", lang)] if plan.provisional else []
    basis = plan.exact.on if plan.case.has_claims else "measured"
    facts = [
        (plan.say("cover.year"), plan.case.year),
        (plan.say("cover.group"), plan.case.group),
        (plan.say("cover.agencies"), number(len(plan.agencies), lang)),
        (plan.say("cover.basis"), text(f"page.basis.{basis}", lang)),
    ]
    if settings.decision:
        day = date(settings.decision_date, lang) if settings.decision_date else ""
        facts.append(
            (text("report.identity.decision", lang), ", ".join(part for part in (settings.decision, day) if part))
        )
    if settings.licence:
        facts.append((text("report.identity.licence", lang), settings.licence))
    sheets = [(plan.sheet(key), plan.say(f"about.{key}")) for key in SHEETS if key != "options" or plan.options]
    limits = [plan.say(f"limit.{key}") for key in ("floats", "group", "whole", "left_out", "official")]
    if settings.min_coverage and alternatives(plan):
        limits.append(plan.say("coverage_value"))
    cells = {(0, 0): Cell(plan.title, "heading"), (1, 0): Cell(" · ".join(marks), "made_up")}
    heights: dict[int, float] = {0: 24}
    line = 2
    for key, body in (
        ("what", [("", plan.say("cover.what_text"))]),
        ("facts", facts),
        ("read", [("", plan.say(f"cover.{k}")) for k in ("order", "colours", "words", "change")] + sheets),
        ("policies", policy_lines(plan)),
        ("limits", [("", limit) for limit in limits]),
    ):
        line += 1
        cells[line, 0] = Cell(plan.say(f"cover.{key}"), "branch")
        cells[line, 1] = Cell("", "branch")
        for name, words in body:
            line += 1
            cells[line, 0], cells[line, 1] = Cell(name, "text"), Cell(words, "text")
            heights[line] = max(height(name, WIDTHS[0]), height(words, WIDTHS[1]))
    return Sheet(plan.sheet("cover"), cells, WIDTHS, heights, protected=False)


def policy_lines(plan: Plan) -> list[tuple[str, str]]:
    """Every policy of index.toml in words."""
    lang, found = plan.lang, []
    for key in policies():
        value = getattr(plan.case.settings, key)
        if key == "points_decimals":
            words = number(value, lang)
        elif key == "min_coverage":
            words = percent(value, lang) if value else text("policy.min_coverage.none", lang)
        else:
            words = text(f"policy.{key}.{value}", lang)
        found.append((text(f"policy.{key}.name", lang), words))
    return found
