"""The HTTP under an answer: followed, shown beside it, kept in files, replayed from one."""
