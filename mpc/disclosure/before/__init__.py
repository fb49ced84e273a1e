"""A new question beside everything that was answered before: would the answers together isolate rows that no threshold
protects? Decided exactly, on boxes over declared attributes, without values."""
