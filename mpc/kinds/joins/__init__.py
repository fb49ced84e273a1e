"""Joins as kinds of jobs: bounds, cells, inputs, roles and terms of one owner's rows on others' lists."""
