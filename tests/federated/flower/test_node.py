"""A warm SuperNode answers the couriers' app alone, leaves what belongs to runs that are over, and outlives faults."""

from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from federated.flower import bundle, node, waves
from federated.flower.apps import client_app
from federated.flower.library import ObjectPushError, RunNotRunningException, get_all_nested_objects, get_object_tree
from federated.flower.node import Answering, Foreign, Line, admitted
from federated.flower.pace import Pace
from federated.flower.waves import parcel, unwrap
from ledger.errors import BackendError, NotAuthorized

NODE, RUN = 5, 77


class Link:
    """A SuperLink's side of one SuperNode's connection: hands out one message and takes the reply's parts."""

    def __init__(self, content=None, is_over=False, refusals=0):
        place = waves.Metadata(RUN, "", 1, NODE, "", "", 4e9, 60.0, "query")
        self.asked = waves.make_message(place, parcel(b"masked"))
        self.asked.metadata.__dict__["_message_id"] = self.asked.object_id
        self.objects = {key: part.deflate() for key, part in get_all_nested_objects(self.asked).items()}
        self.content, self.is_over = content or bundle.bundle(), is_over
        self.waiting, self.replies, self.pushed, self.fabs, self.refusals = 1, [], {}, 0, refusals

    def line(self):
        def send(reply, tree, _):
            self.replies.append(reply)
            return {part.object_id for part in node.iterate_object_tree(tree)}, "session"

        def get_fab(*_):
            self.fabs += 1
            return SimpleNamespace(content=self.content)

        def pull(_, key):
            if self.is_over:
                raise RunNotRunningException
            return self.objects[key]

        def push(run, session, key, content):
            if self.refusals:
                self.refusals -= 1
                raise ObjectPushError(key, run, session)
            self.pushed[key] = content

        return Line(
            NODE, self._receive, send, lambda _: SimpleNamespace(fab_hash=""), get_fab, pull, push, lambda *_: None
        )

    def _receive(self):
        if not self.waiting:
            return None
        self.waiting -= 1
        return self.asked, get_object_tree(self.asked)


def answering(link):
    return Answering(link.line(), lambda app: client_app(lambda _: lambda data: data + app[:1]), "/run/s")


def test_a_message_is_answered_and_every_part_of_the_reply_sent():
    link = Link()
    work = answering(link)
    assert work.step()
    (reply,) = link.replies
    assert unwrap(reply) == b"masked" + bundle.digest()[:1]
    assert set(link.pushed) == set(get_all_nested_objects(reply))
    assert not work.step()


def test_a_bundle_is_asked_for_once_a_run():
    link = Link()
    link.waiting = 3
    work = answering(link)
    assert [work.step() for _ in range(4)] == [True, True, True, False]
    assert link.fabs == 1


def test_another_bundle_is_refused_with_both_digests_and_none_of_it_runs():
    link = Link(content=bundle.bundle() + b"x")
    assert answering(link).step()
    assert f"this department runs the couriers' app {bundle.digest().hex()} alone" in link.replies[0].error.reason
    assert admitted(bundle.bundle()) == bundle.digest()
    with pytest.raises(Foreign):
        admitted(b"")


def test_a_fault_in_the_app_is_a_reason_and_the_node_goes_on():
    def broken(_):
        raise ZeroDivisionError("of the app")

    link = Link()
    link.waiting = 2
    work = Answering(link.line(), lambda _: client_app(lambda _: broken), "/run/s")
    assert [work.step(), work.step()] == [True, True]
    assert link.replies[0].error.reason == "ZeroDivisionError: of the app"


def test_a_refusal_of_the_departments_node_is_a_reason():
    def refusing(_):
        raise NotAuthorized("the authorization was revoked")

    link = Link()
    assert Answering(link.line(), lambda _: client_app(lambda _: refusing), "/run/s").step()
    assert link.replies[0].error.reason == "the authorization was revoked"


def test_a_message_of_a_run_that_is_over_is_left():
    link = Link(is_over=True)
    assert answering(link).step()
    assert link.replies == []


def test_a_reply_whose_part_is_refused_is_sent_once_more(caplog):
    """Two departments that reply the same share parts, which are gone when both were read."""
    link = Link(refusals=1)
    assert answering(link).step()
    first, second = link.replies
    assert first is second
    assert set(link.pushed) == set(get_all_nested_objects(second))
    assert "the reply is sent again" in caplog.text


def test_a_reply_that_is_refused_again_costs_itself_alone(monkeypatch, caplog):
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # one part after the other: as many refusals as sendings
    link = Link(refusals=2)
    link.waiting = 2
    work = answering(link)
    assert [work.step(), work.step(), work.step()] == [True, True, False]
    assert f"run {RUN}: a message is left without a reply" in caplog.text
    assert len(link.replies) == 3
    assert set(link.pushed) == set(get_all_nested_objects(link.replies[-1]))


def test_a_message_whose_parts_are_gone_costs_itself_alone(caplog):
    link = Link()
    link.waiting, kept, link.objects = 2, link.objects, {}
    work = answering(link)
    assert work.step()
    assert link.replies == []
    assert "a message is left without a reply" in caplog.text
    link.objects = kept
    assert work.step()
    assert unwrap(link.replies[0]) == b"masked" + bundle.digest()[:1]


def test_a_connection_that_ends_is_a_fault_and_no_quiet_end(monkeypatch, tmp_path):
    """Flower's connection swallows what goes wrong inside it."""

    @contextmanager
    def swallowing(*_):
        try:
            line = Link().line()
            yield (line.node, broken, *(getattr(line, name) for name in Line.__slots__[2:]))
        except RuntimeError:
            return

    def broken():
        raise RuntimeError("no SuperNode of this link")

    certificate = tmp_path / "tls.crt"
    certificate.write_text("of the link")
    monkeypatch.setattr(node, "http_request_response", swallowing)
    monkeypatch.setattr(node, "fingerprint", lambda _: b"")
    monkeypatch.setattr(node, "public_pem", lambda _: b"")
    key = SimpleNamespace(public_key=lambda: None)
    serving = node.serve("link:1", certificate, key, lambda _: None, Path("/run/s"), Pace())
    assert next(serving) == NODE
    with pytest.raises(BackendError, match="link:1 serves this node no more"):
        next(serving)
