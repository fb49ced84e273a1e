"""Evidence: one file that proves offline how a release came about, and the program that checks it."""
