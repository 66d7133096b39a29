"""The first sheet: what this is, how to read it, which policies it follows, what it cannot show."""

from __future__ import annotations

from ...case.settings import policies
from ...words import date, number, percent, text
from ..book import Cell, Sheet
from ..form import height
from .inputs import ROOMY
from .plan import Plan
from .result import alternatives

WIDTHS = (40, 100)
SPAN = (0, 1)
SHEETS = ("set", "options", "inputs", "points", "branches", "result")


def cover_sheet(plan: Plan) -> Sheet:
    lang, settings = plan.lang, plan.case.settings
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
    if not settings.classes.by_cut:
        limits.append(plan.say("limit.conditions"))
    cells = {(0, 0): Cell(plan.title, "heading"), (1, 0): Cell(plan.marks, "made_up")}
    heights: dict[int, float] = {0: 24}
    merged: list[tuple[int, int, int]] = []
    line = 2
    for key, body in (
        ("what", [("", plan.say("cover.what_text"))]),
        ("facts", facts),
        ("read", [("", plan.say(f"cover.{k}")) for k in ("order", "colours", "words", "change")] + sheets),
        ("policies", policy_lines(plan)),
        ("limits", [("", limit) for limit in limits]),
    ):
        for name, words in [(plan.say(f"cover.{key}"), ""), *body]:
            line += 1
            style = "text" if words else "branch"
            cells[line, 0], cells[line, 1] = Cell(name or words, style), Cell(words if name else "", style)
            wide = not name or not words
            merged += [(line, *SPAN)] if wide else []
            width = ROOMY * (sum(WIDTHS) if wide else WIDTHS[1])
            heights[line] = max(height(name, ROOMY * WIDTHS[0]), height(words, width))
    return Sheet(plan.sheet("cover"), cells, WIDTHS, heights, merged=merged, header=plan.marks, protected=False)


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
