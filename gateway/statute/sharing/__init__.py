"""What officers and heads do about data sharing: enter in the catalogue, ask, grant, answer, supply, object, end, and
stop everything at once."""
