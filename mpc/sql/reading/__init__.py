"""From SQL text to a ``Query``, strictly: FROM and JOIN, WHERE, expressions of the result, and whose column a name
means. What cannot be read is refused with its reason; nothing in the text is passed over."""
