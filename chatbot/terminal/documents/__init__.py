"""What was said, as lists and documents: conversations, transcripts, exports."""
