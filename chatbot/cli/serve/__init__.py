"""`chat serve`: any provider behind an address that is compatible with OpenAI."""
