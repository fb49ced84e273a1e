"""Materials handed in once: registered by one department, relied on by others instead of asking again."""
