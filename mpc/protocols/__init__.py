"""The protocols: messages between owners that end in shares, the private gate on the shares, the opening."""
