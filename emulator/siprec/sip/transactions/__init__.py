"""The four transaction machines of SIP (RFC 3261 section 17, RFC 6026), sans-IO.

::

    timers.py         how long each timer runs
    table.py          the values of which each machine's table is made
    transaction.py    what runs a table: begin, receive, answer, tick, break
    invite_client.py  client.py  invite_server.py  server.py     the tables, and how each machine begins
    matching.py       which transaction a message belongs to
    replying.py       answers, ACK of a failure and CANCEL, made from the request that they belong to
"""
