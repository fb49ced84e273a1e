"""How good, how even and how tight a joint model is: figures from sums alone, and a card that says them."""
