"""The memo bridge: deposits with memos, payouts and refunds that name them, vaults that move.

* One deposit in fourteen is returned whole but for a fee, to the refund address that its memo names or else to the
  sender; a third of those that stream are carried out in part, and the rest is returned.
* Payouts come 10 to 80 minutes later, one to a transaction.
* Every fifth day the vaults change, and what is in the old ones moves with `MIGRATE:`.
"""

from __future__ import annotations

from dataclasses import dataclass

from jindo.base.ids import Account, AssetId, TxId
from jindo.sim.coin_plan import Coin
from jindo.sim.facts import TrueLeg
from jindo.sim.plan import TheftMark
from jindo.sim.world import InternalCall, TokenMove
from jindo.sim.worlds.agenda import Deed
from jindo.sim.worlds.bridges_cast import MEMO_BRIDGE, BridgeCast, ServiceVault, contract_of, open_vault
from jindo.sim.worlds.bridges_memos import (
    LONGEST,
    Wish,
    encode_deposit,
    encode_transfer_out,
    write_answer,
    write_memo,
)
from jindo.sim.worlds.coin_people import Purse, pay
from jindo.sim.worlds.ether_people import CALL, PLAIN
from jindo.sim.worlds.scene import BITCOINS, DAY, ETH, ETHER, MINUTE


@dataclass(frozen=True, slots=True)
class BridgeOrder:
    """What came in at the bridge and what is to be done with it."""

    number: int
    """Of the crossing."""
    tx_hash: TxId
    asset: AssetId
    amount: int
    got: AssetId
    to: Account
    back: Account
    """Where a refund goes."""
    purse: Purse | None
    """Who keeps coins that are paid or returned on the UTXO chain."""
    then: Deed | None
    """What its owner does once it is paid."""


def names_of(cast: BridgeCast, asset: AssetId) -> tuple[str, ...]:
    """An asset as memos call it, the longest first."""
    if asset == BITCOINS:
        return ("BTC.BTC", "BTC.BTC", "b")
    if asset == ETHER:
        return ("ETH.ETH", "ETH.ETH", "e")
    contract = contract_of(asset).upper()
    return (f"ETH.USD-{contract}", f"ETH.USD-{contract[-5:]}")


def deposit_ether(
    cast: BridgeCast, time: int, account: Account, amount: int | None, purse: Purse, *, asset: AssetId = ETHER,
    streaming: bool = False, refund: Account | None = None, then: Deed | None = None,
) -> None:  # fmt: skip
    """Plans a deposit on the account chain that wants bitcoin in the purse's newest address."""
    rng, vault = cast.scene.rng, cast.vaults[-1].account
    # What is left for gas is left by whoever says how much.
    worth = cast.house.balance(account) if amount is None else amount
    limit = cast.market.exchange(worth, asset, BITCOINS, time, less=300)
    wish = Wish(names_of(cast, BITCOINS), purse.used[-1], refund, limit, streaming)
    memo = write_memo(rng, wish)
    if asset != ETHER:
        tx_hash = _deposit_token(cast, time, account, asset, worth, memo)
        value = worth
    elif not cast.direct and rng.randrange(10) < 7 and amount is not None:
        calldata = encode_deposit(vault, None, amount, memo, time + 900)
        tx_hash, value = cast.house.send(
            time, account, cast.router, amount, gas=CALL, memo=memo, calldata=calldata, departs=True,
            calls=(InternalCall(cast.router, vault, amount),), act="bridge-in",
        )  # fmt: skip
    else:
        tx_hash, value = cast.house.send(
            time, account, vault, amount, gas=PLAIN * 2, memo=memo, departs=True, act="bridge-in"
        )
    leg = cast.scene.ether_leg(tx_hash, asset, account, value)
    number = cast.record("bridge", MEMO_BRIDGE, account, (leg,), (), memo=memo)
    order = BridgeOrder(
        number, tx_hash, asset, value, BITCOINS, purse.used[-1], refund or account, purse, then
    )
    _enter(cast, time, order, streaming=streaming)


def _deposit_token(
    cast: BridgeCast, time: int, account: Account, asset: AssetId, amount: int, memo: str
) -> TxId:
    vault = cast.vaults[-1].account
    return cast.house.send(
        time, account, cast.router, 0, gas=CALL, memo=memo, departs=True, act="bridge-in",
        calldata=encode_deposit(vault, asset, amount, memo, time + 900),
        tokens=(TokenMove(asset, account, vault, amount),),
    )[0]  # fmt: skip


def deposit_coins(
    cast: BridgeCast, time: int, purse: Purse, coins: list[Coin], amount: int, to: Account, *,
    got: AssetId = ETHER, then: Deed | None = None,
) -> None:  # fmt: skip
    """Plans a deposit of bitcoin that wants ether, or dollars, at an account."""
    limit = cast.market.exchange(amount, BITCOINS, ETHER, time, less=300) // 10**10
    wish = Wish(names_of(cast, got), to, None, limit, cast.scene.rng.randrange(4) == 0)
    memo = write_memo(cast.scene.rng, wish, most=LONGEST)
    vault = cast.vaults[-1].purse
    thief = cast.house.thief(coins[0].account)
    made = pay(
        cast.scene, purse, time, [(vault.used[0], amount), (memo.encode(), 0)], coins=coins, act="bridge-in",
        marks={0: TheftMark.DEPARTED} if thief else None, shuffled=False,
    )  # fmt: skip
    vault.coins.append(made[0])
    leg = cast.scene.coin_leg(made[0], coins[0].account)
    number = cast.record("bridge", MEMO_BRIDGE, coins[0].account, (leg,), (), memo=memo)
    order = BridgeOrder(number, made[0].tx_hash, BITCOINS, amount, got, to, coins[0].account, purse, then)
    _enter(cast, time, order, streaming=False)


def _enter(cast: BridgeCast, time: int, order: BridgeOrder, *, streaming: bool) -> None:
    """Decides what becomes of an order and when."""
    rng = cast.scene.rng
    later = time + rng.randrange(10 * MINUTE, 80 * MINUTE)
    if rng.randrange(14) == 0:
        cast.agenda.at(
            time + rng.randrange(MINUTE, 30 * MINUTE), lambda now: _refund(cast, now, order, order.amount)
        )
    elif streaming and rng.randrange(3) == 0:
        part = order.amount * rng.randrange(30, 80) // 100
        cast.agenda.at(later + 40 * MINUTE, lambda now: _pay_out(cast, now, order, part))
        cast.agenda.at(
            later + 45 * MINUTE,
            lambda now: _refund(cast, now, order, order.amount - part, kind="partial-refund"),
        )
    else:
        cast.agenda.at(later, lambda now: _pay_out(cast, now, order, order.amount))


def _pay_out(cast: BridgeCast, time: int, order: BridgeOrder, amount: int) -> None:
    less = cast.scene.rng.randrange(20, 120)
    value = cast.market.exchange(amount, order.asset, order.got, time, less=less)
    leg = _send_out(cast, time, order, order.got, order.to, value, write_answer("OUT", order.tx_hash))
    if leg is not None:
        cast.add_arrival(order.number, leg)


def _refund(cast: BridgeCast, time: int, order: BridgeOrder, amount: int, *, kind: str = "refund") -> None:
    """Returns what came in, less what the return costs, with the memo that says so."""
    fee = cast.market.exchange(ETH // 1_000, ETHER, order.asset, time)
    memo = write_answer("REFUND", order.tx_hash)
    leg = _send_out(cast, time, order, order.asset, order.back, amount - fee, memo)
    if leg is not None:
        cast.add_arrival(order.number, leg, kind=kind)


def _send_out(
    cast: BridgeCast, time: int, order: BridgeOrder, asset: AssetId, to: Account, amount: int, memo: str
) -> TrueLeg | None:
    if amount <= 0:
        return None
    if asset == BITCOINS:
        leg = _pay_coins(cast, time, order, to, amount - cast.coin_fee(), memo)
    else:
        leg = _pay_account(cast, time, asset, to, amount, memo)
    if order.then is not None:
        cast.agenda.at(time + cast.scene.rng.randrange(20 * MINUTE, 30 * 60 * MINUTE), order.then)
    return leg


def _pay_coins(
    cast: BridgeCast, time: int, order: BridgeOrder, to: Account, value: int, memo: str
) -> TrueLeg | None:
    if value < 2_000:
        return None
    vault = cast.vaults[-1].purse
    marks = {0: TheftMark.ARRIVED} if cast.house.thief(to) else None
    made = pay(
        cast.scene,
        vault,
        time,
        [(to, value), (memo.encode(), 0)],
        act="bridge-out",
        change_to=vault.used[0],
        marks=marks,
        shuffled=False,
    )
    if order.purse is not None:
        order.purse.coins.append(made[0])
    return cast.scene.coin_leg(made[0], to)


def _pay_account(cast: BridgeCast, time: int, asset: AssetId, to: Account, amount: int, memo: str) -> TrueLeg:
    vault = cast.vaults[-1].account
    call = encode_transfer_out(to, None if asset == ETHER else asset, amount, memo)
    if asset != ETHER:
        moves = (TokenMove(asset, vault, to, amount),)
        tx_hash, _ = cast.house.send(
            time, vault, cast.router, 0, gas=CALL, memo=memo, calldata=call, tokens=moves, act="bridge-out"
        )
    elif not cast.direct and cast.scene.rng.randrange(10) < 7:
        inner = (InternalCall(cast.router, to, amount),)
        tx_hash, _ = cast.house.send(
            time,
            vault,
            cast.router,
            amount,
            gas=CALL,
            memo=memo,
            calldata=call,
            calls=inner,
            act="bridge-out",
        )
    else:
        tx_hash, _ = cast.house.send(time, vault, to, amount, gas=PLAIN * 2, memo=memo, act="bridge-out")
    return cast.scene.ether_leg(tx_hash, asset, to, amount)


def plan_churns(cast: BridgeCast) -> None:
    """Enters the changes of vaults."""
    for place in range(1, 4):
        cast.agenda.at(cast.scene.ether.start + place * 5 * DAY, lambda now: _churn(cast, now))


def _churn(cast: BridgeCast, time: int) -> None:
    old = cast.vaults[-1]
    owner = cast.scene.books.owner(old.account)
    new: ServiceVault = open_vault(cast.scene, cast.house, owner, coins=0, ether=50 * ETH)
    memo = f"MIGRATE:{cast.scene.rng.randrange(20_000_000, 21_000_000)}"
    cast.house.send(time, old.account, new.account, None, gas=PLAIN * 2, memo=memo, act="migrate")
    dollars = cast.house.balance(old.account, cast.tokens.dollar)
    cast.house.send(
        time, new.account, cast.router, 0, gas=CALL, memo=memo, act="migrate",
        tokens=(TokenMove(cast.tokens.dollar, old.account, new.account, dollars),),
        calldata=encode_transfer_out(new.account, cast.tokens.dollar, dollars, memo),
    )  # fmt: skip
    total = sum(coin.value for coin in old.purse.coins) - 20_000 - 70 * 40 * len(old.purse.coins)
    # Cut up, so that the next payouts need not wait for each other's change.
    outputs = [(new.purse.used[0], total // 20) for _ in range(20)]
    new.purse.coins += cast.scene.coins.add(
        time, old.purse.coins, [*outputs, (memo.encode(), 0)], act="migrate"
    )
    cast.vaults.append(new)
