"""Reads the specification of a training run; what it may say together is ``mpc.spec.training``."""

from __future__ import annotations

from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.privacy import held, measured, trained
from mpc.spec import reading
from mpc.spec.parts import MAX_SOURCES
from mpc.spec.training import CURVE, MAX_APPS, MAX_FEATURES, TrainingSpec
from mpc.training.terms import read_algorithm, read_bounded, read_digest


def read(fields: Fields) -> TrainingSpec:
    """Read the members of a specification; raises InvalidRecord."""
    privacy = trained.read(fields.object("privacy")) if fields.has("privacy") else None
    if privacy is None and (fields.has("held_out") or fields.has("evaluation")):
        raise InvalidRecord(held.REFUSED)
    spec = TrainingSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        sources=tuple(reading.source(item) for item in fields.objects("sources", MAX_SOURCES)),
        algorithm=read_algorithm(fields.object("algorithm")),
        features=tuple(read_bounded(item) for item in fields.objects("features", MAX_FEATURES)),
        label=read_bounded(fields.object("label")),
        rounds=fields.integer("rounds"),
        rows=fields.decimal("rows"),
        least_rows=fields.decimal("least_rows") if privacy is None else 0,
        minimum=fields.integer("minimum"),
        contributors=fields.integer("contributors"),
        clip=fields.decimal("clip") if privacy is None else 0,
        norm=fields.decimal("norm") if privacy is None else 0,
        round_s=fields.integer("round_s"),
        seed=fields.decimal("seed"),
        apps=tuple(read_digest(text) for text in fields.texts("apps", MAX_APPS)),
        privacy=privacy,
        has_curve=fields.has("curve") and fields.choice("curve", (CURVE,)) == CURVE,
        quality=measured.read(fields.object("quality")) if fields.has("quality") else None,
    )
    fields.done()
    return spec
