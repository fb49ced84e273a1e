"""The gateway's API under /v1: questions to the index and the chain over HTTP, for programs."""
