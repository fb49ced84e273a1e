"""Credit red and black lists: who may list whom under which provision, objections, repair, and what is in force."""
