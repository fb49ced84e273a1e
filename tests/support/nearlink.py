"""A SuperLink's Control API, in this process: nodes that are registered, runs that are listed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from federated.flower.control import NodeState, RunState


@dataclass
class NearLink:
    """A SuperLink's Control API, in this process."""

    known: dict[int, NodeState] = field(default_factory=dict)
    listed: list[RunState] = field(default_factory=list)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def nodes(self):
        return list(self.known.values())

    def register(self, key, name):
        for node in self.known.values():
            if node.key == key:
                return node.node
        number = 100 + len(self.known)
        self.known[number] = NodeState(number, name, "registered", key)
        return number

    def unregister(self, node):
        del self.known[node]

    def runs(self):
        return list(reversed(self.listed))

    def run(self, number):
        return self.listed[number - 1]

    def start(self, bundle, settings):
        self.listed.append(RunState(len(self.listed) + 1, "running", "", "", "", settings, 0, 0))
        return len(self.listed)

    def stop(self, number):
        if self.listed[number - 1].is_finished:
            return False
        self.end(number, "stopped")
        return True

    def end(self, number, outcome):
        self.listed[number - 1] = replace(self.listed[number - 1], status="finished", outcome=outcome)
