"""The network itself as its operators see it: founding, certificates, services, decisions of Governance, names."""
