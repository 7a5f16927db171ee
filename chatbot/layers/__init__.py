"""What stands around a session and has its shape (chatbot.core.ask): each layer is one file, stacked where cli asks."""
