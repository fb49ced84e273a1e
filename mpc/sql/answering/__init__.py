"""From the figures that jobs released to the rows of an answer: exact arithmetic, HAVING, ORDER BY, and why a figure
was withheld."""
