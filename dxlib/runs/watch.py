"""What a person sees while a run goes on: what runs, what is left, when it will be done.

A screen gets a bar that moves (rich); a log file gets a line for each job that ended.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..words import number, text
from .execute import Outcome
from .matrix import Job

SHOWN = 3  # jobs named at a time


@dataclass
class Watch:
    """The state of a run in words.

    clock   seconds, for the estimate of what is left
    """

    lang: str
    clock: Any = time.monotonic
    began: float = 0.0
    running: dict[Job, None] = field(default_factory=dict)
    ended: int = 0
    made: int = 0

    def begun(self, job: Job) -> None:
        self.began = self.began or self.clock()
        self.running[job] = None
        self.changed(0)

    def progress(self, outcome: Outcome, total: int) -> None:
        self.made += outcome.job in self.running  # not those that were kept, or refused before they began
        self.running.pop(outcome.job, None)
        self.ended += 1
        self.said(outcome, total)
        self.changed(total)

    def said(self, outcome: Outcome, total: int) -> None:
        left = self.left(total)
        line = f"[{self.ended}/{total}] {outcome.job} — {text(f'cli.{outcome.status}', self.lang)}"
        print(f"{line} ({left})" if left else line, flush=True)

    def changed(self, total: int) -> None:
        """For a screen."""

    def left(self, total: int) -> str:
        """How long the rest will take, judged by what was made so far; "" where nothing is left or known."""
        if not self.made or total <= self.ended:
            return ""
        seconds = (self.clock() - self.began) / self.made * (total - self.ended)
        minutes = round(seconds / 60)
        key, n = ("left_minutes", minutes) if minutes else ("left_seconds", max(1, round(seconds)))
        return text(f"cli.{key}", self.lang, n=number(n, self.lang))


@dataclass
class OnScreen(Watch):
    """The same as one moving line; only failures stay on the screen."""

    bar: Any = None
    task: Any = None

    def said(self, outcome: Outcome, total: int) -> None:
        if not outcome.whole:
            said = text(f"cli.{outcome.status}", self.lang)
            self.bar.console.print(f"{outcome.job} — {said}", highlight=False, markup=False)

    def changed(self, total: int) -> None:
        running = [str(job) for job in self.running]
        more = len(running) - SHOWN
        named = [*running[:SHOWN], *([text("cli.and_more", self.lang, n=number(more, self.lang))] if more > 0 else [])]
        facts: dict[str, Any] = {"running": " · ".join(named)}
        if total:
            facts |= {"total": total, "left": self.left(total)}
        self.bar.update(self.task, completed=self.ended, **facts)


@contextmanager
def watched(lang: str) -> Iterator[Watch]:
    """What `run` tells: on a screen a moving line, else a line for each job."""
    if not sys.stdout.isatty():
        yield Watch(lang)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    left, running = (TextColumn(f"{{task.fields[{name}]}}", markup=False) for name in ("left", "running"))
    columns = (BarColumn(), MofNCompleteColumn(), left, running)
    with Progress(*columns, console=Console(file=sys.stdout), transient=True) as bar:
        yield OnScreen(lang, bar=bar, task=bar.add_task("", total=None, left="", running=""))
