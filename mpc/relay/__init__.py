"""The relay: stores and forwards envelopes between nodes that only dial out. It sees sizes, times and mailboxes."""

__all__: tuple[str, ...] = ()
