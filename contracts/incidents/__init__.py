"""Incidents: network data security incidents, reported within hours, followed up, ended and summed up."""
