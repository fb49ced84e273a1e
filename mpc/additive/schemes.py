"""The additive encryptions that a job may name, with their declared sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ledger.errors import InvalidRecord
from mpc.additive import djn, okamoto_uchiyama, paillier
from mpc.additive.djn import DamgardJurikNielsen
from mpc.additive.okamoto_uchiyama import OkamotoUchiyama
from mpc.additive.paillier import Paillier
from mpc.additive.scheme import Parameters
from mpc.fields import Fields
from mpc.protocols.words import Text

DEFAULT = okamoto_uchiyama.NAME
_MAKERS: Mapping[str, Callable[[], Parameters]] = {
    DEFAULT: OkamotoUchiyama,
    djn.NAME: DamgardJurikNielsen,
    paillier.NAME: Paillier,
}
NAMES = tuple(_MAKERS)
TITLES: Mapping[str, Text] = {
    DEFAULT: Text("Okamoto-Uchiyama encryption of 3072 bits", "3072 位 Okamoto-Uchiyama 加密"),
    djn.NAME: Text("Paillier encryption of 3072 bits (Damgard-Jurik-Nielsen)", "3072 位 Paillier 加密(DJN 变体)"),
    paillier.NAME: Text("Paillier encryption of 3072 bits", "3072 位 Paillier 加密"),
}
SECONDS: Mapping[str, float] = {DEFAULT: 0.15e-3, djn.NAME: 1.7e-3, paillier.NAME: 17e-3}
"""Of one encryption by who owns the key, at the default sizes, on one core."""


def named(name: str) -> Parameters:
    """Return a scheme at its default sizes: 3072 bits. Raises: InvalidRecord."""
    if name not in _MAKERS:
        raise InvalidRecord(f"additive encryption: one of {', '.join(NAMES)} expected, got {name[:40]!r}")
    return _MAKERS[name]()


def parse(fields: Fields) -> Parameters:
    """Read scheme and sizes from a job record. Raises: InvalidRecord."""
    parameters: Parameters
    match fields.choice("scheme", NAMES):
        case paillier.NAME:
            parameters = Paillier(fields.integer("bits"))
        case djn.NAME:
            parameters = DamgardJurikNielsen(fields.integer("bits"), fields.integer("randomiser_bits"))
        case _:
            parameters = OkamotoUchiyama(fields.integer("bits"), fields.integer("randomiser_bits"))
    fields.done()
    return parameters
