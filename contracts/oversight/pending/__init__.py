"""What waits for whom: the steps that somebody must take, as tables of data by subject, and the agenda that one event
after another makes of them."""
