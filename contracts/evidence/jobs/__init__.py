"""The course of a job as a verifier holds it against the chain: what the parties agreed to and signed, the
authorizations that permitted it from its beginning to its end, what it cost their privacy, and the stream of a
training run's waves."""
