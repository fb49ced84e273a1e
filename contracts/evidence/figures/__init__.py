"""Released figures and models, added up again: from what the owners sent and signed, against what they had committed
to before anything left them. What was asked is read in ``contracts.evidence.questions``."""
