"""Innocent traffic on the account chain, and in it what detectors of patterns trip over.

* Exchanges pay in bursts to fresh wallets and in batches by a contract, and sweep their deposit addresses.
* Payrolls and airdrops pay the same to many at once; market makers move lots of nearly one size to a few; payment
  processors' addresses have many unrelated payers and are emptied daily; savers wake after months.

Each occurrence that looks like a pattern is told as its control. Nobody here is a thief.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from jindo.base.ids import Account, AssetId
from jindo.sim.books import Owner, Role
from jindo.sim.world import InternalCall, TokenMove
from jindo.sim.worlds.agenda import Agenda
from jindo.sim.worlds.ether_people import CALL, House
from jindo.sim.worlds.scene import DAY, ETH, GWEI, HOUR, MINUTE, WorldScene, schedule

DOLLAR = 10**6
COUNTS = {
    "payment": 24_000, "dollar-payment": 6_000, "exchange-deposit": 13_000, "exchange-withdrawal": 11_000,
    "payout-burst": 60, "batch-contract": 300, "payroll": 50, "airdrop": 5, "airdrop-contract": 40,
    "maker-lots": 40, "processor-day": 120, "saver": 60, "gathering": 60,
}  # fmt: skip
"""Acts of each sort at scale 1; some are many transactions."""


@dataclass(slots=True)
class EtherCrowd:
    """Everybody innocent on the account chain."""

    scene: WorldScene
    house: House
    agenda: Agenda
    exchanges: list[Account]
    dollar: AssetId
    start: int
    end: int
    disperser: Account
    """A contract that pays many in one call."""
    people: list[Account] = field(default_factory=list)
    deposits: dict[Account, Account] = field(default_factory=dict)
    """Each person's address at an exchange."""


def open_ether_crowd(
    scene: WorldScene, house: House, agenda: Agenda, *, exchanges: list[Account], dollar: AssetId, start: int, end: int,
    people: int,
) -> EtherCrowd:  # fmt: skip
    """The crowd, its wallets filled."""
    disperser = house.open(Owner(Role.CUSTOMER, "disperser"))
    crowd = EtherCrowd(scene, house, agenda, exchanges, dollar, start, end, disperser)
    for _ in range(people):
        person = house.person(ether=scene.between(1, 60) * ETH)
        crowd.people.append(person)
        house.shared.add(person)
        kept = house.owner(scene.rng.choice(exchanges))
        crowd.deposits[person] = house.open(Owner(Role.SERVICE, kept.name, "exchange deposit"), labelled=True)
    for person in crowd.people[: people // 3]:
        house.mint(start + 200, person, dollar, scene.between(500, 90_000) * DOLLAR)
    return crowd


def enter_ether_acts(crowd: EtherCrowd, counts: dict[str, int], *, after: int, before: int) -> None:
    """Enters so many acts of each sort between two times."""
    for time, act in schedule(crowd.scene, counts, after, before):
        crowd.agenda.at(time, partial(_ACTS[act], crowd))


def _rich(crowd: EtherCrowd, least: int) -> Account | None:
    """Somebody who has so much, if a few looks find him."""
    for _ in range(6):
        person = crowd.scene.rng.choice(crowd.people)
        if crowd.house.balance(person) > least:
            return person
    return None


def _payment(crowd: EtherCrowd, time: int) -> None:
    payer = _rich(crowd, ETH // 5)
    if payer is not None:
        value = crowd.house.balance(payer) * crowd.scene.rng.randrange(1, 50) // 100 // 10**12 * 10**12
        other = crowd.scene.rng.choice(crowd.people)
        if other != payer:
            crowd.house.send(time, payer, other, value, act="payment")


def _dollar_payment(crowd: EtherCrowd, time: int) -> None:
    payer, other = crowd.scene.rng.sample(crowd.people, 2)
    held = crowd.house.balance(payer, crowd.dollar)
    if held > 20 * DOLLAR and crowd.house.balance(payer) > ETH // 20:
        amount = crowd.scene.rng.randrange(DOLLAR, held // 2)
        crowd.house.pay_token(
            time, payer, other, crowd.dollar, amount - amount % 10_000, act="dollar-payment"
        )


def _deposit(crowd: EtherCrowd, time: int) -> None:
    """Somebody deposits, and the exchange sweeps the address a while later."""
    payer = _rich(crowd, ETH)
    if payer is None:
        return
    target = crowd.deposits[payer]
    name = crowd.house.owner(target).name
    crowd.house.send(time, payer, target, crowd.house.balance(payer) * 7 // 10, act="exchange-deposit")
    hot = next(hot for hot in crowd.exchanges if crowd.house.owner(hot).name == name)

    def sweep(now: int) -> None:
        if crowd.house.balance(target) > 40_000 * 10 * GWEI:
            crowd.house.send(now, target, hot, None, act="sweep")

    crowd.agenda.at(time + crowd.scene.rng.randrange(10 * MINUTE, 3 * HOUR), sweep)


def _withdrawal(crowd: EtherCrowd, time: int) -> None:
    value = crowd.scene.between(1, 300) * ETH // 20
    hot = crowd.scene.rng.choice(crowd.exchanges)
    crowd.house.send(time, hot, crowd.scene.rng.choice(crowd.people), value, act="exchange-withdrawal")


def _burst(crowd: EtherCrowd, time: int) -> None:
    """Withdrawals one after another, many of one size and to wallets never seen before."""
    scene, hot = crowd.scene, crowd.scene.rng.choice(crowd.exchanges)
    size, equal = scene.between(1, 100) * ETH // 10, scene.rng.randrange(2) == 0
    count = scene.rng.randrange(40, 250)
    hashes, paid = [], []
    for _ in range(count):
        target = crowd.house.person() if scene.rng.randrange(10) < 8 else scene.rng.choice(crowd.people)
        value = scene.around(size, 4) if equal else scene.between(1, 200) * ETH // 20
        hashes.append(crowd.house.send(time, hot, target, value, act="payout-burst")[0])
        paid.append(target)
        time += scene.rng.randrange(0, 50)
    crowd.scene.tell("fan-out", hashes, [hot, *paid], wallets=count, equal=equal, innocent=True)


def _batch(crowd: EtherCrowd, time: int) -> None:
    """Many payments inside one transaction."""
    scene, hot = crowd.scene, crowd.scene.rng.choice(crowd.exchanges)
    targets = [scene.rng.choice(crowd.people) for _ in range(scene.rng.randrange(10, 90))]
    calls = tuple(InternalCall(crowd.disperser, t, scene.between(1, 100) * ETH // 20) for t in targets)
    total = sum(call.amount for call in calls)
    gas = CALL + 9_000 * len(calls)
    tx_hash, _ = crowd.house.send(
        time, hot, crowd.disperser, total, gas=gas, calls=calls, calldata="e63d38ed", act="batch-contract"
    )
    crowd.scene.tell("fan-out", [tx_hash], [hot, *targets], wallets=len(targets), innocent=True)


def _payroll(crowd: EtherCrowd, time: int) -> None:
    scene, staff = crowd.scene, crowd.scene.rng.randrange(10, 60)
    payer = crowd.house.person()
    hot = scene.rng.choice(crowd.exchanges)
    crowd.house.send(time, hot, payer, 40 * ETH, act="exchange-withdrawal")
    # Everybody's contract says nearly the same.
    crowd.house.mint(time + 12, payer, crowd.dollar, 12_000 * staff * DOLLAR)
    salary = scene.between(2_000, 9_900) * DOLLAR
    hashes, paid = [], []
    for place in range(staff):
        target = scene.rng.choice(crowd.people)
        amount = salary if scene.rng.randrange(3) else scene.around(salary, 9)
        hashes.append(
            crowd.house.pay_token(time + 60 + 14 * place, payer, target, crowd.dollar, amount, act="payroll")
        )
        paid.append(target)
    crowd.scene.tell("fan-out", hashes, [payer, *paid], wallets=staff, innocent=True)
    crowd.scene.tell("structuring", hashes, [payer, *paid], lot=salary, innocent=True)


def _airdrop(crowd: EtherCrowd, time: int) -> None:
    """A token given to a thousand wallets, one transaction each."""
    scene, house = crowd.scene, crowd.house
    giver, asset = house.person(ether=0), house.token(f"drop-{crowd.scene.wallets}")
    house.send(time, scene.rng.choice(crowd.exchanges), giver, 50 * ETH, act="exchange-withdrawal")
    house.mint(time + 24, giver, asset, 10**30)
    hashes, paid = [], []
    for place in range(scene.rng.randrange(600, 2_200)):
        target = house.person() if scene.rng.randrange(3) else scene.rng.choice(crowd.people)
        hashes.append(
            house.pay_token(time + 60 + 5 * place, giver, target, asset, 400 * 10**18, act="airdrop")
        )
        paid.append(target)
    crowd.scene.tell("fan-out", hashes, [giver, *paid], wallets=len(paid), innocent=True)


def _airdrop_contract(crowd: EtherCrowd, time: int) -> None:
    """A token given to a hundred wallets in one transaction."""
    scene, house = crowd.scene, crowd.house
    giver, asset = house.person(), house.token(f"drop-{crowd.scene.wallets}")
    house.send(time, scene.rng.choice(crowd.exchanges), giver, ETH, act="exchange-withdrawal")
    house.mint(time + 24, giver, asset, 10**30)
    targets = [scene.rng.choice(crowd.people) for _ in range(scene.rng.randrange(40, 200))]
    moves = tuple(TokenMove(asset, giver, target, 25 * 10**18) for target in targets)
    gas = CALL + 30_000 * len(moves)
    tx_hash, _ = house.send(
        time + 60,
        giver,
        crowd.disperser,
        0,
        gas=gas,
        tokens=moves,
        calldata="c73a2d60",
        act="airdrop-contract",
    )
    crowd.scene.tell("fan-out", [tx_hash], [giver, *targets], wallets=len(targets), innocent=True)


def _lots(crowd: EtherCrowd, time: int) -> None:
    """A market maker moves lots of nearly one size, often just under a round one, to two or three venues."""
    scene, house = crowd.scene, crowd.house
    maker = house.person()
    house.send(time, scene.rng.choice(crowd.exchanges), maker, 30 * ETH, act="exchange-withdrawal")
    count, lot = scene.rng.randrange(30, 160), scene.rng.choice((9_900, 24_500, 49_000, 99_000)) * DOLLAR
    house.mint(time + 24, maker, crowd.dollar, 2 * count * lot)
    venues = []
    for _ in range(scene.rng.randrange(1, 4)):
        kept = house.owner(scene.rng.choice(crowd.exchanges)).name
        venues.append(house.open(Owner(Role.SERVICE, kept, "exchange deposit"), labelled=True))
    hashes = []
    for _ in range(count):
        time += scene.rng.randrange(60, 1_500)
        amount = lot - scene.rng.randrange(0, lot // 25)
        hashes.append(
            house.pay_token(time, maker, scene.rng.choice(venues), crowd.dollar, amount, act="maker-lots")
        )
    crowd.scene.tell("structuring", hashes, [maker, *venues], lot=lot, innocent=True)


def _processor(crowd: EtherCrowd, time: int) -> None:
    """A merchant's address at a payment processor: many unrelated payers, emptied within the day."""
    scene, house = crowd.scene, crowd.house
    labelled = scene.rng.randrange(2) == 0
    kept = Owner(Role.SERVICE, f"Paperboat Pay {scene.wallets}", "payment")
    desk, hot = house.open(kept, labelled=labelled), house.open(kept, labelled=labelled)
    hashes, payers = [], []
    for _ in range(scene.rng.randrange(20, 120)):
        payer = _rich(crowd, ETH // 2)
        time += scene.rng.randrange(30, 900)
        if payer is not None:
            value = scene.between(ETH // 200, ETH // 4)
            hashes.append(house.send(time, payer, desk, value, act="merchant-payment")[0])
            payers.append(payer)
    if hashes:
        hashes.append(house.send(time + HOUR, desk, hot, None, act="settlement")[0])
        crowd.scene.tell("nested-desk", hashes, [desk, hot, *payers], senders=len(set(payers)), innocent=True)


def _saver(crowd: EtherCrowd, time: int) -> None:
    """Somebody who has not moved since the world began spends his savings towards its end."""
    saver = crowd.house.person(ether=crowd.scene.between(20, 900) * ETH)
    wakes = crowd.end - crowd.scene.rng.randrange(DAY, 3 * DAY)
    target = crowd.house.open(
        Owner(Role.SERVICE, crowd.house.owner(crowd.exchanges[0]).name, "exchange deposit"), labelled=True
    )

    def wake(now: int) -> None:
        tx_hash, _ = crowd.house.send(now, saver, target, None, act="savings")
        crowd.scene.tell("dormancy", [tx_hash], [saver], days=(now - crowd.start) // DAY, innocent=True)

    crowd.agenda.at(max(time, wakes), wake)


def _gathering(crowd: EtherCrowd, time: int) -> None:
    """Somebody gathers what dozens of his own wallets hold."""
    scene, house = crowd.scene, crowd.house
    owner = Owner(Role.CUSTOMER, f"person-{scene.wallets + 1}")
    wallets = [
        house.open(owner, ether=scene.between(1, 40) * ETH // 10) for _ in range(scene.rng.randrange(20, 80))
    ]
    target = house.open(owner)
    hashes = []
    for wallet in wallets:
        time += scene.rng.randrange(20, 900)
        hashes.append(house.send(time, wallet, target, None, act="gathering")[0])
    crowd.scene.tell("fan-in", hashes, [target, *wallets], inputs=len(wallets), innocent=True)


_ACTS: dict[str, Callable[[EtherCrowd, int], None]] = {
    "payment": _payment, "dollar-payment": _dollar_payment, "exchange-deposit": _deposit,
    "exchange-withdrawal": _withdrawal, "payout-burst": _burst, "batch-contract": _batch, "payroll": _payroll,
    "airdrop": _airdrop, "airdrop-contract": _airdrop_contract, "maker-lots": _lots, "processor-day": _processor,
    "saver": _saver, "gathering": _gathering,
}  # fmt: skip
