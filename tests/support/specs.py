"""Job specifications the tests share."""

from collections.abc import Collection
from dataclasses import replace

from mpc.disclosure.region import Cell
from mpc.kinds.registry import kind_of
from mpc.protocols.join.layout import Column
from mpc.spec.aligned import AlignedSpec, Side
from mpc.spec.job import JobSpec, JoinSpec, PercentilesSpec, SumsSpec
from mpc.spec.join import Listing
from mpc.spec.matched import MatchedSide, MatchedSpec
from mpc.spec.parts import Amount, Grouping, Interval, OneOf, Source

EDGES = (1000, 3163, 10000, 31623, 100000, 316228, 1000000, 3162278, 10000000, 31622777, 100000000)


def source(party: str, asset: str) -> Source:
    return Source(party, asset, bytes(31) + b"\x07")


def sums(low: int = 1000, recipient: str = "audit-office", edges: tuple[int, ...] = EDGES) -> SumsSpec:
    return SumsSpec(
        purpose="market-audit",
        recipient=recipient,
        sources=tuple(source(f"registrar-{n}", f"sales-{n}") for n in range(1, 6)),
        filters=(Interval("sale_price", low, None),),
        value=Amount("sale_price", 1 << 32),
        rows=100_000,
        edges=edges,
        outputs=("count", "sum", "mean", "variance", "histogram") if edges else ("count", "sum"),
        minimum=10,
        contributors=3,
    )


def table(groups: tuple[str, ...] = ("A", "B", "C"), edges: tuple[int, ...] = EDGES[:3]) -> SumsSpec:
    """The sums as a declared table."""
    return replace(sums(edges=edges), table=Grouping("class", groups))


def product(grouped: bool = False) -> SumsSpec:
    """The sum of area times price."""
    value = Amount("area", 1 << 50, "sale_price")
    asked = replace(sums(edges=()), value=value, outputs=("sum",))
    return replace(asked, table=Grouping("class", ("A", "B"))) if grouped else asked


def percentiles(asked: tuple[int, ...] = (250, 500, 750), owners: int = 5) -> PercentilesSpec:
    """Quartiles of the sale price, computed by the first three registrars."""
    return PercentilesSpec(
        purpose="market-audit",
        recipient="audit-office",
        sources=tuple(source(f"registrar-{n}", f"sales-{n}") for n in range(1, owners + 1)),
        engines=("registrar-1", "registrar-2", "registrar-3"),
        filters=(Interval("sale_price", 1000, None),),
        value=Amount("sale_price", 1 << 32),
        rows=100_000,
        percentiles=asked,
        minimum=10,
        contributors=3,
    )


def join(grouped: bool = True, recipient: str = "audit-office", groups: tuple[str, ...] = tuple("12345")) -> JoinSpec:
    return JoinSpec(
        purpose="rent-audit",
        recipient=recipient,
        holder=source("finance", "sales-2019"),
        holder_key="bbl",
        holder_most=1 << 17,
        filters=(Interval("sale_price", 1000, None),),
        grouping=Grouping("borough", groups) if grouped else None,
        sums=(Amount("sale_price", 1 << 32),),
        lister=source("tax", "rent-stabilised"),
        lister_key="bbl",
        lister_most=1 << 17,
        lister_filters=(),
        rows=1 << 17,
        minimum=10,
        epsilon_milli=100,
        delta_log2=-40,
    )


def grouped_join(grouped: bool = True) -> JoinSpec:
    """The join with groups of the list too."""
    return replace(join(grouped), lister_grouping=Grouping("age", ("new", "old")))


def join_of_lists(lists: int = 2, grouped: bool = True) -> JoinSpec:
    """The join with more lists; that of the tax office is the last by code."""
    first = [Listing(source(party, f"list-{party}"), "bbl", 1 << 16, ()) for party in ("a", "heritage")][3 - lists :]
    first.append(Listing(source("tax", "rent-stabilised"), "bbl", 1 << 17, ()))
    return replace(
        join(grouped), lister=first[0].source, lister_key="bbl", lister_most=first[0].most, further=tuple(first[1:])
    )


def cells(spec: JobSpec, assets: Collection[str]) -> tuple[Cell, ...]:
    """The gated cells of a job that these assets answer."""
    return kind_of(spec).cells(assets)


def aligned(*, counted: bool = False, told: tuple[str, ...] = ("bureau", "court", "treasury")) -> AlignedSpec:
    """Columns of three owners over the keys that all have."""
    columns = {"bureau": ("pay", 0, 9999), "court": ("fines", -50, 50), "treasury": ("tax", 0, 1 << 20)}
    sides = tuple(
        Side(source(party, f"{name}-2019"), "id", 5000, () if counted else (Column(name, low, high),))
        for party, (name, low, high) in columns.items()
    )
    return AlignedSpec("market-audit", "audit-office", sides, told, 10)


def matched(*, counted: bool = False) -> MatchedSpec:
    """Columns of two owners over the keys that they and two more have, of rows that two of the four choose."""
    columns = {"bureau": (Column("pay", 0, 9999),), "court": (), "revenue": (Column("tax", -50, 1 << 20),), "works": ()}
    chosen = {"bureau": (Interval("age", 30, None),), "court": (OneOf("kind", ("fine", "plea")),)}
    sides = tuple(
        MatchedSide(source(party, f"{party}-2019"), "id", () if counted else own, chosen.get(party, ()))
        for party, own in columns.items()
    )
    return MatchedSpec("market-audit", "audit-office", sides, ("bureau", "revenue", "works"), 5000, 10)
