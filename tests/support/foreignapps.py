"""Flower apps as others write them: one that fits a logistic model, and neighbours that misbehave in one place each."""

from __future__ import annotations

from federated.flower.library import build_fab_from_files

_PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "elsewhere"
version = "1.0.0"
description = "A logistic model by gradient descent"
license = "Apache-2.0"
dependencies = []

[tool.flwr.app]
publisher = "university"

[tool.flwr.app.components]
serverapp = "elsewhere.server:app"
clientapp = "elsewhere.client:app"

[tool.flwr.app.config]
steps = 20
rate = 0.5
"""
_SERVER = """
from flwr.serverapp import ServerApp
from flwr.serverapp.strategy import FedAvg

app = ServerApp()


@app.main()
def main(grid, context):
    FedAvg().start(grid=grid, initial_arrays=None, num_rounds=3)
"""
_CLIENT = """
import numpy as np
from flwr.app import Array, ArrayRecord, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

app = ClientApp()


@app.train()
def train(message, context):
    rows = np.loadtxt(context.node_config["data"], delimiter=",", skiprows=1)
    columns, labels = rows[:, :-1], rows[:, -1]
    record = message.content["arrays"]
    slopes, constant = record["coef"].numpy()[0], record["intercept"].numpy()[0]
    for _ in range(int(context.run_config["steps"])):
        wrong = 1 / (1 + np.exp(-(columns @ slopes + constant))) - labels
        slopes = slopes - context.run_config["rate"] * (wrong @ columns) / len(rows)
        constant = constant - context.run_config["rate"] * wrong.mean()
    arrays = {"coef": Array(slopes[None, :]), "intercept": Array(np.array([constant]))}
    MISBEHAVE
    metrics = MetricRecord({"num-examples": len(rows), "first-row": float(rows[0, 0])})
    return Message(RecordDict({"arrays": ArrayRecord(arrays), "metrics": metrics}), reply_to=message)
"""


def app(misbehave: str = "pass", client: str = _CLIENT) -> bytes:
    """Build a bundle whose client does one thing more before it replies."""
    files = {
        "pyproject.toml": _PROJECT.encode(),
        "README.md": b"A logistic model.\n",
        "LICENSE": b"Apache-2.0\n",
        "elsewhere/__init__.py": b"",
        "elsewhere/server.py": _SERVER.encode(),
        "elsewhere/client.py": client.replace("MISBEHAVE", misbehave.replace("\n", "\n    ")).encode(),
    }
    return bytes(build_fab_from_files(files)[0])
