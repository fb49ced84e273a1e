"""Evidence of a property title: a unit's whole chain, past and living, as of one block."""
