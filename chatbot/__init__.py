"""`chat`: an AI chatbot for the command line, on raw HTTP.

The floor plan; an upper floor sees the lower ones, neighbours do not see each other, nothing looks up:

    cli        argv to one action; builds the pieces and hands them to each other
    terminal   what the person sees and types
    layers     what stands around a session and has its shape
    session    one question: ask, retry, fold; yields typed events
    lab        a loopback provider, offline, with faults on demand
    outside    the world: each function touches it once, without loops or policy
    providers  the wire formats, and the table of services; pure
    options    what a person can choose, each choice declared once; pure
    core       messages, events, errors, server-sent events, retry; pure, imports nothing of ours
"""

__version__ = "0.1.0"
