"""A small valid folder of the contract, to be broken cell by cell."""

from __future__ import annotations

from pathlib import Path

INDEX = """year = 2024
group = "demo"
decision = "1/QĐ-UBND"
total = 100
[title]
vi = "Bộ chỉ số thử"
en = "Test index set"
[[class]]
name = {vi = "Tốt", en = "Good"}
cut = 0.75
includes_cut = false
[[class]]
name = {vi = "Khá", en = "Fair"}
cut = 0
"""
FILES = {
    "index.toml": INDEX,
    "indicators.csv": (
        "code,parent,name_vi,max_points,rule,direction,source\n"
        '1,,Nhận thức số,60,,,\n1.1,1,Số cuộc họp,20,"steps(1:5p, 2:10p, 4:20p)",,reported\n'
        '1.10,1,Tỷ lệ hồ sơ trực tuyến,40,ratio,,reported\n2,,Người chủ trì,40,"options(head:1, deputy:1/2, none:0)",,reported\n'
    ),
    "agencies.csv": "agency,name_vi,ranked\nso-a,Sở A,yes\nso-b,Sở B,yes\n001,Sở C,yes\n",
    "claims.csv": (
        "agency,indicator,a,b,option,points,submitted_on\n"
        "so-a,1.1,4,,,20,2024-12-01\nso-a,1.10,30,40,,30,2024-12-01\nso-a,2,,,head,40,2024-12-01\n"
        "so-b,1.1,2,,,10,2024-12-01\nso-b,1.10,40,40,,40,2024-12-01\nso-b,2,,,deputy,20,2024-12-01\n"
        "001,1.1,0,,,0,2024-12-01\n001,1.10,8.5,40,,8.5,2024-12-01\n001,2,,,none,0,2024-12-01\n"
    ),
    "verdicts.csv": (
        "agency,indicator,step,stage,a,b,option,points,reason,decided_by,decided_on\n"
        "so-a,1.1,1,verify,3,,,,thin,verifier 1,2025-01-10\nso-a,1.1,2,appeal,,,,,,council,2025-01-20\n"
        "so-a,1.10,1,verify,,,,,,verifier 1,2025-01-10\n"
    ),
    "appeals.csv": "agency,indicator,grounds,submitted_on\nso-a,1.1,Đã họp bốn cuộc,2025-01-15\n",
    "exemptions.csv": "agency,indicator,reason\n",
}
REASONS = "code,name_vi,name_en\nthin,Thiếu minh chứng,Evidence lacking\n"


def write(root: Path, **changes: str | bytes | None) -> Path:
    """The valid folder below `root`, some files replaced (`claims="…"`; None leaves the file out)."""
    place = root / "2024" / "demo"
    place.mkdir(parents=True, exist_ok=True)
    (root / "reasons.csv").write_text(REASONS, encoding="utf-8")
    for name, content in FILES.items():
        key = name.split(".")[0]
        new = changes.get(key, content) if key in changes else content
        if name == "exemptions.csv" and key not in changes:
            continue
        if new is None:
            continue
        (place / name).write_bytes(new if isinstance(new, bytes) else new.encode())
    return root
