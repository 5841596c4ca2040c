"""A real recording session to the user's SRS: SIP, SDP, rs-metadata and RTP (RFC 7866, 7865).

Owns what is on that wire, and nothing of Telnyx's HTTP. ``sip``, ``sdp``, ``metadata``, ``media`` and the machines
of ``src`` and ``srs`` are sans-IO as the core is; ``net``, the pacer and the ``endpoint`` modules lend a clock
and sockets. Reached from ``emulator.web`` through one module, and from the command line.
"""
