"""People and firms on the UTXO chain: purses of coins, and how they are filled and spent.

* A purse spends only coins that are its own and are there already; where it lacks value, a coin from before the
  world comes in, its value and address stated.
* Addresses are sometimes used again, as people do; wallets of one owner keep one script form.
* What is too small to be worth an output is left to the fee.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jindo.base.ids import Account
from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin, Payee
from jindo.sim.plan import TheftMark
from jindo.sim.worlds.scene import BTC, WorldScene

DUST = 1_000
"""Satoshi below which no output is made."""
FORMS = ("p2wpkh", "p2wpkh", "p2wpkh", "p2wpkh", "p2wpkh", "p2tr", "p2sh", "p2pkh")


@dataclass(slots=True)
class Purse:
    """Somebody's coins."""

    owner: Owner
    form: str = "p2wpkh"
    reuse: int = 0
    """Per cent of receipts at an address used before."""
    coins: list[Coin] = field(default_factory=list)
    used: list[Account] = field(default_factory=list)

    def value(self) -> int:
        """Satoshi in the purse."""
        return sum(coin.value for coin in self.coins)


def open_person(scene: WorldScene, *, form: str = "") -> Purse:
    """A new person without a coin."""
    scene.wallets += 1
    form = form or scene.rng.choice(FORMS)
    return Purse(
        Owner(Role.CUSTOMER, f"person-{scene.wallets}"), form, reuse=scene.rng.choice((0, 0, 10, 60))
    )


def open_firm(
    scene: WorldScene, name: str, kind: str, *, form: str = "p2wpkh", labelled: bool = True
) -> Purse:
    """A service with one main address, which its change returns to or not as the caller says."""
    purse = Purse(Owner(Role.SERVICE, name, kind), form)
    main = fresh(scene, purse)
    if labelled:
        scene.label(main)
    return purse


def fresh(scene: WorldScene, purse: Purse, *, owner: Owner | None = None, form: str = "") -> Account:
    """A new address of the purse's form and owner, unless it says otherwise."""
    scene.wallets += 1
    make = {
        "p2wpkh": scene.names.p2wpkh, "p2tr": scene.names.p2tr, "p2sh": scene.names.p2sh,
        "p2pkh": scene.names.p2pkh,
    }[form or purse.form]  # fmt: skip
    account = scene.books.open_wallet(make(f"wallet-{scene.wallets}"), owner or purse.owner)
    if owner is None:
        purse.used.append(account)
    return account


def address(scene: WorldScene, purse: Purse) -> Account:
    """Where the purse is paid next: often somewhere new, sometimes where it was paid before."""
    if purse.used and scene.rng.randrange(100) < purse.reuse:
        return scene.rng.choice(purse.used)
    return fresh(scene, purse)


def outside(scene: WorldScene, purse: Purse, value: int) -> Coin:
    """A coin of the purse's owner from before the world, in hand."""
    scene.wallets += 1
    label = f"{purse.owner.name}-{scene.wallets}"
    return scene.coins.outside_coin(label, address(scene, purse), value)


def fund(scene: WorldScene, purse: Purse, value: int) -> None:
    """Puts a coin from before the world into the purse."""
    purse.coins.append(outside(scene, purse, value))


def take(scene: WorldScene, purse: Purse, least: int, time: int, *, most_inputs: int = 25) -> list[Coin]:
    """Coins of at least `least` satoshi that are there at `time`, oldest first, out of the purse.

    Where it lacks, or would need too many, one more comes from outside.
    """
    taken: list[Coin] = []
    for coin in purse.coins:
        if sum(c.value for c in taken) >= least or len(taken) == most_inputs:
            break
        if coin.time < time:
            taken.append(coin)
    for coin in taken:
        purse.coins.remove(coin)
    lack = least - sum(coin.value for coin in taken)
    if lack > 0:
        taken.append(outside(scene, purse, scene.around(lack, 15) + lack // 5 + 1_000))
    return taken


def pay(
    scene: WorldScene,
    purse: Purse,
    time: int,
    targets: list[tuple[Payee, int]],
    *,
    act: str,
    coins: list[Coin] | None = None,
    change_to: Account | None = None,
    marks: dict[int, TheftMark] | None = None,
    shuffled: bool = True,
) -> list[Coin]:
    """Pays targets out of the purse with change back to it; gives the targets' coins, in their order."""
    paid = sum(value for _, value in targets)
    coins = take(scene, purse, paid + 30_000 + 400 * len(targets), time) if coins is None else coins
    rest = sum(coin.value for coin in coins) - paid - scene.coin_fee(len(coins), len(targets) + 1)
    outputs: list[tuple[Payee, int]] = list(targets)
    if rest > DUST:
        outputs.append((change_to or address(scene, purse), rest))
    order = list(range(len(outputs)))
    if shuffled:
        scene.rng.shuffle(order)
    moved = {order.index(place): mark for place, mark in (marks or {}).items()}
    made = scene.coins.add(time, coins, [outputs[i] for i in order], act=act, marks=moved)
    by_index = {coin.index: coin for coin in made}
    placed = {old: by_index[new] for new, old in enumerate(order) if new in by_index}
    if rest > DUST:
        purse.coins.append(placed[len(targets)])
    return [placed[i] for i in range(len(targets)) if i in placed]


def draw_value(scene: WorldScene, *, least: int = BTC // 1_000, most: int = 3 * BTC) -> int:
    """Satoshi of an ordinary payment: small ones more often."""
    return scene.between(least, most)
