"""What there is to know of single events, beside the list of them."""
