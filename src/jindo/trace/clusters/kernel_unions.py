"""Compiled union-find that keeps, of every union, what caused it.

* A cluster's root is its smallest account, so the roots do not depend on the order of unions.
* Paths are halved as they are walked. Edges come in ledger order; one that joins nothing new is dropped.
* A path in the forest is what is left of a tree once every other leaf is cut off, and that over and over.
* All functions stand in this file: numba keeps compiled code by the file of the function that it was called with.

Accounts are dense ids; -1 is an input whose owner nobody states.
"""

from __future__ import annotations

from numba.extending import register_jitable

from jindo.base.compiling import compile_kept


@register_jitable
def find_root(parents, account):  # type: ignore[no-untyped-def]
    """The root of an account's cluster; halves the path to it."""
    while parents[account] != account:
        parents[account] = parents[parents[account]]
        account = parents[account]
    return account


@register_jitable
def unite(parents, one, other):  # type: ignore[no-untyped-def]
    """Join two clusters under the smaller root; whether they were two."""
    one, other = find_root(parents, one), find_root(parents, other)
    if one == other:
        return False
    if one < other:
        parents[other] = one
    else:
        parents[one] = other
    return True


@compile_kept
def unite_inputs(part, excluded, at, parents, ones, others, transactions, inputs):  # type: ignore[no-untyped-def]
    """Join the accounts of each transaction's inputs; write the unions, give how many there were.

    `excluded` are transactions, ascending, that are left out; `at` is the first of them that may come.
    """
    count = 0
    for t in range(len(part.in_offsets) - 1):
        transaction = part.first_transaction + t
        while at < len(excluded) and excluded[at] < transaction:
            at += 1
        if at < len(excluded) and excluded[at] == transaction:
            continue
        one = -1
        for i in range(part.in_offsets[t], part.in_offsets[t + 1]):
            other = part.in_account[i]
            if other < 0 or other == one:
                continue
            if one < 0:
                one = other
            elif unite(parents, one, other):
                ones[count], others[count] = one, other
                transactions[count], inputs[count] = transaction, part.first_input + i
                count += 1
    return count


@compile_kept
def unite_edges(ones, others, parents, kept):  # type: ignore[no-untyped-def]
    """Join along edges in their order; marks those that joined two clusters."""
    for i in range(len(ones)):
        kept[i] = unite(parents, ones[i], others[i])


@compile_kept
def flatten(parents):  # type: ignore[no-untyped-def]
    """Have every account point at its root: a parent is never larger, so one pass in order does it."""
    for account in range(len(parents)):
        parents[account] = parents[parents[account]]


@compile_kept
def find_path(ones, others, start, stop, joint, degree, path):  # type: ignore[no-untyped-def]
    """The edges of a tree from `start` to `stop`, two different nodes of it; gives how many there are.

    `joint` and `degree` are zeros, one a node: of each node the xor of its edges' places, and their number.
    """
    for edge in range(len(ones)):
        for node in (ones[edge], others[edge]):
            degree[node] += 1
            joint[node] ^= edge
    for leaf in range(len(degree)):
        node = leaf
        while degree[node] == 1 and node not in (start, stop):
            edge = joint[node]
            degree[node] = 0
            node = ones[edge] ^ others[edge] ^ node
            degree[node] -= 1
            joint[node] ^= edge
    node, count = start, 0
    while node != stop:
        edge = joint[node]
        path[count] = edge
        count += 1
        node = ones[edge] ^ others[edge] ^ node
        joint[node] ^= edge
    return count
