"""Pages for people, in Chinese and English: a process of its own that reads, shows proofs, and signs nothing."""
