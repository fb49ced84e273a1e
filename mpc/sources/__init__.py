"""Tables of a department that lie in a database: read once, read only, into a file that jobs then use.

``address`` says which table or SELECT of which database, ``reading`` streams its rows, ``snapshot`` writes them.
"""
