"""Sharing and authorizing: the catalogue, the workbench with its forms, alerts."""
