"""A node's messages: envelopes put to the relay and fetched from it, sorted to running sessions, sealed channels over
them, and the transcripts kept for an opened audit."""
