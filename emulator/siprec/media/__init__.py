"""Sound, RTP, RTCP and SRTP (RFC 3550, 3551, 3711)."""
