"""What the private server is made of: PostgreSQL's programs, and its folders and files."""
