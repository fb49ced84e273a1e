"""A whole run of departments and coordinator as threads of one process: for dry runs, comparisons and benchmarks.

It runs the real secure aggregation on in-memory channels: a wave that scales the columns, waves that improve the model,
one that measures it. Every vector has the same number of places. It is NOT a way to train on real departments' rows,
since one process sees them all; the coordinator's messages are not signed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from federated.aggregation import keys
from federated.aggregation.client import Client
from federated.aggregation.server import Server, Sum
from federated.aggregation.vector import Floats, Layout
from federated.horizontal import coordinator
from federated.horizontal.coordinator import Report
from federated.horizontal.site import Scale, Site
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Intercept, Network, deliver
from mpc.sessions.rehearsal import sessions
from mpc.sessions.session import SignedChannel
from mpc.stream import Randomness

PROTOCOL, COORDINATOR, MODEL = "federated-sums-v1", "coordinator", "model"
POINT_BITS, BOUND, LEAST = 40, 64.0, 3


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What a run made. lost: the departments that were left out, by wave."""

    weights: Floats
    scale: Scale
    report: Report
    lost: tuple[tuple[str, ...], ...]
    network: Network


def rehearse(sites: Mapping[str, Site], rounds: int, *, seed: int = 0, intercept: Intercept = deliver) -> Trained:
    """Train for so many rounds; a department that fails ends, the coordinator goes on with the others.

    Raises:
        TrustError: what ended the coordinator's run.
    """
    parties = tuple(sorted(sites))
    first = sites[parties[0]]
    quality = len(
        first.quality(first.shape.first(seed), Scale(np.zeros(len(first.bounds)), np.ones(len(first.bounds))))
    )
    places = max(1 + 2 * len(first.bounds), 1 + first.shape.places, quality)
    layout = Layout(places, BOUND, POINT_BITS, len(parties))
    own = sessions(parties, COORDINATOR, PROTOCOL, {"rounds": str(rounds)})

    def department(party: str, site: Site) -> Callable[[Channel], Trained | None]:
        def program(channel: Channel) -> None:
            mail, random = SignedChannel(own[party], channel, keys.LABEL), Randomness(party.encode().ljust(32))
            client = Client(mail, layout, LEAST, keys.agree(mail, random), random)
            for wave in range(1, rounds + 3):
                body = channel.receive(COORDINATOR, f"{MODEL}/{wave}", limit=8 * places * 3)
                client.contribute(wave, _padded(_vector(site, wave, rounds, body, seed), places))

        return program

    def coordinate(channel: Channel) -> Trained:
        server = Server(SignedChannel(own[COORDINATOR], channel, keys.LABEL), layout, LEAST)
        weights, lost = first.shape.first(seed), list[tuple[str, ...]]()

        def summed(wave: int, body: bytes) -> Floats:
            channel.send_all(f"{MODEL}/{wave}", dict.fromkeys(parties, body))
            found: Sum = server.add_up(wave)
            lost.append(found.lost)
            return found.values

        columns = len(first.bounds)
        scale = coordinator.scale(summed(1, b"")[: 1 + 2 * columns], first.bounds)
        for wave in range(2, rounds + 2):
            weights = coordinator.averaged(summed(wave, _encoded(weights, scale))[: 1 + len(weights)])
        total = summed(rounds + 2, _encoded(weights, scale))[:quality]
        report = coordinator.report(first.settings.family, total)
        return Trained(weights, scale, report, tuple(lost), network)

    network = Network((*parties, COORDINATOR), intercept=intercept, timeout_s=120)
    programs = {party: department(party, site) for party, site in sites.items()}
    outcome = network.run({**programs, COORDINATOR: coordinate})[COORDINATOR]
    if isinstance(outcome, Exception):
        raise outcome
    assert outcome is not None
    return outcome


def plain(sites: Mapping[str, Site], rounds: int, *, seed: int = 0) -> tuple[Floats, Scale]:
    """Train on plain sums, without any protocol: what secure aggregation must equal."""
    held = [sites[party] for party in sorted(sites)]
    scale = coordinator.scale(np.sum([site.moments() for site in held], axis=0), held[0].bounds)
    weights = held[0].shape.first(seed)
    for wave in range(2, rounds + 2):
        total = np.sum([site.improved(weights, scale, seed=seed + wave) for site in held], axis=0)
        weights = coordinator.averaged(total)
    return weights, scale


def _vector(site: Site, wave: int, rounds: int, body: bytes, seed: int) -> Floats:
    if wave == 1:
        return site.moments()
    columns = len(site.bounds)
    weights, means, deviations = np.split(np.frombuffer(body, dtype="<f8").astype(np.float64), [-2 * columns, -columns])
    scale = Scale(means, deviations)
    return site.improved(weights, scale, seed + wave) if wave < rounds + 2 else site.quality(weights, scale)


def _encoded(weights: Floats, scale: Scale) -> bytes:
    return np.concatenate((weights, scale.means, scale.deviations)).astype("<f8").tobytes()


def _padded(vector: Floats, places: int) -> Floats:
    return np.concatenate((vector, np.zeros(places - len(vector))))
