"""The registrar's desk: importing registers that exist, and what a unit's title is."""
