"""Joins of one owner's rows with the lists of two and more others, revealed to nobody: rows whose key is on all lists.

The rows pass the owners of the lists one after another. Each knows, under its own blinding, which of them are on its
own list and no more; it puts a fresh encryption of zero in the place of the totals of all others, re-randomises the
rest, and hands everything on in another order. So nothing of the lists is ever laid side by side: no set, and no count,
of keys that two lists have in common exists anywhere. The last lister adds up as in the private join of two.

    holder --lists, rows--> sifter --lists, rows--> lister --masked sums--> holder

Every owner of a list masks the sums, and every owner's own audit decides: nothing opens without each of them. The test
against the minimum is one of all owners, under a key that they hold together.

Sources: blinding by several exponents in turn: Huberman, Franklin, Hogg, EC 1999; Agrawal, Evfimievski, Srikant, SIGMOD
2003; the ring of it for many owners, which shows sizes of intersections to all: Vaidya, Clifton, Journal of Computer
Security 2005. Sums of matched ciphertexts: Ion et al., EuroS&P 2020. Sifting by zeros under encryption is our own
composition of them. A demonstration: unaudited. Trust: semi-honest parties; the holder pools its data with no lister.
"""
