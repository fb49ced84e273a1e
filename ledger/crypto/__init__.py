"""Keys and signatures: suites behind one interface, keys at rest, a seed's key stream, party certificates, and pure
Python forms of what a verifier must compute without extensions."""
