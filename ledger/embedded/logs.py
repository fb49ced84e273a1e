"""Logs as rows of the store's table, and the condition that a query sets to them. Pure, without a database."""

from __future__ import annotations

from ledger.embedded.records import LogEntry, LogQuery


def row_of(entry: LogEntry) -> tuple[object, ...]:
    """Lay a log out as a row."""
    topics = (*entry.topics, None, None, None, None)[:4]
    place = (entry.block_number, entry.index, entry.log_index, entry.block_log_index)
    return (*place, entry.address, *topics, entry.data, entry.transaction_hash)


def condition(query: LogQuery) -> tuple[str, list[object]]:
    """Write the condition of a query; every value is bound, only column names and counts enter the text."""
    clauses, values = ["l.number between ? and ?"], [query.first, query.last]
    bound: list[object] = list(values)
    if query.after is not None:
        clauses.append("(l.number, position, log_index) > (?, ?, ?)")
        bound.extend(query.after)
    columns = [("l.address", query.addresses or None)] + [(f"topic{i}", t) for i, t in enumerate(query.topics)]
    for column, choices in columns:
        if choices is not None:
            clauses.append(f"{column} in ({','.join('?' * len(choices))})")
            bound.extend(sorted(choices))
    return " and ".join(clauses), bound
