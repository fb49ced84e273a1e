"""Whether this node may do what a job asks, decided by itself: the proven record, grades and terms, limits of the
owner's declaration, how often it was asked, and the last word before anything is opened."""
