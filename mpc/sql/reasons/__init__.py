"""Why queries are refused, in two languages, by subject; ``mpc.sql.refusal`` lists them all."""
