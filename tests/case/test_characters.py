"""Characters of cells: what nothing can keep, what passes for something else, Vietnamese in old letters."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.case import check, read_case, read_scenario
from dxlib.case.characters import (
    HIDDEN,
    LONGEST,
    OLD,
    READ_AS,
    TCVN3,
    VNI,
    clean,
    evidence,
    faults,
    is_odd,
    is_syllable,
    legacy_text,
    twice_encoded,
    typed,
)
from dxlib.case.tables import as_csv, read_table
from dxlib.errors import Refusal
from dxlib.words import LANGUAGES
from dxlib.words import finding as worded
from tests.case.folder import FILES, INDEX, write
from tests.hostile import HOSTILE

HOUSE = Path(__file__).parents[2]
RIGHT = "Tỷ lệ hồ sơ giải quyết đúng hạn của Ủy ban nhân dân xã Tân Hòa, phường Nguyễn Huệ, đặc khu Phú Quốc"
# what public reports and old documents hold
SAMPLES = {
    "TØ lÖ hå s¬ gi¶i quyÕt ®óng h¹n": ("TCVN3 (ABC)", "Tỉ lệ hồ sơ giải quyết đúng hạn"),
    "UBND x· T©n Hßa": ("TCVN3 (ABC)", "UBND xã Tân Hòa"),
    "Céng hßa x· héi chñ nghÜa ViÖt Nam": ("TCVN3 (ABC)", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
    "®\u00adîc cÊp": ("TCVN3 (ABC)", "được cấp"),
    "Tyû leä hoà sô giaûi quyeát ñuùng haïn": ("VNI", "Tỷ lệ hồ sơ giải quyết đúng hạn"),
    "UBND xaõ Taân Hoøa": ("VNI", "UBND xã Tân Hòa"),
    "ÑAÏI HOÏC": ("VNI", "ĐẠI HỌC"),
    "Tá»· lá»‡ há»“ sÆ¡": ("UTF-8 → cp1252", "Tỷ lệ hồ sơ"),
    "HÃ  Ná»™i": ("UTF-8 → cp1252", "Hà Nội"),
    "xĂ£ Ä\x90áº¯k Láº¯k": ("UTF-8 → cp1258", "xã Đắk Lắk"),
}


def agencies(name: str, code: str = "001") -> dict:
    return {"agencies": f'agency,name_vi,ranked\nso-a,Sở A,yes\nso-b,"{name}",yes\n{code},Sở C,yes\n'}


def told(root: Path, codes: str = "EW") -> list[tuple]:
    return [(f.code, f.reason, f.file, f.row, f.column) for f in check(root) if f.code[0] in codes]


@pytest.mark.parametrize("text, found", SAMPLES.items())
def test_old_letters_are_named_with_what_they_meant(tmp_path, text, found):
    assert legacy_text(text) == found
    (finding,) = (f for f in check(write(tmp_path, **agencies(text))) if f.code != "W_NORMALISED")
    assert (finding.code, finding.reason, finding.row) == ("W_ENCODING", "legacy_text", 3)
    for lang in LANGUAGES:
        assert found[1] in worded(finding, lang)["expected"] and found[0] in worded(finding, lang)["what"]


@pytest.mark.parametrize("table", [TCVN3, VNI], ids=["TCVN3", "VNI"])
def test_whole_texts_come_back_from_old_letters(table):
    back = {new: old for old, new in table.items()}
    text = RIGHT if table is VNI else RIGHT.replace("Ủ", "ủ")  # capitals with a tone had a font of their own
    old = "".join(back.get(letter, letter) for letter in text)
    assert legacy_text(old)[1] == text


@pytest.mark.parametrize("guess", READ_AS)
@pytest.mark.parametrize("blank", ["\u00a0", " "])
def test_whole_texts_come_back_from_utf8_read_as_a_code_page(guess, blank):
    page = {byte: letter for letter, byte in READ_AS[guess].items()}
    old = "".join(page.get(byte, chr(byte)) for byte in RIGHT.encode()).replace("\u00a0", blank)
    assert twice_encoded(old)[1] == RIGHT


def test_a_single_old_word_counts_where_another_cell_betrays_the_letters(tmp_path):
    text = "agency,name_vi,ranked\nso-a,T©n,yes\nso-b,UBND x· T©n Hßa,yes\n001,N·m,yes\n"
    assert {f[3] for f in told(write(tmp_path, agencies=text))} >= {2, 3}
    assert not told(write(tmp_path, agencies=text.replace("x· T©n Hßa", "xã")))


def every_text():
    """All that the house says in Vietnamese and English."""
    for path in [*HOUSE.glob("data/**/*.csv"), *HOUSE.glob("dxlib/**/*.csv")]:
        with path.open(encoding="utf-8", newline="") as file:
            yield from ((path, cell) for cell in {cell for row in csv.reader(file) for cell in row})
    for path in [*HOUSE.glob("dxlib/words/*.toml"), *HOUSE.glob("docs/*.md"), *HOUSE.glob("*.md")]:
        yield from ((path, line) for line in path.read_text(encoding="utf-8").split("\n"))


def test_nothing_of_right_vietnamese_or_english_is_flagged():
    aside = ("forms.md", "phieu.md", "CHANGELOG.md", "house.md", "rules.md")  # where such letters are named
    texts = {text: path for path, text in every_text() if path.name not in aside and is_odd(text)}
    wrong = [(path, text, faults(text, "name")) for text, path in texts.items()]
    assert [each for each in wrong if each[2]] == []
    assert [text for text in texts if any(evidence(text, repair) for repair in OLD.values())] == []


@pytest.mark.parametrize(
    "text",
    [
        "Microsoft® Windows® 11, Köln, naïve, café, El Niño, São Tomé, Malmö, Øresund, Ø 20 mm, Zürich, Noël",
        "50 °C; 3 m²; 10 µm và 5 µg/m³; N·m; kWh; ½ giờ; «không»; 100 ± 5; § 3",
        "“PHƯỜNG XÃ” – “XÃ”, ‘THỊ XÃ’… «Cá» “CHÂ”",
        "Krông Nô, Đắk Glong, Ia H'Drai, Pleiku, Chư Păh, M'Nông, Xtiêng, Êđê, Kông Chro, Ea H'leo, Păng Xim",
        "Có không?Nếu có thì sao? Ai? bao nhiêu km? https://a.vn/x?id=1&q=t, page?id=3, Y?N, x?y, what?then",
        "hoà, thuỷ, quý, khuỷu tay, ngoằn ngoèo, xoong, giặc, gìn, uống, yêu, ước, ghế, nghiêng, khuya, Huế, huyện",
        "α = 0,05; Δ; μg; kΩ; Σ x; λ",
        "🙂 ✅ ㎡ 中文 （ghi chú）",
    ],
)
def test_right_text_is_left_alone(text):
    assert faults(text, "name") == []


@pytest.mark.parametrize("text, word", [("UBND Qu?ng Tr?", "Qu?ng"), ("c?a ng??i dân t?nh", "ng??i"), ("T?NH", "T?NH")])
def test_letters_that_became_question_marks_are_named(text, word):
    (fault,) = faults(text)
    assert fault.reason == "letters_lost" and ("?" in fault.value and fault.value in text) and word in text


CASES = {
    "VT": ("Sở\x0bB", "E_FORM", "control_character"),
    "NUL": ("Sở\x00B", "E_FORM", "control_character"),
    "DEL": ("Sở\x7fB", "E_FORM", "control_character"),
    "C1": ("Sở\x85B", "E_FORM", "control_character"),
    "broken letter": ("S\ufffd B", "E_CHARACTER", "character_lost"),
    "override": ("Sở \u202eB\u202c", "E_CHARACTER", "character_hidden"),
    "isolate": ("Sở \u2067B\u2069", "E_CHARACTER", "character_hidden"),
    "private": ("Sở \ue001", "E_CHARACTER", "character_private"),
    "Cyrillic": ("Sở Nộ\u0456 vụ", "E_CHARACTER", "letter_alike"),
    "Cyrillic word": ("UBND \u0422\u041c", "E_CHARACTER", "letter_alike"),
    "full-width": ("Sở Ｂ", "W_CHARACTER", "letter_wide"),
    "too long": ("Sở " + "b" * LONGEST, "E_TOO_LARGE", "cell_long"),
    "longer than any reader takes": ("Sở " + "b" * 140_000, "E_TOO_LARGE", "cell_long"),
}


@pytest.mark.parametrize("name, code, reason", CASES.values(), ids=CASES)
def test_what_a_name_cannot_hold(tmp_path, name, code, reason):
    found = told(write(tmp_path, **agencies(name)), "EW")
    assert (code, reason) in {each[:2] for each in found}
    place = next(each[2:] for each in found if each[1] == reason)
    assert place == ("2024/demo/agencies.csv", 3, "name_vi")
    for finding in check(tmp_path):
        assert all("{" not in words for lang in LANGUAGES for words in worded(finding, lang).values())


@pytest.mark.parametrize("text", ["e\u0302\u0301\u0441", "S\u200b\u0441"])
def test_a_name_is_judged_in_the_spelling_in_which_it_is_kept(text):
    """Marks of their own and signs that nobody sees hid that a foreign letter stands within a Latin word."""
    assert [fault.reason for fault in faults(text, "name")] == ["letter_alike"]


def test_a_code_of_other_letters_is_refused(tmp_path):
    rows = FILES["indicators.csv"].replace("\n2,", "\n２,")
    found = told(write(tmp_path, indicators=rows), "E")
    assert ("E_CHARACTER", "letter_wide", "2024/demo/indicators.csv", 5, "code") in found
    found = told(write(tmp_path, indicators=FILES["indicators.csv"].replace("\n2,", "\nА2,")), "E")  # Cyrillic
    assert ("E_CHARACTER", "letter_alike", "2024/demo/indicators.csv", 5, "code") in found


def test_text_that_is_no_name_is_warned_of_and_read(tmp_path):
    grounds = FILES["appeals.csv"].replace("Đã họp", "Đã \ufffd \u202ehọp")
    assert {each[:2] for each in told(write(tmp_path, appeals=grounds))} == {
        ("W_CHARACTER", "character_lost"),
        ("W_CHARACTER", "character_hidden"),
    }


def test_index_toml_is_read_by_the_same_judge(tmp_path):
    title = INDEX.replace("Bộ chỉ số thử", "Bé chØ sè thö nghiÖm").replace("Khá", "Kh\\u000bá")
    assert [each for each in told(write(tmp_path, index=title)) if each[0] != "W_NORMALISED"] == [
        ("W_ENCODING", "legacy_text", "2024/demo/index.toml", None, "title.vi"),
        ("E_FORM", "control_character", "2024/demo/index.toml", None, "class[2].name.vi"),
    ]
    assert tomllib.loads(title)


def test_scenarios_are_read_by_the_same_judge(tmp_path):
    root = write(tmp_path)
    file = root / "2024/demo/scenarios.toml"
    text = '[thu]\ntitle.vi = "UBND x· T©n Hßa"\ndrop = ["1.1"]\n["\u0430b"]\ndrop = ["1.1"]\n'
    file.write_text(text, encoding="utf-8")
    assert told(root) == [
        ("E_CHARACTER", "letter_alike", "2024/demo/scenarios.toml", None, "\u0430b"),
        ("W_ENCODING", "legacy_text", "2024/demo/scenarios.toml", None, "thu.title.vi"),
    ]
    with pytest.raises(Refusal):
        read_scenario(root, read_case(root, 2024, "demo"), "thu")
    file.write_text(text.replace("\u0430b", "ab"), encoding="utf-8")
    assert [each[0] for each in told(root)] == ["W_ENCODING"]
    assert read_scenario(root, read_case(root, 2024, "demo"), "thu")


def test_what_is_told_in_words_is_refused_at_its_column_or_put_right():
    with pytest.raises(Refusal) as refused:
        typed(
            {"role": "Chủ tịch", "reason": "UBND x· T©n Hßa", "name_vi": "Sở Nộ\u0456 vụ", "act": "\x0b a\x0bb"},
            "t.csv",
        )
    found = [(f.code, f.reason, f.file, f.column) for f in refused.value.findings]
    assert found == [
        ("E_ENCODING", "legacy_text", "t.csv", "reason"),
        ("E_CHARACTER", "letter_alike", "t.csv", "name_vi"),
        ("E_FORM", "control_character", "t.csv", "act"),
    ]
    assert typed({"act": " ho\u0302\u0300\u00a0so\u031b\r\n"}) == {"act": "hồ sơ"}


UNSEEN = "\u034f\u115f\u1160\u17b4\u2061\u2064\u206a\u2800\u3164\uffa0\ufff9\ufffb\U0001d173\U000e0041\U000e0100\U000e01ef"


@pytest.mark.parametrize("sign", UNSEEN, ids=lambda sign: f"U+{ord(sign):04X}")
def test_a_sign_that_shows_nothing_is_hidden(tmp_path, sign):
    with pytest.raises(Refusal) as refused:
        typed({"reason": f"Đã{sign} họp"})
    assert [f.reason for f in refused.value.findings] == ["character_hidden"]
    assert ("E_CHARACTER", "character_hidden") in {each[:2] for each in told(write(tmp_path, **agencies(f"Sở{sign} B")))}
    grounds = write(tmp_path / "text", appeals=FILES["appeals.csv"].replace("Đã họp", f"Đã{sign} họp"))
    assert [each[:2] for each in told(grounds)] == [("W_CHARACTER", "character_hidden")]


@pytest.mark.parametrize("nothing", ["\u3164\u2800", "\ufe0f", "\u3000\u2003\u200b", "\u2064 \U000e0100"])
def test_a_required_text_that_shows_nothing_is_empty(tmp_path, nothing):
    found = told(write(tmp_path, appeals=FILES["appeals.csv"].replace("Đã họp bốn cuộc", nothing)), "E")
    assert [(each[0], each[1], each[4]) for each in found] == [("E_REQUIRED", "cell_required", "grounds")]
    if not any(map(HIDDEN.search, nothing)):
        assert typed({"act": nothing}) == {"act": ""}


def test_a_picture_keeps_its_selector():
    assert faults("Đạt ✔\ufe0f", "name") == [] and typed({"act": "✔\ufe0f"}) == {"act": "✔\ufe0f"}


def test_line_separators_and_bullets_of_word_are_put_right(tmp_path):
    grounds = FILES["appeals.csv"].replace("Đã họp", "Đã\u2028họp \uf0b7 \u200ebốn")
    root = write(tmp_path, appeals=grounds)
    assert [each[:2] for each in told(root)] == [("W_NORMALISED", "normalised")]


@settings(max_examples=300)
@given(st.lists(HOSTILE, min_size=10, max_size=40))
def test_what_is_taken_reads_as_it_was_taken(texts):
    """10,000 hostile cells: what has no severe fault is written and read again as the same."""
    taken = [clean(t).strip() for t in texts if not any(f.severe for f in faults(t.strip(), "text"))]
    taken = ["\n".join(line.strip() for line in t.splitlines()) for t in taken if "\ufffd" not in t]
    taken = [
        t for t in taken if t.encode("utf-8", "ignore").decode() == t
    ]  # no half characters: said where they come in
    rows = [["so-a", str(n), t] for n, t in enumerate(taken)]
    frame, found = read_table("appeals", as_csv(["agency", "indicator", "grounds"], rows), "appeals.csv")
    assert not [f for f in found if f.severity == "error" or f.reason == "normalised"]
    assert frame["grounds"].tolist() == taken


def test_half_a_character_never_ends_in_a_trace():
    (fault,) = faults("a\ud800b")
    assert (fault.reason, fault.value) == ("character_lost", "U+D800")
    _, found = read_table("appeals", as_csv(["agency", "indicator", "grounds"], [["a", "1", "\ud800"]]), "appeals.csv")
    assert [f.code for f in found] == ["E_ENCODING"]


def test_syllables():
    assert all(map(is_syllable, "Quyết giải nghiêng khuỷu ưỡn uỷ gì gìn giếng oằn Huế xoong ươn quốc ghế".split()))
    assert not any(map(is_syllable, "naït quyet\u0301t krông brûlée ắắ pưt ng".split()))
