"""What stands between a request and its route: bounds on bodies and open answers, who asks and with which scopes, keys
for repeated writes, and every refusal in one form."""
