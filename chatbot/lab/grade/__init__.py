"""Anyone's client, run through the lab's faults and marked."""
