"""Conversations as they are kept: turns and their JSON form, how one is gone on with, how words are found in it."""
