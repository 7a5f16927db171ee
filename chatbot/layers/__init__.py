"""What stands around a session and has its shape, chatbot.session.Ask: one file each, stacked where cli asks."""
