"""Which files go together: by day, by range of blocks, or all."""

from __future__ import annotations

import pytest

from jindo.ledger.engines.grouping import ALL, group_files


def test_days_are_groups_over_all_tables_in_order() -> None:
    names = [
        "logs/date=2024-01-02/a.parquet",
        "logs/date=2024-01-01/b.parquet",
        "blocks/date=2024-01-02/c.parquet",
    ]
    assert [(g.name, g.files) for g in group_files(names)] == [
        ("date=2024-01-01", (1,)),
        ("date=2024-01-02", (0, 2)),
    ]


@pytest.mark.parametrize(
    "names",
    [
        ["transactions_19000000_19000999.csv", "logs_19000000_19000999.csv", "logs_19001000_19001999.csv"],
        ["e__transactions__19000000_to_19000999.parquet", "e__logs__19000000_to_19000999.parquet", "e__logs__19001000_to_19001999.parquet"],
        [
            "transactions/start_block=19000000/end_block=19000999/a.csv",
            "logs/start_block=19000000/end_block=19000999/a.csv",
            "logs/start_block=19001000/end_block=19001999/a.csv",
        ],
    ],
)  # fmt: skip
def test_ranges_of_blocks_are_groups(names: list[str]) -> None:
    assert [(g.name, g.files) for g in group_files(names)] == [
        ("blocks 19000000 to 19000999", (0, 1)),
        ("blocks 19001000 to 19001999", (2,)),
    ]


def test_ranges_that_overlap_are_one_group() -> None:
    names = ["t_1000_1999.csv", "l_1500_2499.csv", "t_2000_2999.csv", "t_3000_3999.csv"]
    assert [g.files for g in group_files(names)] == [(0, 1, 2), (3,)]


@pytest.mark.parametrize("odd", ["other.csv", "t_2000_1000.csv", "logs.csv"])
def test_one_file_that_does_not_tell_makes_all_one_group(odd: str) -> None:
    (group,) = group_files(["t_1000_1999.csv", odd, "t_3000_3999.csv"])
    assert (group.name, group.files) == (ALL, (0, 1, 2))
    (group,) = group_files(["date=2024-01-01/a.csv", odd])
    assert group.files == (0, 1)
