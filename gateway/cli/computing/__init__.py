"""Commands that ask and compute: queries, studies, single jobs, the tables they are about, and what asking costs the
privacy of an asset."""
