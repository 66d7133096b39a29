"""Published figures of Vietnam's provincial digital-transformation index as folders of the data contract.

    python tests/backtest/dti.py PATH_FOLDER DIR [--as-printed]

`2022/provinces`   five provinces with all eight main indexes (values in [0, 1])
`2022/order`       the published rank of all 63 provinces, ranked again
`2022/bac-kan`     the points of one province; with --as-printed only this one, with the maxima the press printed
`2017/ict`         the values of 53 provinces in the 2017 index that came before

Sources: the first line of each table and docs/published-cases.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from contract_folder import agency_id, read_csv, write_folder

NAMES = {
    "nhan_thuc_so": "Nhận thức số",
    "the_che_so": "Thể chế số",
    "ha_tang_so": "Hạ tầng số",
    "nhan_luc_so": "Nhân lực số",
    "an_toan_thong_tin_mang": "An toàn thông tin mạng",
    "do_thi_thong_minh": "Đô thị thông minh",
    "chinh_quyen_so": "Hoạt động chính quyền số",
    "kinh_te_so": "Hoạt động kinh tế số",
    "xa_hoi_so": "Hoạt động xã hội số",
}
MAXIMA = {
    "nhan_thuc_so": 100,
    "the_che_so": 100,
    "ha_tang_so": 100,
    "nhan_luc_so": 100,
    "an_toan_thong_tin_mang": 100,
    "chinh_quyen_so": 200,
    "kinh_te_so": 150,
    "xa_hoi_so": 150,
}
Rows = list[dict[str, str]]


def convert(source: Path, root: Path, as_printed: bool = False) -> list[Path]:
    """Write the folders named above; returns them."""
    one = bac_kan(
        read_csv(source / "bac_kan_2022_main_indexes.csv"), root, "printed_max" if as_printed else "max_points"
    )
    if as_printed:
        return [one]
    published = read_csv(source / "dti_2022_provinces.csv")
    return [
        one,
        provinces(published, root),
        order(published, root),
        ict(read_csv(source / "ict_index_2017_provinces.csv"), root),
    ]


def title(what_vi: str, what_en: str, **index: object) -> dict[str, object]:
    return {"title": {"vi": what_vi, "en": what_en}, **index}


def agencies(published: Rows) -> Rows:
    return [
        {"agency": agency_id(row["province"]), "name_vi": row["province"], "x_rank": row["rank"]} for row in published
    ]


def provinces(published: Rows, root: Path) -> Path:
    full = [row for row in published if all(row[code] for code in MAXIMA)]
    index = title("DTI cấp tỉnh năm 2022: năm tỉnh dẫn đầu", "Provincial DTI 2022: the first five", total=1000)
    indicators = [
        {"code": code, "parent": "", "name_vi": NAMES[code], "max_points": str(points), "rule": "goalposts(0, 1)"}
        for code, points in MAXIMA.items()
    ]
    claims = [{"agency": agency_id(row["province"]), "indicator": c, "a": row[c]} for row in full for c in MAXIMA]
    return write_folder(
        root, 2022, "provinces", index, {"indicators": indicators, "agencies": agencies(full), "claims": claims}
    )


def order(published: Rows, root: Path) -> Path:
    """Only the ranks of 63 provinces are public: the rank is the value, and less is better."""
    index = title("DTI cấp tỉnh năm 2022: thứ hạng của 63 tỉnh", "Provincial DTI 2022: ranks of 63 provinces", total=1)
    row = {"code": "hang", "parent": "", "name_vi": "Thứ hạng đã công bố", "rule": "rank", "direction": "-1"}
    claims = [{"agency": agency_id(p["province"]), "indicator": "hang", "a": p["rank"]} for p in published]
    return write_folder(
        root, 2022, "order", index, {"indicators": [row], "agencies": agencies(published), "claims": claims}
    )


def bac_kan(published: Rows, root: Path, maxima: str) -> Path:
    index = title("DTI năm 2022 của tỉnh Bắc Kạn", "DTI 2022 of Bắc Kạn province", total=1000)
    indicators = [
        {
            "code": r["main_index"],
            "parent": "",
            "name_vi": NAMES[r["main_index"]],
            "max_points": r[maxima],
            "rule": "points",
        }
        for r in published
    ]
    claims = [{"agency": "bac-kan", "indicator": r["main_index"], "points": r["points"]} for r in published]
    names = [{"agency": "bac-kan", "name_vi": "Bắc Kạn"}]
    return write_folder(root, 2022, "bac-kan", index, {"indicators": indicators, "agencies": names, "claims": claims})


def ict(published: Rows, root: Path) -> Path:
    index = title(
        "Chỉ số Chính phủ điện tử cấp tỉnh năm 2017", "Provincial e-government index 2017", total=1, points_decimals=3
    )
    row = {"code": "tong", "parent": "", "name_vi": "Giá trị chung", "rule": "goalposts(0, 1)"}
    claims = [{"agency": agency_id(p["province"]), "indicator": "tong", "a": p["value"]} for p in published]
    return write_folder(
        root, 2017, "ict", index, {"indicators": [row], "agencies": agencies(published), "claims": claims}
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="PATH_FOLDER")
    parser.add_argument("root", type=Path, metavar="DIR")
    parser.add_argument("--as-printed", action="store_true", help="Bắc Kạn with the maxima as the press printed them")
    for written in convert(**vars(parser.parse_args())):
        print(written)
