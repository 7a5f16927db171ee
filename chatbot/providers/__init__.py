"""Who can answer: the services as a table, which of them is meant, with which key. Pure."""
