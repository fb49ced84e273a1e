"""Grades: classification of columns, levels of recipients, and what a grant may cover (grades and personal data)."""
