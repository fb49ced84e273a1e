"""The routes, a module a subject; each is a thin edge over functions of the core."""
