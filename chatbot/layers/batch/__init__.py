"""Rows asked one after the other, several at a time, at the pace that the service allows."""
