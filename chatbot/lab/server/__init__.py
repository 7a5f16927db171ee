"""The server of the lab: connections, requests, and the replies it was told to give."""
