r"""Lines of an account chain's rows, written compiled: what its fingerprint is taken over.

* Fields are parted by tabs, and a line feed ends each line; a number below 0 is the empty text.
* In texts a backslash, tab, line feed and carriage return become `\\`, `\t`, `\n` and `\r`.

Which field stands where is `fingerprint_lines`'.
"""

from __future__ import annotations

from typing import Any

from jindo.base.compiling import compile_kept

DIGITS = 20
"""Room for any 64-bit number."""


@compile_kept
def _put_number(out: Any, at: int, value: int) -> int:
    if value < 0:
        return at
    stop, rest = at + 1, value // 10
    while rest > 0:
        stop, rest = stop + 1, rest // 10
    for place in range(stop - 1, at - 1, -1):
        out[place] = 48 + value % 10
        value //= 10
    return stop


@compile_kept
def _put_text(out: Any, at: int, data: Any, start: int, stop: int) -> int:
    for i in range(start, stop):
        byte = data[i]
        if byte == 92 or byte == 9 or byte == 10 or byte == 13:  # noqa: PLR1714  # numba compares faster so
            out[at] = 92
            at += 1
            if byte == 9:
                byte = 116
            elif byte == 10:
                byte = 110
            elif byte == 13:
                byte = 114
        out[at] = byte
        at += 1
    return at


@compile_kept
def write_lines(
    out: Any,
    ends: Any,
    block: Any,
    tx_index: Any,
    kind: Any,
    kinds: Any,
    kind_ends: Any,
    position: Any,
    hashes: Any,
    hash_ends: Any,
    senders: Any,
    sender_ends: Any,
    receivers: Any,
    receiver_ends: Any,
    amount: Any,
    amounts: Any,
    amount_ends: Any,
    asset: Any,
    assets: Any,
    asset_ends: Any,
    time: Any,
    memos: Any,
    memo_ends: Any,
) -> None:
    """Write the line of each row into `out`, and where each begins and the last ends into `ends`.

    Texts lie end to end, one a row, but for kinds and assets, which rows name by place. Amounts are those of `amount`,
    or the texts where that is empty; there are no memos where `memo_ends` is empty.
    """
    at = 0
    for row in range(len(block)):
        ends[row] = at
        at = _put_number(out, at, block[row])
        out[at] = 9
        at = _put_number(out, at + 1, tx_index[row])
        out[at] = 9
        place = kind[row]
        at = _put_text(out, at + 1, kinds, kind_ends[place], kind_ends[place + 1])
        out[at] = 9
        at = _put_number(out, at + 1, position[row])
        out[at] = 9
        at = _put_text(out, at + 1, hashes, hash_ends[row], hash_ends[row + 1])
        out[at] = 9
        at = _put_text(out, at + 1, senders, sender_ends[row], sender_ends[row + 1])
        out[at] = 9
        at = _put_text(out, at + 1, receivers, receiver_ends[row], receiver_ends[row + 1])
        out[at] = 9
        if len(amount):
            at = _put_number(out, at + 1, amount[row])
        else:
            at = _put_text(out, at + 1, amounts, amount_ends[row], amount_ends[row + 1])
        out[at] = 9
        place = asset[row]
        at = _put_text(out, at + 1, assets, asset_ends[place], asset_ends[place + 1])
        out[at] = 9
        at = _put_number(out, at + 1, time[row])
        out[at] = 9
        at += 1
        if len(memo_ends):
            at = _put_text(out, at, memos, memo_ends[row], memo_ends[row + 1])
        out[at] = 10
        at += 1
    ends[len(block)] = at
