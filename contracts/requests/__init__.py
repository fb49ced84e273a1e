"""Requests for sharing under the statute: grounds, deadlines, one supplement, answers with reasons."""
