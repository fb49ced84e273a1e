"""What the index knows in the forms that others read: PROV-JSON, OpenLineage, DCAT, ODRL, CSV, a printable report."""
