"""PROV documents as statements, from JSON and XML, and whether they are valid by W3C PROV-CONSTRAINTS."""
