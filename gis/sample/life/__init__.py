"""What happens in the invented district: buildings and households, workers and duties, a year of events."""
