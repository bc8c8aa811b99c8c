import pytest

from jindo.base.errors import IntegrityError
from jindo.base.ids import Account, AssetId
from jindo.sim.books import FEE, OUTSIDE, Books, Owner, Role

COIN, OTHER = AssetId("coin"), AssetId("other")
VICTIM, THIEF, FRIEND, SHOP, SHADY, MIXER, PIT = (
    Account(name) for name in ["victim", "thief", "friend", "shop", "shady", "mixer", "pit"]
)


@pytest.fixture
def books() -> Books:
    books = Books()
    books.open_theft("heist", asset=COIN)
    books.open_wallet(VICTIM, Owner(Role.VICTIM, "bank"))
    books.open_wallet(THIEF, Owner(Role.THIEF, "heist"))
    books.open_wallet(SHADY, Owner(Role.THIEF, "heist"))
    books.open_wallet(FRIEND, Owner(Role.CUSTOMER, "friend"))
    books.open_wallet(SHOP, Owner(Role.SERVICE, "Shop", "exchange", frozen=True))
    books.open_wallet(MIXER, Owner(Role.SERVICE, "Fog", "mixer"))
    books.open_wallet(PIT, Owner(Role.BURN, "pit"))
    books.post(COIN, [(OUTSIDE, 150)], [(VICTIM, 150)])
    books.post(COIN, [(VICTIM, 100)], [(THIEF, 100)], theft_targets=[0])
    return books


def test_build_truth_follows_every_stolen_coin(books: Books) -> None:
    books.post(COIN, [(THIEF, 90)], [(SHADY, 50), (SHOP, 25), (MIXER, 7), (PIT, 3), (FEE, 5)])
    books.check()
    truth = books.build_truth().theft("heist")
    assert truth.reasons() == {"service": 25, "mixer": 7, "burned": 3, "fee": 5, "held": 60}
    assert truth.reached() == {"Fog": 7, "Shop": 25}
    assert (truth.stolen, truth.frozen) == (100, 25)
    assert {e.account: e.amount for e in truth.endpoints if e.reason == "held"} == {THIEF: 10, SHADY: 50}


def test_post_refuses_clean_coins_into_a_thiefs_wallet(books: Books) -> None:
    with pytest.raises(IntegrityError, match="clean coins"):
        books.post(COIN, [(VICTIM, 1)], [(THIEF, 1)])


def test_post_allows_other_assets_into_a_thiefs_wallet(books: Books) -> None:
    books.post(OTHER, [(OUTSIDE, 9)], [(THIEF, 9)])
    assert books.build_truth().theft("heist").stolen == 100


def test_post_refuses_stolen_coins_to_an_innocent(books: Books) -> None:
    with pytest.raises(IntegrityError, match="neither"):
        books.post(COIN, [(THIEF, 1)], [(FRIEND, 1)])


def test_post_refuses_to_mix_stolen_and_clean_inputs(books: Books) -> None:
    with pytest.raises(IntegrityError, match="mixes"):
        books.post(COIN, [(THIEF, 1), (VICTIM, 1)], [(SHOP, 2)])


def test_post_refuses_unequal_sides_and_overdrafts(books: Books) -> None:
    with pytest.raises(IntegrityError, match="other than it takes"):
        books.post(COIN, [(VICTIM, 2)], [(SHOP, 1)])
    with pytest.raises(IntegrityError, match="overdrawn"):
        books.post(COIN, [(VICTIM, 51)], [(SHOP, 51)])


def test_open_wallet_refuses_a_second_owner(books: Books) -> None:
    with pytest.raises(IntegrityError, match="two owners"):
        books.open_wallet(SHOP, Owner(Role.CUSTOMER, "friend"))


def test_check_finds_an_entry_taken_away(books: Books) -> None:
    del books.entries[-1]
    with pytest.raises(IntegrityError, match="do not follow"):
        books.check()


@pytest.fixture
def crossing() -> Books:
    books = Books()
    books.open_theft("heist", asset=COIN, others=[OTHER])
    books.open_wallet(VICTIM, Owner(Role.VICTIM, "bank"))
    books.open_wallet(THIEF, Owner(Role.THIEF, "heist"))
    books.open_wallet(FRIEND, Owner(Role.CUSTOMER, "friend"))
    books.open_wallet(SHOP, Owner(Role.SERVICE, "Shop", "swap"))
    books.post(COIN, [(OUTSIDE, 100)], [(VICTIM, 100)])
    books.post(OTHER, [(OUTSIDE, 90)], [(SHOP, 90)])
    books.post(COIN, [(VICTIM, 100)], [(THIEF, 100)], theft_targets=[0])
    return books


def test_post_takes_a_swap_as_departed_and_arrived(crossing: Books) -> None:
    crossing.post(COIN, [(THIEF, 60)], [(SHOP, 60)], departures=[0])
    crossing.post(OTHER, [(SHOP, 30)], [(THIEF, 30)], arrivals=[0])
    crossing.check()
    coin, other = crossing.build_truth().sheets("heist")
    assert (coin.stolen, coin.departed, coin.reasons()["held"]) == (100, 60, 40)
    assert (other.stolen, other.arrived, other.reasons()["held"]) == (0, 30, 30)
    assert sum(coin.reasons().values()) == 100
    assert coin.reached() == {}


def test_post_refuses_another_asset_of_the_theft_that_does_not_arrive(crossing: Books) -> None:
    with pytest.raises(IntegrityError, match="clean coins"):
        crossing.post(OTHER, [(SHOP, 30)], [(THIEF, 30)])


def test_post_lets_stolen_value_depart_to_an_innocent_through_a_crossing_alone(crossing: Books) -> None:
    with pytest.raises(IntegrityError, match="neither"):
        crossing.post(COIN, [(THIEF, 1)], [(FRIEND, 1)])
    crossing.post(COIN, [(THIEF, 1)], [(FRIEND, 1)], departures=[0])
    assert crossing.build_truth().theft("heist").departed == 1


def test_build_truth_leaves_out_assets_that_the_theft_was_never_in(crossing: Books) -> None:
    assert [truth.asset for truth in crossing.build_truth().thefts] == [COIN]
