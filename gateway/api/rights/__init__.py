"""Queries of rights by programs: each recorded durably before it is answered, many in one write, over registrars that
stay open between queries."""
