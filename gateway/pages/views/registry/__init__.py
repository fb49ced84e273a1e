"""The register: titles by rights query, and cases of one window."""
