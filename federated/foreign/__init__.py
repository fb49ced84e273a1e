"""Flower apps that others wrote: allowed by digest, run in a cell without network or files, judged by their outputs."""
