"""Whose a file of a delivery is: by the forms that lie where it lies, else by the names of folders and files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import PurePosixPath

from ..case import Case
from ..verify import Sender, senders
from .delivery import Sent

Folder = tuple[str, ...]
FORM = re.compile(r"(?:[0-9]+-)*")  # before a name: a running number, the year


class Whose:
    """The senders of a case, and where their forms lie.

    names   id -> what it is called, in any language
    forms   folder -> the senders whose forms lie there
    """

    def __init__(self, case: Case, names: Mapping[str, Iterable[str]], forms: Mapping[Folder, set[str]]):
        self.group, self.names, self.forms = case.group, names, forms
        self.issued = f"{case.year}-{case.group}-"
        self.asked: dict[str, list[Sender]] = {}
        for sender in senders(case):
            self.asked.setdefault(sender.agency, []).append(sender)

    @cached_property
    def called(self) -> dict[str, str]:
        """The ids and names that are one sender's alone, as folders and files can be called."""
        found: dict[str, set[str]] = {}
        for sender in (sender for of_agency in self.asked.values() for sender in of_agency):
            for name in (sender.id, *self.names.get(sender.id, ())):
                found.setdefault(slug(name), set()).add(sender.id)
        return {name: next(iter(ids)) for name, ids in found.items() if name and len(ids) == 1}

    def name(self, who: str) -> str:
        return next(iter(self.names.get(who, ())), "") or who

    def sender(self, agency: str, code: str) -> str:
        """Who answers a row of an agency."""
        return next((sender.id for sender in self.asked.get(agency, ()) if sender.asked(code)), agency)

    def of_file(self, sent: Sent) -> tuple[str, str]:
        """(the one sender that a file is of, the kind of the form it can stand for); "" for nobody.

        A name as forms are issued is enough; another name must not speak against the folder.
        """
        who, kind = self.of_name(sent.name)
        mine = self.of(sent)
        if not slug(sent.name).startswith(self.issued) and mine and who not in mine:
            who = ""
        return who or (next(iter(mine)) if len(mine) == 1 else ""), kind

    def of(self, sent: Sent) -> set[str]:
        """The senders a file can be of; empty where nothing says anything.

        Those whose forms lie in the nearest folder with any. A folder called by a sender is his where no form lies
        around it, or forms of several with his; where it lies among the documents of another, it can be either's.
        """
        near: set[str] = set()
        depth = len(sent.folder)
        while depth and not (near := self.forms.get(sent.folder[:depth], set())):
            depth -= 1
        below = self.of_folder(sent.folder[max(depth, sent.outer) :])
        if len(near) == 1:
            return near | ({below} if below else set())
        named = below or self.of_folder(sent.inside)
        return {named} if named and (named in near or not near or below) else near

    def of_folder(self, folder: Folder) -> str:
        """The sender by whose id or name the innermost folder is called, with or without a number before it."""
        found = (self.called.get(self.short(part.removesuffix(".zip"))) for part in reversed(folder))
        return next(filter(None, found), "")

    def of_name(self, file: str) -> tuple[str, str]:
        """(the sender after whose form a file is called, the kind of the form); "" for nobody."""
        words = self.short(PurePosixPath(file).stem).split("-")
        found = (self.called.get("-".join(words[:n])) for n in range(len(words), 0, -1))
        return next(filter(None, found), ""), "appeal" if words[-1] == "appeal" else "claim"

    def short(self, name: str) -> str:
        """A name without what stands before it in the names of forms."""
        return FORM.sub("", slug(name), count=1).removeprefix(f"{self.group}-")


def slug(name: str) -> str:
    """Letters and digits of a name without accents, in small letters, with - for all else."""
    pieces = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "-", "".join(p for p in pieces if not unicodedata.combining(p))).strip("-")
