"""Commands of the catalogue and of authorizations: assets entered, their use asked for, granted, suspended and ended,
and the grades up to which a department may receive."""
