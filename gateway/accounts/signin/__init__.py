"""Signing in: local passwords, an OpenID Connect provider, sessions of browsers, tokens of programs, and the gate that
says who a request comes from."""
