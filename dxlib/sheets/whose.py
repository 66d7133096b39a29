"""Whose a file of a delivery is: by the forms that lie where it lies, else by the names of folders and files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from ..case import Case
from ..verify import senders
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
        self.asked = senders(case)
        called: dict[str, set[str]] = {}
        for sender in self.asked:
            for name in (sender.id, *names.get(sender.id, ())):
                called.setdefault(slug(name), set()).add(sender.id)
        self.called = {name: next(iter(ids)) for name, ids in called.items() if name and len(ids) == 1}

    def name(self, who: str) -> str:
        return next(iter(self.names.get(who, ())), "") or who

    def sender(self, agency: str, code: str) -> str:
        """Who answers a row of an agency."""
        return next((s.id for s in self.asked if s.agency == agency and s.asked(code)), agency)

    def of_file(self, sent: Sent) -> tuple[str, str]:
        """(the one sender that a file is of, the kind of the form it can stand for); "" for nobody."""
        who, kind = self.of_name(sent.name)
        mine = self.of(sent)
        return who or (next(iter(mine)) if len(mine) == 1 else ""), kind

    def of(self, sent: Sent) -> set[str]:
        """The senders a file can be of; empty where nothing says anything.

        Those whose forms lie in the nearest folder with any; where they are several, or none, the one by whose id or
        name a folder is called.
        """
        near: set[str] = set()
        for depth in range(len(sent.folder), 0, -1):
            if near := self.forms.get(sent.folder[:depth], set()):
                break
        if len(near) == 1:
            return near
        named = {who} if (who := self.of_folder(sent.inside)) else set()
        return named if named and (named <= near or not near) else near

    def of_folder(self, folder: Folder) -> str:
        """The sender by whose id or name the innermost folder is called, with or without a number before it."""
        found = (self.called.get(self.short(part.removesuffix(".zip"))) for part in reversed(folder))
        return next(filter(None, found), "")

    def of_name(self, file: str) -> tuple[str, str]:
        """(the sender after whose form a file is called, the kind of the form); "" for nobody."""
        stem = self.short(PurePosixPath(file).stem)
        found = [name for name in self.called if stem == name or stem.startswith(f"{name}-")]
        kind = "appeal" if stem.endswith("-appeal") else "claim"
        return (self.called[max(found, key=len)], kind) if found else ("", kind)

    def short(self, name: str) -> str:
        """A name without what stands before it in the names of forms."""
        return FORM.sub("", slug(name), count=1).removeprefix(f"{self.group}-")


def slug(name: str) -> str:
    """Letters and digits of a name without accents, in small letters, with - for all else."""
    pieces = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "-", "".join(p for p in pieces if not unicodedata.combining(p))).strip("-")
