"""The pages, one module each, by subject; what a page shows is built when it is looked at."""
