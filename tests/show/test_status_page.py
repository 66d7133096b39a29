"""The status page and command: whom to remind, in words ready to send."""

import csv
import json
from pathlib import Path

from dxlib.case import read_case, read_for_verification, read_register
from dxlib.cli import main
from dxlib.show import status as page
from dxlib.verify import completeness, progress

DATA = Path(__file__).parents[2] / "data"


def test_at_most_ten_the_worst_first():
    case = read_case(DATA, 2025, "communes")
    state = progress(case, "2026-02-01")
    for lang in ("vi", "en"):
        table = page.worst_table(case, state, read_register(DATA), lang)
        assert 0 < len(table.rows) <= 10
        missing = [int(row[1]) for row in table.rows]
        assert missing == sorted(missing, reverse=True)
    assert len(page.pillars_table(case, completeness(case), "vi").rows) == len(completeness(case))


def test_owners_of_the_province_have_names():
    case = read_case(DATA, 2025, "province")
    state = progress(case, "2026-02-01")
    lines = page.reminders(case, state, read_register(DATA), "vi")
    assert lines and all(line["name"] != line["id"] for line in lines)
    assert all(line["text"].startswith(f"Kính gửi {line['name']}: ") for line in lines)


def test_the_calendar_says_what_is_over():
    case = read_case(DATA, 2024, "departments")
    table = page.calendar_table(case, "2025-02-01", "vi")
    assert [row[2] for row in table.rows] == ["đã qua", "đã qua", "sắp tới", "sắp tới", "sắp tới"]
    assert page.calendar_chart(case, "2025-02-01", "vi").drawings


def test_the_command(tmp_path, capsys):
    file = tmp_path / "nhac.csv"
    assert main(["status", "2025", "--data", str(DATA), "--as-of", "2026-02-01", "--reminders", str(file)]) == 0
    said = capsys.readouterr().out
    assert "2025/communes" in said and "2025/province" in said and "nội dung nhắc" in said
    full = completeness(read_for_verification(DATA, 2025, "departments")).set_index("pillar")
    assert f"; 6: {full.loc['6', 'answered'] / full.loc['6', 'asked']:.0%}".replace("%", "\u00a0%") in said
    assert said.count("Có tài liệu minh chứng") == said.count("Đầy đủ theo chỉ số chính") == 3
    with file.open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.DictReader(opened))
    assert {line["group"] for line in lines} == {"communes", "departments", "province"}
    assert main(["status", "2025", "departments", "--data", str(DATA), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 15 and {"sender", "missing", "days_late"} <= rows[0].keys()
    assert main(["status", "1999", "--data", str(DATA)]) == 1
