"""Why an authorization may not be used: one closed list for the contract, the node's guard and people in two languages.

It is the vocabulary only; which ground holds is decided in ``rules.py`` (values) and in ``authorizations.vy`` (chain).
Source: Regulation on Government Data Sharing, articles 21 (refusal with reasons), 25 (purpose binding) and 27
(end of purpose, suspension). Trust assumption: none, these are constants.
"""

from __future__ import annotations

from enum import Enum

from ledger.errors import InvalidRecord, NotAuthorized


class Ground(Enum):
    """A reason; its value is the text after ``authorization: `` in a revert."""

    UNKNOWN = "unknown"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    DISPOSED = "disposed"
    NOT_YET_VALID = "not yet valid"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    PURPOSE = "purpose"
    OPERATION = "operation"
    ASSET = "asset withdrawn"
    # The next two are never decided by the contract: it holds a digest of the terms, the node holds the terms.
    COLUMN = "column"
    TERMS = "terms"

    @property
    def text(self) -> str:
        """Give the revert text, which is also the message of the error."""
        return f"authorization: {self.value}"

    @property
    def code(self) -> bytes:
        """Give the 32-byte reason recorded on chain: the ASCII text, padded with zeros."""
        return self.text.encode("ascii").ljust(32, b"\0")

    @property
    def rule(self) -> str:
        """Name the rule of the Regulation that forbids the use; empty if none does."""
        return _RULES.get(self, "")

    @property
    def zh(self) -> str:
        """Say the ground in Chinese."""
        return _ZH[self]

    @property
    def en(self) -> str:
        """Say the ground in English."""
        return _EN[self]


class UnusableAuthorization(NotAuthorized):
    """An authorization does not permit the use; ``ground`` says why."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground.text)
        self.ground = ground


def ground_of(code: bytes) -> Ground:
    """Read a recorded 32-byte reason code back.

    Raises:
        InvalidRecord: the code is none of ours.
    """
    for ground in Ground:
        if ground.code == code:
            return ground
    raise InvalidRecord(f"expected the reason code of an authorization ground, got 0x{code[:32].hex()}")


_RULES = {
    Ground.UNKNOWN: "R08",
    Ground.SUSPENDED: "R19",
    Ground.REVOKED: "R18",
    Ground.DISPOSED: "R18",
    Ground.NOT_YET_VALID: "R15",
    Ground.EXPIRED: "R18",
    Ground.EXHAUSTED: "R15",
    Ground.PURPOSE: "R15",
    Ground.OPERATION: "R15",
    Ground.COLUMN: "R15",
}

_EN = {
    Ground.UNKNOWN: "No such authorization exists; a request that has no answer is none.",
    Ground.SUSPENDED: "The owner of the data, or the authority, has suspended the authorization.",
    Ground.REVOKED: "The owner of the data has revoked the authorization.",
    Ground.DISPOSED: "The grantee has disposed of the data; its purpose is over.",
    Ground.NOT_YET_VALID: "The authorization is not in force yet.",
    Ground.EXPIRED: "The authorization has expired.",
    Ground.EXHAUSTED: "The authorization has been used as often as it allows.",
    Ground.PURPOSE: "The authorization was given for another purpose.",
    Ground.OPERATION: "The authorization does not cover this operation.",
    Ground.ASSET: "The data set is no longer in the sharing catalogue.",
    Ground.COLUMN: "The authorization does not cover a column that the job reads.",
    Ground.TERMS: "The terms presented are not the ones that the authorization was given under.",
}

_ZH = {
    Ground.UNKNOWN: "该授权不存在；未经答复的申请不是授权。",
    Ground.SUSPENDED: "数据提供方或主管部门已暂停该授权。",
    Ground.REVOKED: "数据提供方已撤销该授权。",
    Ground.DISPOSED: "需求方已处置数据，共享目的已终止。",
    Ground.NOT_YET_VALID: "该授权尚未生效。",
    Ground.EXPIRED: "该授权已到期。",
    Ground.EXHAUSTED: "该授权的使用次数已用尽。",
    Ground.PURPOSE: "使用目的与授权目的不符。",
    Ground.OPERATION: "该授权不包含此项操作。",
    Ground.ASSET: "该数据资源已从共享目录中撤下。",
    Ground.COLUMN: "该授权不包含任务所读取的数据项。",
    Ground.TERMS: "所出示的条款与授权时的条款不一致。",
}
