"""Couriers deployed as processes: what they carry, whom they refuse, and what a killed SuperLink leaves behind."""

import io
import os
import signal
import subprocess
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event

import pytest
from echofleet import Script, deployed, echo, refusing, until_finished

from federated.courier.server import CourierServer
from federated.flower import bundle
from federated.flower.control import Control, RunState
from federated.flower.credentials import create_key
from federated.flower.programs import Node
from gateway.federated.processes import link_programs, node_programs
from gateway.federated.settling import settle
from gateway.network.supervising import Processes
from ledger.crypto import tls
from ledger.errors import BackendError, NotAuthorized, NotFound

pytestmark = pytest.mark.slow
PARTIES = ("dept-0", "dept-1", "dept-2")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    answering = {"dept-0": echo, "dept-1": echo, "dept-2": refusing}
    with deployed(tmp_path_factory.mktemp("f"), answering) as found:
        yield found


def another_bundle():
    """The couriers' bundle with one more file, hence another digest."""
    content = io.BytesIO(bundle.bundle())
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("shuxincourier/more.py", "")
    return content.getvalue()


def test_waves_are_carried_and_a_refusal_comes_back_with_its_ground(fleet):
    script = Script(PARTIES, [b"one", b"two"])
    found = fleet.run(script)
    assert (found.outcome, found.details) == ("completed", "")
    assert script.replies == [{"dept-0": b"eno", "dept-1": b"eno"}, {"dept-0": b"owt", "dept-1": b"owt"}]
    assert script.missing == [{"dept-2": "authorization: revoked: the authorization was revoked"}] * 2
    assert script.apps == {bundle.digest()}
    with fleet.control() as control:
        said = control.log(found.run)
    assert "dept-2 is missing: authorization: revoked" in said
    assert "run over: done" in said


def test_another_apps_digest_is_refused_by_every_department(fleet):
    script = Script(PARTIES, [b"one"])
    with CourierServer(fleet.office, script), fleet.control() as control:
        found = until_finished(control, control.start(another_bundle(), fleet.settings()))
    assert found.outcome == "completed", found.details
    assert script.replies == [{}]
    assert set(script.missing[0]) == set(PARTIES)
    assert all(f"runs the couriers' app {bundle.digest().hex()} alone" in why for why in script.missing[0].values())


def test_a_node_with_a_key_that_nobody_registered_is_refused(fleet, tmp_path):
    stranger = Node(tmp_path, "stranger", tmp_path / "s", fleet.link.address, fleet.link.certificate)
    stranger.prepare(datetime.now(UTC))
    create_key(stranger.key)
    starting = Processes(node_programs([stranger], tmp_path), print)
    with pytest.raises(BackendError, match="does not admit this node: its key is not registered"):
        starting.__enter__()


def test_a_node_refuses_a_superlink_whose_certificate_has_expired(tmp_path):
    tls.create_identity(tmp_path, "link", now=datetime(2010, 1, 1, tzinfo=UTC))
    node = Node(tmp_path, "tax", tmp_path / "s", "127.0.0.1:9", tmp_path / "tls.crt")
    create_key(node.key)
    done = subprocess.run(node.commands()["node"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "flower: flower link: its certificate is valid from 2009-12-31 to 2020-01-02 only" in done.stderr


def test_nobody_controls_a_superlink_without_its_token(fleet):
    with Control(fleet.link.address, fleet.link.certificate, "guess") as control:
        with pytest.raises(NotAuthorized, match="the token is not its own"):
            control.runs()
        with pytest.raises(NotAuthorized, match="the token is not its own"):
            control.start(bundle.bundle(), fleet.settings())


def test_a_run_that_is_not_known_is_not_found(fleet):
    with fleet.control() as control, pytest.raises(NotFound, match="knows no such run"):
        control.run(7)


def test_a_run_is_stopped_and_says_so(fleet):
    script = Stalling(PARTIES[:2], [b"one", b"two", b"three"])
    with CourierServer(fleet.office, script), fleet.control() as control:
        number = control.start(bundle.bundle(), fleet.settings())
        script.reached.wait(60)
        assert control.stop(number)
        script.go_on.set()
        assert until_finished(control, number).outcome == "stopped"
        assert not control.stop(number)
    assert len(script.replies) < 3


def test_a_killed_superlink_leaves_a_clear_state_and_the_run_goes_on_from_its_wave(fleet):
    script = Stalling(PARTIES[:2], [b"one", b"two", b"three"])
    with CourierServer(fleet.office, script):
        with fleet.control() as control:
            number = control.start(bundle.bundle(), fleet.settings())
            script.reached.wait(60)
            kill(fleet)
            with pytest.raises(BackendError, match="cannot be reached"):
                control.run(number)
        script.go_on.set()
        anew = Processes(link_programs(fleet.link, fleet.link.directory / "again"), print)
        with anew, fleet.control() as control:
            assert settle(control) in ([number], [])  # its ServerApp may have told of its own end
            assert until_finished(control, number).outcome in ("stopped", "failed")
            assert settle(control) == []
            again = until_finished(control, control.start(bundle.bundle(), fleet.settings()))
            assert (again.outcome, again.details) == ("completed", "")
    assert [dict(replies) for replies in script.replies] == [
        {"dept-0": word, "dept-1": word} for word in (b"eno", b"owt", b"eerht")
    ]


def test_a_run_that_tells_of_its_own_end_while_runs_are_settled_is_not_said_to_be_cut_off():
    class Racing:
        """A SuperLink whose second run ends between its list and its stop."""

        def runs(self):
            return [
                RunState(number, status, "", "", "", {}, 0, 0)
                for number, status in ((1, "running"), (2, "running"), (3, "finished"))
            ]

        def stop(self, number):
            return number == 1

    assert settle(Racing()) == [1]


@dataclass
class Stalling(Script):
    """An office that holds what follows the second wave back until it may go on."""

    reached: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)

    def __call__(self, asked, app):
        if len(self.replies) >= 1 and not self.go_on.is_set():
            self.reached.set()
            self.go_on.wait(60)
        return super().__call__(asked, app)


def kill(fleet):
    for program in fleet.link_processes.programs:
        os.kill(program.process.pid, signal.SIGKILL)
        program.process.wait(30)
