"""The pages, one module each; ``serving`` lists them."""
