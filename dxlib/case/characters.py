"""The characters of a cell, judged in one place: whether they can be kept, and whether they are what they seem.

Every cell that is read or comes in is asked here; what is only another spelling of the same text is put right
(`clean`), all else is a `Fault`: at the cell of a workbook that comes in an error, in a folder one where nothing could
read it on or a code or name would pass for another. Sources: Unicode 15 (categories, UAX 9 bidirectional controls,
UTS 39 confusables), TCVN 5712:1993 (VN3, the ABC fonts), the table of the VNI fonts, code pages 1252 and 1258.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from ..errors import Finding, Refusal

LONGEST = 32_767  # characters a cell of a spreadsheet holds; more would be dropped on the way out
INVISIBLE = {
    **dict.fromkeys("\u00a0\u202f\u2028\u2029", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u061c\u2060\ufeff\u00ad\u180e", ""),
    **dict.fromkeys("\uf0b7\uf0a7", "•"),  # the bullets of Word, in the private letters of its symbol fonts
}
UNSPELT = re.compile("[" + "".join(INVISIBLE) + "]")
SPELT = str.maketrans(INVISIBLE)
LINE_END = re.compile("\r\n?")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
STRAY = re.compile("[\x80-\x9f\ufdd0-\ufdef\ufffe\uffff]")  # controls of old terminals, and what is no character
LOST = re.compile("[\ufffd\ud800-\udfff]")
UNSEEN = (  # by direction, by being blank letters, joiners, operators, marks between lines, selectors, tags
    "\u202a-\u202e\u2066-\u206f\u034f\u115f\u1160\u17b4\u17b5\u2061-\u2064\u2800\u3164\uffa0\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
HIDDEN = re.compile(f"[{UNSEEN}]")
NOTHING = re.compile(rf"[\s\ufe00-\ufe0f{UNSEEN}]*")  # a selector is right behind a picture only
PRIVATE = re.compile("(?![\uf0a7\uf0b7])[\ue000-\uf8ff\U000f0000-\U0010ffff]")  # but what `clean` puts right
WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
ALIKE = dict(  # letters of Greek, Cyrillic and Armenian that look like Latin ones
    zip(
        "АВЕЅІЈКМНОРСТУХаеорсухѕіјһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονօոսզ",
        "ABESIJKMHOPCTYXaeopcyxsijhdqwABEZHIKMNOPTYXovonuq",
        strict=True,
    )
)
LETTERS = re.compile(r"[^\W\d_]+")
OTHER = re.compile("[" + "".join(ALIKE) + "\U0001d400-\U0001d7ff]")
FOREIGN = re.compile("[\u0370-\u052f\u0530-\u058f\u13a0-\u13ff\U0001d400-\U0001d7ff]")
# a text without one of these is as it should be (so are most with one)
ODD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00a1-\u00bf\u00c4-\u00c7\u00cb\u00ce-\u00d1\u00d6-\u00d8\u00db\u00dc\u00de-\u00df"
    "\u00e4-\u00e7\u00eb\u00ee-\u00f1\u00f6-\u00f8\u00fb\u00fc\u00fe\u00ff\u0370-\u058f\u13a0-\u13ff"
    "\ud800-\uf8ff\ufdd0-\ufdef\uff10-\uff5a\ufffd-\uffff\U0001d400-\U0001d7ff\U000e1000-\U0010ffff" + UNSEEN + "]"
)
ASKED = re.compile(r"\?[^\W\d_]")
PAIRED = re.compile("[aeAE][ùõâáàãêéèúÙÕÂÁÀÃÊÉÈÚ]")  # two vowels that only VNI writes so
CODES = set(
    "agency code parent indicator option name a_from b_from from_group from_code to_code successor predecessor "
    "official_code recipient relation rule gate".split()
)
NAMES = set("title decided_by verifier owner submitted_by issuer".split())


class Fault(NamedTuple):
    """One thing that is wrong with a text. `severe`: in a folder, too; otherwise only where it comes in."""

    code: str
    reason: str
    value: str
    facts: Mapping[str, str]
    severe: bool

    def finding(self, file: str, row: int | None, column: str, comes_in: bool = False) -> Finding:
        code = f"{'E' if self.severe or comes_in else 'W'}_{self.code}"
        return Finding(code, self.reason, file, row, column, self.value, self.facts)


def clean(text: str) -> str:
    """The same text in one spelling: composed letters, no invisible signs, one kind of line end."""
    if text.isascii():
        return LINE_END.sub("\n", text) if "\r" in text else text
    return LINE_END.sub("\n", unicodedata.normalize("NFC", text.translate(SPELT)))


def shows(text: str) -> bool:
    """Whether there is anything to be seen of a text."""
    return not NOTHING.fullmatch(clean(text))


def visible(text: str) -> str:
    """A text as it can be shown again to who has to correct it."""
    return STRAY.sub("□", CONTROL.sub("□", LOST.sub("□", text)))[:LONGEST]


def is_odd(text: str) -> bool:
    """Whether `faults` may have anything to say of a text, or of a whole file."""
    if not text.isascii():
        return bool(ODD.search(text) or PAIRED.search(text) or ("?" in text and ASKED.search(text)))
    return bool(CONTROL.search(text) or ("?" in text and ASKED.search(text)))


def kind_of(column: str) -> str:
    """What stands in a column of the tables, or under a key of index.toml: a code, a name, or text."""
    parts = column.split(".")
    named = any(part in NAMES or part.startswith("name") for part in parts)
    return "code" if column in CODES else "name" if named else "text"


def faults(text: str, kind: str = "text") -> list[Fault]:
    """Everything that is wrong with the characters of a cell. kind: as `kind_of` has it."""
    found = [] if len(text) <= LONGEST else [Fault("TOO_LARGE", "cell_long", "", {"limit": str(LONGEST)}, True)]
    return [*found, *judged(text, kind)] if is_odd(text) else found


def judged(text: str, kind: str) -> Iterator[Fault]:
    named = kind != "text"
    legacy = legacy_text(text)
    if control := CONTROL.search(text) or (not legacy and STRAY.search(text)):
        yield Fault("FORM", "control_character", point(control[0]), {}, True)
    if legacy:
        encoding, repaired = legacy
        yield Fault("ENCODING", "legacy_text", text, {"guess": encoding, "repaired": repaired}, False)
    elif asked := question_marks(text):
        yield Fault("ENCODING", "letters_lost", asked, {}, False)
    for signs, reason in ((LOST, "character_lost"), (HIDDEN, "character_hidden"), (PRIVATE, "character_private")):
        if sign := signs.search(text):
            yield Fault("CHARACTER", reason, point(sign[0]), {"text": signs.sub("□", text)}, named)
    if named and WIDE.search(text):
        facts = {"meant": WIDE.sub(lambda wide: unicodedata.normalize("NFKC", wide[0]), text)}
        yield Fault("CHARACTER", "letter_wide", text, facts, kind == "code")
    if named and (strange := letter_alike(clean(text), kind)):
        meant = OTHER.sub(lambda letter: latin(letter[0]), text)
        yield Fault("CHARACTER", "letter_alike", text, {"letter": point(strange), "meant": meant}, True)


def point(sign: str) -> str:
    return f"U+{ord(sign):04X}"


def latin(letter: str) -> str:
    return ALIKE.get(letter) or unicodedata.normalize("NFKC", letter)


def letter_alike(text: str, kind: str) -> str:
    """A letter of another script that passes for a Latin one: within a Latin word, or a whole word of such letters; in
    a code, any; "" where there is none."""
    if kind == "code" and (letter := FOREIGN.search(text)):
        return letter[0]
    for word in LETTERS.findall(text):
        others = OTHER.findall(word)
        whole = len(others) == len(word) and (len(word) > 1 or word in ALIKE)
        if others and (whole or any(is_latin(letter) for letter in word)):
            return others[0]
    return ""


def is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")


def of_cells(cells: Iterator[tuple[int | None, str, str, str]], file: str, comes_in: bool = False) -> Iterator[Finding]:
    """The findings about cells (row, column as it is shown, kind, text); each distinct text is looked at once.

    A cell in old letters is often a single word that nothing betrays: it counts where another cell betrays them.
    """
    known: dict[tuple[str, str], list[Fault]] = {}
    doubtful: list[tuple[int | None, str, str]] = []
    sure: set[str] = set()
    for row, column, kind, text in cells:
        if (kind, text) not in known:
            known[kind, text] = faults(text, kind)
        for fault in known[kind, text]:
            sure |= {fault.facts["guess"]} if fault.reason == "legacy_text" else set()
            yield fault.finding(file, row, column, comes_in)
        if not known[kind, text] and is_odd(text):
            doubtful.append((row, column, text))
    for guess in sorted(sure & OLD.keys()):
        for row, column, text in doubtful:
            if evidence(text, OLD[guess]):
                facts = {"guess": guess, "repaired": repaired_by(text, OLD[guess])}
                yield Fault("ENCODING", "legacy_text", text, facts, False).finding(file, row, column, comes_in)


def typed(given: Mapping[str, str], file: str = "") -> dict[str, str]:
    """What a person told a command or a panel in words, by the column it is for, in one spelling.

    file   into which it goes

    Raises Refusal with everything that is wrong with the characters, at the column.
    """
    texts = {column: text.strip() for column, text in given.items()}
    cells = ((None, column, kind_of(column), text) for column, text in texts.items())
    if wrong := list(of_cells(cells, file, comes_in=True)):
        raise Refusal(wrong)
    return {column: clean(text).strip() if shows(text) else "" for column, text in texts.items()}


# Vietnamese in old letters

ONSET = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnprstvx]"
NUCLEUS = (
    "iêu|yêu|oai|oao|oay|oeo|uây|uôi|uya|uyê|uyu|ươi|ươu|ai|ao|au|ay|âu|ây|eo|êu|ia|iê|iu|oa|oă|oe|oi|oo|ôi|ơi|ua|uâ|"
    "uê|ui|uô|uơ|uy|ưa|ưi|ươ|ưu|yê|[aăâeêioôơuưy]"
)
SYLLABLE = re.compile(f"(?:{ONSET})?(?:{NUCLEUS})(ch|[cpt]|nh|ng|[mn])?")
TONES = dict.fromkeys([0x300, 0x301, 0x303, 0x309, 0x323])
STOPPED = ("c", "ch", "p", "t")
WORD = re.compile(r"[^\s!-/:-@\[-`{-~“”‘’–…]{2,}")
VIETNAMESE = re.compile("[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]")


@lru_cache(maxsize=1 << 14)
def is_syllable(word: str) -> bool:
    """Whether a word can be a Vietnamese one: its sounds in their order, one tone, before a stop one of two."""
    apart = unicodedata.normalize("NFD", word.casefold())
    tones = [sign for sign in apart if ord(sign) in TONES]
    found = SYLLABLE.fullmatch(unicodedata.normalize("NFC", apart.translate(TONES)))
    return found is not None and len(tones) <= 1 and (found[1] not in STOPPED or tones in (["\u0301"], ["\u0323"]))


TCVN3 = dict(
    zip(
        "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
        "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
TONED = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
ROOFED = {"â": "", "á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
BOWED = {"ê": "", "é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
ALONE = {"ô": "ơ", "ö": "ư", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ñ": "đ"}


def vni_table() -> dict[str, str]:
    """What VNI writes -> the letter, in small and capital letters."""
    table = dict(ALONE)
    for base in "aeouyôö":
        table |= {base + mark: ALONE.get(base, base) + tone for mark, tone in TONED.items()}
    for base in "aeo":
        table |= {base + mark: base + "\u0302" + tone for mark, tone in ROOFED.items()}
    table |= {"a" + mark: "a\u0306" + tone for mark, tone in BOWED.items()}
    table = {old: unicodedata.normalize("NFC", new) for old, new in table.items()}
    capitals = {cased: new.upper() for old, new in table.items() for cased in (old.upper(), old[0].upper() + old[1:])}
    return table | capitals


VNI = vni_table()
VNI_SIGN = re.compile("|".join(sorted(VNI, key=len, reverse=True)))
TCVN3_TABLE = str.maketrans(TCVN3)
OLD: dict[str, Callable[[str], str]] = {
    "TCVN3 (ABC)": lambda word: word.translate(TCVN3_TABLE),
    "VNI": lambda word: VNI_SIGN.sub(lambda sign: VNI[sign[0]], word),
}


COMMON = {*map(chr, range(0x80)), *"µ·®©"}  # signs of units and trade marks


def evidence(text: str, repair: Callable[[str], str]) -> list[str]:
    """The words that are no Vietnamese as they stand, and are as they were meant."""
    words = {word for word in WORD.findall(text) if not word.isascii() and max(word) <= "\u00ff"}
    return [word for word in words if not is_syllable(word) and is_syllable(repair(word))]


def repaired_by(text: str, repair: Callable[[str], str]) -> str:
    def meant(word: re.Match[str]) -> str:
        new = repair(word[0]) if max(word[0]) <= "\u00ff" else word[0]
        return new if is_syllable(new) else word[0]

    return WORD.sub(meant, text)


def legacy_text(text: str) -> tuple[str, str] | None:
    """(what the letters were, the text as it was meant), or None.

    One strange word proves nothing (a foreign name, `N·m`): there are two, or one with two signs that no Vietnamese
    word has; units and trade marks alone are none.
    """
    text = unicodedata.normalize("NFC", text)
    if once := twice_encoded(text):
        return once
    found = {guess: evidence(text, repair) for guess, repair in OLD.items()}
    guess = max(found, key=lambda guess: len(found[guess]))
    words = found[guess]
    strange = [sum(not c.isascii() and not VIETNAMESE.match(c) for c in word) for word in words]
    if (len(words) > 1 and set("".join(words)) - COMMON) or max(strange, default=0) > 1:
        return guess, repaired_by(text, OLD[guess])
    return None


def letters_of(page: str) -> dict[str, int]:
    """character -> byte of a code page; a byte without a character is the control of that number."""
    return {bytes([b]).decode(page, "ignore") or chr(b): b for b in range(0x80, 0x100)}


READ_AS = {f"UTF-8 → {page}": letters_of(page) for page in ("cp1252", "cp1258")}
LEADS = {2: (0xC3, 0xC4, 0xC5, 0xC6), 3: (0xE1, 0xE2)}
PUNCTUATION = set("‘’“”–—…• \u00a0")


def sequence(table: Mapping[str, int]) -> re.Pattern[str]:
    """What the bytes of one letter in UTF-8 look like when they are read as a code page."""
    tails = "[" + re.escape("".join(c for c, b in table.items() if b < 0xC0)) + " ]"
    leads = {n: "[" + "".join(c for c, b in table.items() if b in of) + "]" for n, of in LEADS.items()}
    return re.compile(f"{leads[3]}{tails}{{2}}|{leads[2]}{tails}")


SEQUENCES = {guess: sequence(table) for guess, table in READ_AS.items()}


def twice_encoded(text: str) -> tuple[str, str] | None:
    """UTF-8 that was read as a code page and saved again: (which, the text as it was meant), or None."""
    best: tuple[int, str, str] | None = None
    for guess, pattern in SEQUENCES.items():
        table, sure = READ_AS[guess] | {" ": 0xA0}, 0

        def meant(found: re.Match[str], table: Mapping[str, int] = table) -> str:
            nonlocal sure
            try:
                letter = bytes(table[c] for c in found[0]).decode("utf-8")
            except UnicodeDecodeError:
                return found[0]
            if not VIETNAMESE.match(letter) and letter not in PUNCTUATION:
                return found[0]
            # “XÃ” ends in a letter and a quotation mark: such a pair counts only beside what is beyond doubt
            pair = len(found[0]) == 2 and found[0][1] in PUNCTUATION and found[0][0] not in "ÄÅÆ"
            plain = pair or found[0][-1] == " "
            sure += 0 if plain or not VIETNAMESE.match(letter) else len(found[0]) - 1
            return letter

        repaired = pattern.sub(meant, text)
        if sure > 1 and (best is None or (sure, -len(repaired)) > (best[0], -len(best[2]))):
            best = sure, guess, repaired
    return best and best[1:]


QUESTIONED = re.compile(r"(?<![\w/.=&?%])[^\W\d_]+(?:\?+[^\W\d_]+)+(?![\w/.=&%])")


def question_marks(text: str) -> str:
    """A word whose letters were saved as question marks (`Qu?ng`); "" where there is none."""
    for word in QUESTIONED.findall(text):
        parts = [part for part in word.split("?") if part]
        lower = word[1:] == word[1:].lower() or len(word) > 3
        if len(word) - word.count("?") > 2 and lower and not all(map(is_syllable, parts)) and could_be(word):
            return word
    return ""


def could_be(word: str) -> bool:
    """Whether letters in place of the question marks make a Vietnamese word."""
    whole = re.sub(r"\?{2,}", "ươ", word)
    return any(is_syllable(whole.replace("?", letter)) for letter in "aâêiôơưáạếệốộơđ")
