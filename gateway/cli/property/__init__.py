"""Commands of a property register: import, titles, applications and entries, cases, outages, certificates and
receipts."""
