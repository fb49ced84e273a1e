"""Aligned rows: two or more owners find the keys that all of them hold, and add up moments over these rows.

    ring      every owner blinds its keys with an exponent of its own and hands the set round; every other raises it too
    matching  the first of the ring lays the sets, raised by all and sorted, side by side: it sees how many points they
              share and cannot tell which of its own keys any of them is
    telling   the named owners, and nobody else, learn which of their keys all hold
    moments   over these rows each owner adds up its own columns; sums of products of columns of two owners are formed
              under additive encryption and end as two shares
    opening   every owner holds the common number against the minimum and asks its own audit; only then do sums and
              shares go to the recipient

Unlike a private join this REVEALS keys to the owners that the specification names, which their authorizations must
allow by an operation of its own (``ALIGN``). The recipient learns figures and no key.

Sources: raising by several exponents in turn: Meadows, IEEE S&P 1986; Huberman, Franklin, Hogg, EC 1999; the ring for
many owners, which shows sizes of intersections: Vaidya and Clifton, Journal of Computer Security 2005. Sums of products
under additive encryption: Goethals et al., ICISC 2004. A demonstration: unaudited. Trust: semi-honest owners; the
recipient pools its data with no owner that is not named.
"""
