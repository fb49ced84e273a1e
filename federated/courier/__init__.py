"""How a courier hands messages of a training run to a node: documents, client, server. Start at ``client``."""
