"""The command line: `wangge <noun> <verb>`, one file a noun. Writing commands are a dry run until --apply."""
