"""`chat relay`: a relay at the edge, written into a folder."""
