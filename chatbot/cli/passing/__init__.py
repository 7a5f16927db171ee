"""Answers of real servers, passed on to the clients of a server of ours."""
