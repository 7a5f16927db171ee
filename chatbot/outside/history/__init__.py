"""Conversations kept in a SQLite database of the person's own.

    store      History: what the program asks of it
    writing    one turn as it grows
    database   when it is opened, and what becomes of trouble
    opening    the file to an open database, and what may be wrong with it
    place      the folder, the files, and who may touch them
    schema     the tables, and how an older database gets them
    rows       tables to records
    changes    fork, withdraw, delete, import
    search     words to hits

Nothing here is slower for the hundred-thousandth turn than for the first, but `stats`, a whole export, and a search
without FTS5.
"""
