"""The panel of the notebook `explore`: sliders, lists and buttons around the model. Alone in knowing ipywidgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd

from ..case import Case
from ..errors import Finding, Refusal
from ..show.blocks import Block
from ..show.sensitivity import drawn_from
from ..words import finding, text
from . import page
from .model import HUNDRED, Model, State
from .scenario import write_scenario

MOST, STEP = 3.0, 0.05  # a weight may go from nothing to three times what was decided
FULL = "98%"
STYLE = """<style>
.dx-explore .widget-html-content { line-height: 1.4; white-space: normal; }
.dx-explore table { border-collapse: collapse; }
.dx-explore caption { text-align: left; font-weight: 600; padding: .3rem 0; }
.dx-explore th, .dx-explore td { padding: .15rem .4rem; text-align: left; border-bottom: 1px solid #d5dde3; }
.dx-explore th[scope="row"] { font-weight: 400; }
.dx-explore .number, .dx-explore .bar, .dx-explore .rank { text-align: right; font-variant-numeric: tabular-nums; }
.dx-explore td.bar { background: linear-gradient(#cfe3f0, #cfe3f0) no-repeat; }
.dx-explore td.bar { background-size: calc(var(--share, 0) * 100%) 100%; min-width: 4rem; }
.dx-explore .note, .dx-explore .source { font-size: .85em; color: #5a646d; max-width: 40rem; }
.dx-explore .refused { color: #8a2b0b; font-weight: 600; }
.dx-explore .said { color: #0b5c8a; font-weight: 600; }
.dx-explore .dx-ranking, .dx-explore .dx-weights { contain: content; }
.dx-explore .dx-stands { max-height: 90vh; overflow-y: auto; align-self: flex-start; }
</style>"""


def panel(
    case: Case, weights: pd.DataFrame, root: str | Path, half_width: float, seed: int, lang: str, on: str | None = None
) -> w.Widget:
    """The panel of one case.

    weights            drawn by `draw_weights` with this half_width and seed: the rank intervals stand on them
    root               the data folder the scenario is written to
    on                 verified, current or claimed
    """
    model = Model(case, weights, on)
    return Panel(page.Words(model, lang, drawn_from(half_width, len(weights), seed, lang)), root).whole


class Panel:
    """The widgets of one model, and the state they are in."""

    def __init__(self, words: page.Words, root: str | Path):
        self.words, self.model, self.lang, self.root = words, words.model, words.lang, root
        self.state, self.shown = State(), self.model.start
        framework = self.model.case.framework
        self.sliders = {
            node.code: w.FloatSlider(
                value=1.0,
                max=MOST,
                step=STEP,
                readout_format=".0%",
                description=words.rows[node.code],
                tooltip=f"{words.rows[node.code]}: {self.say('slider')}",
                style={"description_width": "13rem"},
                layout={"width": FULL},
            )
            for node in framework.siblings(framework.tops)
            if node.weight
        }
        scored = [node for node in framework.nodes.values() if node.scored]
        self.drop = w.SelectMultiple(
            options=[("\u2003" * (node.level - 1) + words.rows[node.code], node.code) for node in scored],
            rows=8,
            tooltip=self.say("drop"),
            layout={"width": FULL},
        )
        leaves = [node for node in framework.leaves if node.scored or node.role in ("bonus", "penalty")]
        self.agency = w.Dropdown(
            options=[(name, agency) for agency, name in words.agencies.items()],
            description=self.say("agency"),
            layout={"width": FULL},
        )
        self.row = w.Dropdown(
            options=[(words.rows[node.code], node.code) for node in leaves],
            description=self.say("row"),
            layout={"width": FULL},
        )
        self.points = w.Text(description=self.say("points"), layout={"width": "14rem"})
        self.edit = self.button("edit", self.edit_points)
        self.exact = self.button("compute", self.compute)
        self.reset = self.button("reset", self.start_again)
        self.name = w.Text(description=self.say("name"), placeholder="equal-pillars", layout={"width": FULL})
        self.title = w.Text(description=self.say("title"), layout={"width": FULL})
        self.save = self.button("save", self.write)
        self.now, self.message, self.weights, self.ranking = (w.HTML() for _ in range(4))
        self.message.add_class("dx-message")
        self.ranking.add_class("dx-ranking")
        self.weights.add_class("dx-weights")
        self.listen(True)
        for chosen in (self.agency, self.row):
            chosen.observe(self.say_points, "value")
        self.whole = self.laid_out()
        self.whole.add_class("dx-explore")
        self.say_points()
        self.show()

    def say(self, key: str) -> str:
        return text(f"explore.label.{key}", self.lang)

    def button(self, key: str, press: Callable[[], None]) -> w.Button:
        made = w.Button(description=self.say(key), layout={"width": "auto"})
        made.add_class(f"dx-{key}")
        made.on_click(lambda _: self.attempt(press))
        return made

    def heading(self, key: str) -> w.HTML:
        return w.HTML(f"<h3>{escape(self.say(key))}</h3>")

    def laid_out(self) -> w.Widget:
        """What is tried on the left, who stands where on the right, each in sight of the other."""
        edit: tuple[w.Widget, ...] = (w.HTML(f"<p>{escape(self.say('no_edit'))}</p>"),)
        if self.model.editable and self.row.options:
            edit = (self.agency, self.row, w.HBox([self.points, self.edit]), self.now)
        tried = w.VBox(
            [
                self.heading("weights"),
                *self.sliders.values(),
                self.weights,
                self.heading("drop"),
                self.drop,
                self.heading("edit_heading"),
                *edit,
                self.heading("scenario"),
                w.HBox([self.exact, self.reset]),
                self.message,
                self.name,
                self.title,
                self.save,
            ],
            layout={"width": "31rem", "flex": "0 0 auto"},
        )
        stands = w.VBox([self.ranking], layout={"flex": "1 1 30rem", "min_width": "0"})
        stands.add_class("dx-stands")
        return w.VBox([w.HTML(STYLE), w.HBox([tried, stands], layout={"flex_flow": "row wrap"})])

    def listen(self, whether: bool) -> None:
        """Follow the sliders and the list of rows, or let them be set without an answer."""
        for widget in (*self.sliders.values(), self.drop):
            (widget.observe if whether else widget.unobserve)(self.follow, "value")

    def follow(self, _: Any = None) -> None:
        percent = {code: round(slider.value * HUNDRED) for code, slider in self.sliders.items()}
        moved = {code: p for code, p in percent.items() if p != HUNDRED}
        self.state = replace(self.state, percent=moved, drop=tuple(self.drop.value))
        if not self.attempt(self.recompute):  # no ranking beside weights that have none
            self.ranking.value, self.weights.value = self.message.value, ""

    def recompute(self) -> None:
        self.shown = self.model.live(self.state)
        self.show()

    def show(self) -> None:
        blocks = (page.summary(self.words, self.shown), page.tried(self.words, self.state))
        self.ranking.value = "".join(map(html, (*blocks, page.ranking(self.words, self.shown))))  # one message
        self.weights.value = html(page.weights(self.words, self.state))

    def attempt(self, act: Callable[[], None]) -> bool:
        """Do it; what the library refuses is said in its own words. Returns whether it was done."""
        self.tell("")
        try:
            act()
        except Refusal as refusal:
            self.tell(" ".join(self.sentence(f) for f in refusal.findings if f.severity == "error"), "refused")
            return False
        return True

    def sentence(self, found: Finding) -> str:
        return text("explore.refused", self.lang, **finding(found, self.lang))

    def tell(self, sentence: str, kind: str = "said") -> None:
        self.message.value = f'<p class="{kind}" role="status">{escape(sentence)}</p>' if sentence else ""

    def say_points(self, _: Any = None) -> None:
        if self.model.editable and self.row.value:
            self.now.value = escape(page.cell(self.words, self.agency.value, self.row.value))
            self.points.value = self.state.points.get((self.agency.value, self.row.value), "")

    def edit_points(self) -> None:
        """Take over the points typed; an empty box takes the edit back."""
        key, typed = (self.agency.value, self.row.value), self.points.value.strip()
        others = {cell: points for cell, points in self.state.points.items() if cell != key}
        state = replace(self.state, points={**others, **({key: typed} if typed else {})})
        self.shown = self.model.live(state)  # points that are refused are not taken over
        self.state = state
        self.show()

    def compute(self) -> None:
        live, self.shown = self.shown, self.model.exactly(self.state)
        self.show()
        self.tell(page.agreement(self.words, live, self.shown))

    def start_again(self) -> None:
        self.listen(False)
        for slider in self.sliders.values():
            slider.value = 1.0
        self.drop.value = ()
        self.points.value = ""
        self.listen(True)
        self.state, self.shown = State(), self.model.start
        self.show()

    def write(self) -> None:
        name = self.name.value.strip()
        file = write_scenario(self.root, self.model, self.state, name, {self.lang: self.title.value})
        self.compute()
        self.tell(text("explore.written", self.lang, name=name, file=file))


def html(block: Block | None) -> str:
    return block.html() if block else ""
