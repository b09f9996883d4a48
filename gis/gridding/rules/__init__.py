"""Rules as data: which are checked in which layer, with which limits, and how bad a finding is."""
