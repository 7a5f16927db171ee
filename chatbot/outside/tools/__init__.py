"""Tools at work: programs and functions in processes of their own, and the files below one folder."""
