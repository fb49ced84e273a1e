"""What jobs asked, for verifiers: every kind of specification restated from its bytes alone, with its cells, its terms
and, where it was asked with noise, how much of it each figure must have had. Nothing here looks at what came out."""
