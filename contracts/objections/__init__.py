"""Objections: data reported wrong, verified, corrected and answered in time; what stands under objection."""
