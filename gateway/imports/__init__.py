"""Documents of platforms that are there already: read, held against their form, and kept by digest in a stream."""
