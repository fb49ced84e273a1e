"""Figures over rows that owners' engines match by key on shares: nobody learns which rows match, or how many below
the minimum."""
