"""Three departments train a model through a real SuperLink and real SuperNodes, and in one process: the same model."""

import csv
import io
import threading
from contextlib import ExitStack

import pytest
from echofleet import NearOffice, deployed, until_finished
from trainingtown import BANKS, OFFICE, TrainingTown, asked, holdings

from federated.courier.message import parse_message
from federated.flower import bundle
from federated.flower.local import run_locally
from federated.runs.answering import Answers
from federated.runs.service import FederatedService
from federated.simulation import simulate
from gateway.federated.keeping import begin
from gateway.federated.places import Place

pytestmark = pytest.mark.slow
NAMES = BANKS[:3]


class Trained:
    """A finished job: what the office has, and what its messages' carrying came to."""

    def __init__(self, town, carry):
        spec = town.authorized(asked(NAMES, apps=(bundle.digest(),)))
        self.spec, self.job = spec, town.propose(spec)
        carrying = threading.Thread(target=carry, args=(self.job,), daemon=True)
        carrying.start()
        self.finished = town.run(spec, self.job, places=town.places())
        carrying.join(120)
        assert not carrying.is_alive()
        assert self.finished is not None, "\n".join(town[code].said(self.job) for code in spec.parties)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory):
    home, runs = tmp_path_factory.mktemp("d"), []
    with TrainingTown(home / "town", holdings(NAMES)) as town, ExitStack() as stack:
        fleet = stack.enter_context(deployed(home / "f", dict.fromkeys(NAMES)))
        places = {name: fleet.homes[name].courier for name in NAMES} | {OFFICE: fleet.office}
        for code, path in places.items():
            service = FederatedService(town.trainers[code], path)
            service.start()
            stack.callback(service.stop)

        def carry(job):
            with fleet.control() as control:
                number = begin(control, Place(fleet.link, fleet.nodes), job, str(fleet.office))
                runs.append(until_finished(control, number))
                runs.append(control.log(number))

        yield Trained(town, carry), runs


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    with TrainingTown(tmp_path_factory.mktemp("n"), holdings(NAMES)) as town:

        def near(code):
            answers = Answers(town.trainers[code].board)
            return lambda data: answers(parse_message(data), bundle.digest())

        class Office(NearOffice):
            def __init__(self):
                super().__init__(lambda message, _: near(OFFICE)(message.encode()))

        yield Trained(town, lambda job: run_locally(job, Office(), {name: near(name) for name in NAMES}))


def test_a_model_is_trained_through_superlink_and_supernodes(deployment):
    trained, (run, said) = deployment
    assert (run.outcome, run.details) == ("completed", "")
    assert f"wave {trained.spec.waves}: 3 of 3 replied" in said
    assert "is missing" not in said
    assert trained.finished.release.document["model"] == "logistic"


def test_in_one_process_the_same_seeds_give_the_same_model(deployment, notebook):
    deployed_model, local_model = (found.finished.release.document for found in (deployment[0], notebook))
    assert local_model == deployed_model


def test_simulated_without_nodes_or_chain_the_same_seeds_give_the_same_model(deployment):
    trained, _ = deployment
    tables = {}
    for name, holding in holdings(NAMES).items():
        rows = list(csv.DictReader(io.StringIO(holding.csv)))
        tables[name] = {column: [int(row[column]) for row in rows] for column in rows[0]}
    assert simulate(trained.spec, tables).document == trained.finished.release.document
