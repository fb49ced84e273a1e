"""The index: chain events as SQL rows, from blocks that were checked; a way to find things and never their proof."""
