"""What checking and its jobs are made of besides: files of findings, holes that are meant, progress."""
