"""What checking and its jobs are made of besides: files of findings, and how far the work is."""
