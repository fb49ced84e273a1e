"""What officers' acts say stands on chain under salts: one for each act, and a file stands for its digest."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.statute.papers import Papers, act_matter, read, words_of
from ledger.errors import NotFound

CASE = bytes([1]) * 32


def test_the_same_words_of_two_acts_or_cases_have_two_digests(tmp_path: Path) -> None:
    papers = Papers(tmp_path)
    first = papers.of(act_matter(CASE, "suspend"), "doubt")
    assert papers.of(act_matter(CASE, "suspend"), "doubt") == first
    others = (act_matter(CASE, "revoke"), act_matter(bytes(32), "suspend"))
    assert first.digest not in {papers.of(matter, "doubt").digest for matter in others}
    guessed = Papers(tmp_path / "elsewhere").of(act_matter(CASE, "suspend"), "doubt")
    assert guessed.digest != first.digest  # the words alone do not show what was said


def test_the_paper_of_an_act_can_be_handed_over(tmp_path: Path) -> None:
    papers = Papers(tmp_path)
    paper = papers.of(act_matter(CASE, "settle"), "we share the costs")
    assert read(papers.path(paper)) == [paper]
    assert papers.path(paper).stat().st_mode & 0o777 == 0o600
    with pytest.raises(NotFound, match="is not here"):
        Papers(tmp_path / "elsewhere").path(paper)


def test_a_file_stands_for_its_digest(tmp_path: Path) -> None:
    file = tmp_path / "certificate.pdf"
    file.write_bytes(b"shredded")
    words = words_of(file)
    assert words == "sha256:f9e1c378fe7768ae0fa5f50fcd89d31a3d8344b4960ddd22c21b91f41f2a980f"
    file.write_bytes(b"kept")
    assert words_of(file) != words
    with pytest.raises(NotFound, match="no such file"):
        words_of(tmp_path / "none")
