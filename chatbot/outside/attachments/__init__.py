"""Files that go with a question: found on this machine or at an address, and the text of PDF documents."""
