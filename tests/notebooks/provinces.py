"""Two small provinces: one with claims and verdicts, hostile names and every kind of gap; one of measured figures only."""

from __future__ import annotations

from pathlib import Path

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "javascript:alert(1)",
    "<iframe src=https://example.org></iframe>", "</td></table></main><script>", "' onmouseover='alert(1)",
    "<a href='javascript:alert(1)'>x</a>", "&lt;script&gt;", "</style><style>*{display:none}", "{{7*7}} {% x %}",
    "<meta http-equiv=refresh content=0>", "$\\frac{1}{2}$ <b>x</b>",
]  # fmt: skip
LONG = "Ban Quản lý Khu kinh tế và các khu công nghiệp, khu công nghệ cao tỉnh Đồng Bằng Sông Cửu Long"

CLAIMED = """year = 2024
group = "departments"
title = { vi = "Bộ chỉ số sở, ban, ngành", en = "Index set for departments" }
decision = "12/QĐ-UBND"
decision_date = 2024-01-15
total = 36
sample = true
not_applicable = "within-parent"
[[class]]
name = { vi = "Tốt", en = "Good" }
cut = 0.7
includes_cut = true
[[class]]
name = { vi = "Chưa đạt", en = "Poor" }
cut = 0
includes_cut = true
"""
ROWS = """code,parent,name_vi,name_en,max_points,rule,source
1,,Nhận thức số,Awareness,,,
1.1,1,Kế hoạch hằng năm,Yearly plan,10,yes_no,reported
1.2,1,Tỷ lệ cán bộ được tập huấn,Staff trained,10,ratio,reported
2,,Dịch vụ công trực tuyến,Online services,,,
2.1,2,Tỷ lệ hồ sơ trực tuyến,Online files,10,ratio,reported
2.2,2,Khảo sát người dân,Citizen survey,6,points,surveyed
3,,Sáng kiến,Initiatives,,"bonus(1, 2)",reported
"""
MEASURED = """year = 2018
group = "countries"
title = { en = "E-Government Development Index" }
total = 1
points_decimals = 4
rank_on = "published"
"""


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        stem, _, kind = name.rpartition("_")
        (folder / f"{stem}.{kind}").write_text(content, encoding="utf-8")


def claimed(root: Path) -> None:
    names = [*HOSTILE, LONG]
    claims, verdicts = (
        ["agency,indicator,a,b,option,points,submitted_by"],
        ["agency,indicator,step,stage,a,points,reason,decided_by"],
    )
    for i in range(len(names)):
        claims += [f"a{i},1.1,,,{'yes' if i % 3 else 'no'},,CANARY-SENDER", f"a{i},2.2,,,,{i % 6}.5,"]
        claims += [f"a{i},1.2,{40 + 4 * i},100,,,", f"a{i},3,{i % 3},,,,"] if i != 4 else []
        claims += [f"a{i},2.1,{90 - 5 * i},100,,,"] if i != 5 else []
        verdicts += [f"a{i},1.1,1,verify,,,,CANARY-VERIFIER"]
        verdicts += [f"a{i},1.2,1,verify,{38 + 4 * i},,,", f"a{i},3,1,verify,,,,"] if i != 4 else []
        verdicts += [f"a{i},2.1,1,verify,,,,"] if i not in (5, 6) else []
    codes = [line.split(",")[0] for line in ROWS.splitlines()[1:]]
    links = ["code,from_year,from_group,from_code,kind", *(f"{code},2023,departments,{code},same" for code in codes)]
    for year in ("2023", "2024"):
        more = {"links_csv": "\n".join([*links, ""])} if year == "2024" else {}
        write(
            root / year / "departments",
            index_toml=CLAIMED.replace("2024", year),
            indicators_csv=ROWS,
            agencies_csv="agency,name_vi\n" + "".join(f"a{i},{quoted(name)}\n" for i, name in enumerate(names)),
            claims_csv="\n".join(claims) + "\n",
            verdicts_csv="\n".join(verdicts) + "\n",
            exemptions_csv=f"agency,indicator,reason\na5,2.1,{quoted('Không có thủ tục <b>')}\n",
            **more,
        )


def measured(root: Path) -> None:
    names = ["Denmark", "United Kingdom of Great Britain and Northern Ireland", "Viet Nam", "India", "Peru", "Chad"]
    codes = ("osi", "tii", "hci")
    write(
        root / "2018" / "countries",
        index_toml=MEASURED,
        indicators_csv="code,parent,name_en,rule\n" + "".join(f'{c},,Part {c},"goalposts(0, 1)"\n' for c in codes),
        agencies_csv="agency,name_en\n" + "".join(f"c{i},{name}\n" for i, name in enumerate(names)),
        claims_csv="agency,indicator,a\n"
        + "".join(f"c{i},{c},0.{(7 * i + 3 * j) % 9 + 1}\n" for i in range(6) for j, c in enumerate(codes)),
    )
