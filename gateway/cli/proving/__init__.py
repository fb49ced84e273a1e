"""Commands that verify and prove: evidence held against a trust file, a job's record opened to an auditor, records in
streams."""
