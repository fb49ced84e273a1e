"""What is amiss: alerts from the chain's acts alone, with the authorizations and jobs as its events have left them."""
