"""``shuxin federated stop``: what it says of a run that it stopped, of one that was over, of one that goes on."""

from __future__ import annotations

import json

import pytest
from commandline import say
from nearlink import NearLink

from federated.flower.programs import Link
from gateway.federated import places
from gateway.federated.places import Place
from mpc.node import config


@pytest.fixture
def link(tmp_path, monkeypatch):
    """A SuperLink with one run under way, and another that is over."""
    near = NearLink()
    near.start(b"bundle", {"run": "00"})
    near.start(b"bundle", {"run": "01"})
    near.end(2, "completed")
    monkeypatch.setattr(config, "load", lambda _: None)
    monkeypatch.setattr(places, "read_place", lambda _: Place(Link(tmp_path, 9), {}))
    monkeypatch.setattr(places.Place, "control", lambda _: near)
    return near


def stop(capsys, run, *options):
    return say(capsys, "federated", "stop", run, "--config", "node.toml", *options)


def test_a_run_under_way_is_stopped_and_said_to_be(link, capsys):
    code, out, _ = stop(capsys, 1)
    assert (code, link.run(1).outcome) == (0, "stopped")
    assert "run 1: stopped" in out
    assert json.loads(stop(capsys, 1, "--json")[1])["outcome"] == "stopped"


def test_a_run_that_was_over_is_not_said_to_be_stopped(link, capsys):
    assert stop(capsys, 2)[:2] == (0, "run 2: was over already, completed\n")
    assert "此前已结束" in stop(capsys, 2, "--language", "zh")[1]
    assert link.run(2).outcome == "completed"


def test_a_run_that_goes_on_is_a_fault(link, capsys, monkeypatch):
    monkeypatch.setattr(link, "stop", lambda _: False)
    code, out, err = stop(capsys, 1)
    assert (code, out) == (1, "")
    assert "did not stop it; ask again" in err
