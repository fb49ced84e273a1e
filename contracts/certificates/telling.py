"""A certificate's content as lines for people, in English and Chinese; what is withheld is said to be."""

from __future__ import annotations

from typing import Final

from contracts.certificates.content import Content, Holder
from contracts.certificates.credential import Shown, write_time
from contracts.titles.record import RightKind

RIGHTS: Final = {
    RightKind.COLLECTIVE_LAND: ("ownership of collective land", "集体土地所有权"),
    RightKind.BUILDING: ("ownership of buildings and structures", "房屋等建筑物、构筑物所有权"),
    RightKind.FOREST: ("ownership of forests and trees", "森林、林木所有权"),
    RightKind.CONTRACTED_LAND: ("contracted management of land", "土地承包经营权"),
    RightKind.CONSTRUCTION_LAND: ("use of land for construction", "建设用地使用权"),
    RightKind.HOMESTEAD: ("use of homestead land", "宅基地使用权"),
    RightKind.SEA_AREA: ("use of sea areas", "海域使用权"),
    RightKind.EASEMENT: ("easement", "地役权"),
    RightKind.MORTGAGE: ("mortgage", "抵押权"),
    RightKind.OTHER: ("other right that law requires to register", "法律规定需要登记的其他不动产权利"),
}
WITHHELD: Final = ("withheld", "未出示")


def sentences(shown: Shown, content: Content) -> tuple[str, str]:
    """Return the lines in English and in Chinese."""
    rows = [(en, zh, *value) for (en, zh), value in _rows(shown, content)]
    return (
        "\n".join(f"{en}: {value}" for en, _, value, _ in rows),
        "\n".join(f"{zh}:{value}" for _, zh, _, value in rows),
    )


def _rows(shown: Shown, content: Content) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    certified = shown.certified
    right = WITHHELD if content.right is None else RIGHTS[content.right]
    rows = [
        (("certificate", "证照编号"), _same(f"{certified.number}/{certified.place}")),
        (("valid from", "生效时间"), _same(write_time(certified.valid_from))),
        (("registrar", "登记机构"), _same(certified.issuer.party)),
        (("unit on chain", "链上单元标识"), _same(certified.unit.hex())),
        (("unit", "不动产单元"), WITHHELD if content.code is None else _same(content.code)),
        (("right", "权利类型"), right),
    ]
    if certified.valid_until is not None:
        rows.insert(2, (("valid until", "截止时间"), _same(write_time(certified.valid_until))))
    rows += [(("holder", "权利人"), _same(_holder(holder))) for holder in content.holders]
    if hidden := shown.holders - len(content.holders):
        rows.append((("holders", "其他权利人"), (f"{hidden} withheld", f"{hidden} 人未出示")))
    rows += [((term, term), _same(str(value))) for term, value in content.description.items()]
    return rows


def _holder(holder: Holder) -> str:
    return f"{holder.name} ({holder.share})"


def _same(text: str) -> tuple[str, str]:
    # A line of a verdict is one line, whatever a registrar wrote.
    flat = " ".join(text.split())
    return flat, flat
