"""The pieces of the program for people who write their own: `from chatbot import ...`. One class a file."""
