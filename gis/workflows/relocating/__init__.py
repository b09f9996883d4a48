"""What relocating events is made of: finding places here or on a cluster, and counting what changes."""
