"""Title certificates at the edge: the registrar issues, revokes and prints; anybody proves how one stands."""
