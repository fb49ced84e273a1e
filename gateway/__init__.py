"""Everything a person or program outside touches: the command line and the composition of the layers below."""
