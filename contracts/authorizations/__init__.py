"""Authorizations: who may use which asset, for what, until when, how often."""
