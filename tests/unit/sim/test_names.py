from jindo.base.ids import parse_address
from jindo.sim.names import Namer, _to_base58check, _to_bech32

NAMES = Namer("test")


def test_to_bech32_gives_bip173s_own_example() -> None:
    program = bytes.fromhex("751e76e8199196d454941c45d1b3a323f1433bd6")
    assert _to_bech32(program) == "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


def test_to_bech32_gives_bip350s_own_example() -> None:
    program = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    assert _to_bech32(program, version=1) == "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"


def test_to_base58check_gives_a_known_address() -> None:
    payload = b"\x00" + bytes.fromhex("62e907b15cbf27d5425399ebf6f0fb50ebb88f18")
    assert _to_base58check(payload) == "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


def test_names_differ_by_label_and_key_and_parse() -> None:
    made = [
        make(label)
        for make in (NAMES.evm, NAMES.p2wpkh, NAMES.p2pkh, NAMES.p2tr, NAMES.p2sh)
        for label in ("a", "b")
    ]
    assert len(set(made)) == 10
    assert [parse_address(address) for address in made] == made
    assert Namer("other").evm("a") != NAMES.evm("a")


def test_look_alike_shares_both_ends() -> None:
    genuine = NAMES.evm("a")
    look = NAMES.look_alike(genuine, "poison")
    assert (look[:6], look[-4:]) == (genuine[:6], genuine[-4:])
    assert parse_address(look) == look != genuine
