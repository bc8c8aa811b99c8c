"""The innocent traffic around the Bybit-like theft on the account chain.

* Customers deposit at exchanges, withdraw, pay each other, play, and use the same bridges as the thief.
* Services sweep their deposit addresses; some transactions fail; a stablecoin is minted and paid with.
* Poisoners follow stablecoin payments with zero transfers and fake tokens from look-alike addresses.
* No customer ever receives a thief's coin, nor pays a thief; fake tokens may be thrown at thieves too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jindo.base.ids import ZERO_ADDRESS, Account, AssetId
from jindo.sim.books import Owner, Role
from jindo.sim.world import TokenMove
from jindo.sim.worlds.bybit_cast import (
    BRIDGE,
    ETHER_END,
    EXCHANGES,
    GAMBLING,
    INSTANT,
    PAYMENT,
    POOL_MIXER,
    SMALL_BRIDGE,
    START,
    VICTIM,
    Stage,
    token,
)
from jindo.sim.worlds.bybit_ether import owe_bitcoin, sweep
from jindo.sim.worlds.scene import ETH

DOLLAR = 10**6
ACTS = {"deposit": 28, "withdraw": 24, "pay": 22, "call": 7, "play": 4, "fail": 2, "dollars": 13}
"""Per cent of customers' acts by sort."""

_PLAIN, _CALL, _TOKEN = 21_000, 84_000, 63_000
_CUSTOMER = Owner(Role.CUSTOMER, "customer")


@dataclass(slots=True)
class Customer:
    """Somebody with a wallet and a deposit address at an exchange."""

    account: Account
    exchange: str
    deposit: Account
    ether: int
    dollars: int


@dataclass(slots=True)
class _Crowd:
    stage: Stage
    customers: list[Customer]
    thieves: list[Account]
    dollar: AssetId
    fake: AssetId
    poisoner: Account
    ether: dict[str, int] = field(default_factory=dict)


def play_crowd(stage: Stage, thieves: list[Account]) -> None:
    """Plans the crowd's acts over the account chain's whole time; fake tokens are thrown at `thieves`."""
    customers = [_customer(stage) for _ in range(stage.count(900, least=12))]
    poisoner = stage.ether_wallet(Owner(Role.CUSTOMER, "poisoner"))
    stage.ether.openings.append((poisoner, 5_000 * ETH))
    crowd = _Crowd(stage, customers, thieves, token(stage, "dollar"), token(stage, "fake-dollar"), poisoner)
    _mint(crowd)
    acts = stage.count(7_000, least=40)
    for place in range(acts):
        time = START + 3_600 + (ETHER_END - START - 7_200) * place // acts
        act = stage.rng.choices(list(ACTS), weights=list(ACTS.values()))[0]
        _PLAY[act](crowd, stage.rng.choice(customers), time)


def _customer(stage: Stage) -> Customer:
    account = stage.ether_wallet(_CUSTOMER)
    exchange = stage.rng.choice((*EXCHANGES, VICTIM))
    # Few are rich: the least of three draws.
    opening = min(stage.rng.randrange(1, 2_000) for _ in range(3)) * ETH // 10 + ETH
    stage.ether.openings.append((account, opening))
    return Customer(account, exchange, stage.ether_deposit(exchange), opening, 0)


def _mint(crowd: _Crowd) -> None:
    stage = crowd.stage
    issuer = stage.ether_wallet(Owner(Role.CUSTOMER, "dollar issuer"))
    stage.ether.openings.append((issuer, 50 * ETH))
    for name in (*EXCHANGES, VICTIM):
        move = TokenMove(crowd.dollar, ZERO_ADDRESS, stage.hot[name], 900_000_000 * DOLLAR)
        _add(crowd, START + 600, issuer, stage.names.evm("dollar"), 0, gas=_TOKEN, tokens=(move,))


def _deposit(crowd: _Crowd, who: Customer, time: int) -> None:
    value = _part(crowd, who)
    if _spend(crowd, who, who.deposit, value, time):
        sweep(crowd.stage, who.exchange, who.deposit, value, time)


def _withdraw(crowd: _Crowd, who: Customer, time: int) -> None:
    value = crowd.stage.rng.randrange(1, 400) * ETH // 20
    _add(crowd, time, crowd.stage.hot[who.exchange], who.account, value)
    who.ether += value


def _pay(crowd: _Crowd, who: Customer, time: int) -> None:
    other = crowd.stage.rng.choice(crowd.customers)
    value = _part(crowd, who)
    if _spend(crowd, who, other.account, value, time):
        other.ether += value


def _call(crowd: _Crowd, who: Customer, time: int) -> None:
    """Sends ether to a bridge or a pool."""
    stage = crowd.stage
    name = stage.rng.choice((BRIDGE, BRIDGE, BRIDGE, SMALL_BRIDGE, POOL_MIXER))
    value = ETH if name == POOL_MIXER else _part(crowd, who)
    if name != BRIDGE:
        _spend(crowd, who, stage.hot[name], value, time, gas=_CALL)
        return
    account = stage.coin_wallet(_CUSTOMER)
    if _spend(crowd, who, stage.hot[BRIDGE], value, time, gas=_CALL, memo=f"=:BTC.BTC:{account}"):
        owe_bitcoin(stage, value, account, time, to_thief=False)


def _play(crowd: _Crowd, who: Customer, time: int) -> None:
    name = crowd.stage.rng.choice((INSTANT, GAMBLING, PAYMENT))
    deposit, value = crowd.stage.ether_deposit(name), _part(crowd, who)
    if _spend(crowd, who, deposit, value, time):
        sweep(crowd.stage, name, deposit, value, time)


def _fail(crowd: _Crowd, who: Customer, time: int) -> None:
    _spend(crowd, who, crowd.stage.hot[BRIDGE], _part(crowd, who), time, gas=_CALL, succeeded=False)


def _dollars(crowd: _Crowd, who: Customer, time: int) -> None:
    """Draws stablecoin from an exchange, or pays somebody, whom poisoners then imitate."""
    stage = crowd.stage
    if who.dollars < 100 * DOLLAR:
        who.dollars += 5_000 * DOLLAR
        move = TokenMove(crowd.dollar, stage.hot[who.exchange], who.account, 5_000 * DOLLAR)
        _add(crowd, time, stage.hot[who.exchange], stage.names.evm("dollar"), 0, gas=_TOKEN, tokens=(move,))
        return
    other = stage.rng.choice(crowd.customers)
    amount = stage.rng.randrange(1, who.dollars // DOLLAR) * DOLLAR
    move = TokenMove(crowd.dollar, who.account, other.account, amount)
    if _spend(crowd, who, stage.names.evm("dollar"), 0, time, gas=_TOKEN, tokens=(move,)):
        who.dollars -= amount
        other.dollars += amount
        if stage.rng.randrange(2):
            _poison(crowd, move, time + 12 * stage.rng.randrange(1, 6))


def _poison(crowd: _Crowd, genuine: TokenMove, time: int) -> None:
    """A zero transfer and a fake token as if the payer had paid a look-alike; fake tokens for a thief."""
    stage = crowd.stage
    look = stage.names.look_alike(genuine.receiver, f"{time}/{genuine.sender}")
    stage.books.open_wallet(look, Owner(Role.CUSTOMER, "poisoner"))
    moves = [
        TokenMove(genuine.asset, genuine.sender, look, 0),
        TokenMove(crowd.fake, ZERO_ADDRESS, genuine.sender, genuine.amount),
        TokenMove(crowd.fake, genuine.sender, look, genuine.amount),
        TokenMove(crowd.fake, ZERO_ADDRESS, stage.rng.choice(crowd.thieves), genuine.amount),
    ]
    _add(crowd, time, crowd.poisoner, stage.names.evm("poison"), 0, gas=4 * _TOKEN, tokens=tuple(moves))


def _part(crowd: _Crowd, who: Customer) -> int:
    """A part of what somebody has, to a ten-thousandth of an ether."""
    value = who.ether * crowd.stage.rng.randrange(1, 45) // 100
    return value - value % 10**14


def _spend(
    crowd: _Crowd,
    who: Customer,
    target: Account,
    value: int,
    time: int,
    *,
    gas: int = _PLAIN,
    memo: str | None = None,
    succeeded: bool = True,
    tokens: tuple[TokenMove, ...] = (),
) -> bool:
    """Plans a customer's payment where the wallet can bear it and its gas; says whether it could."""
    if who.ether < value + ETH // 50:
        return False
    fee = _add(
        crowd, time, who.account, target, value, gas=gas, memo=memo, succeeded=succeeded, tokens=tokens
    )
    who.ether -= fee + (value if succeeded else 0)
    return True


def _add(
    crowd: _Crowd,
    time: int,
    sender: Account,
    target: Account,
    value: int,
    *,
    gas: int = _PLAIN,
    memo: str | None = None,
    succeeded: bool = True,
    tokens: tuple[TokenMove, ...] = (),
) -> int:
    price = crowd.stage.gas_price()
    crowd.stage.ether.add(
        time, sender, target, value,
        gas_used=gas, gas_price=price, memo=memo, succeeded=succeeded, tokens=tokens,
    )  # fmt: skip
    return gas * price


_PLAY = {
    "deposit": _deposit,
    "withdraw": _withdraw,
    "pay": _pay,
    "call": _call,
    "play": _play,
    "fail": _fail,
    "dollars": _dollars,
}
