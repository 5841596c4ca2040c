"""Messages as peers send them, plain and strange, in the manner of RFC 4475: what parsers are tried with.

Owns the messages alone, and which of them a parser must refuse.
"""

from __future__ import annotations

OFFER = b"\r\n".join(
    [
        b"v=0",
        b"o=FreeSWITCH 1717000000 1717000001 IN IP4 192.0.2.10",
        b"s=Telnyx Media Gateway",
        b"c=IN IP4 192.0.2.10",
        b"t=0 0",
        b"m=audio 20000 RTP/AVP 0 8",
        b"a=rtpmap:0 PCMU/8000",
        b"a=rtpmap:8 PCMA/8000",
        b"a=label:inbound",
        b"a=sendonly",
        b"a=rtcp:20001",
        b"a=ptime:20",
        b"a=maxptime:20",
        b"m=audio 20002 RTP/AVP 0 8 101",
        b"a=rtpmap:0 PCMU/8000",
        b"a=rtpmap:8 PCMA/8000",
        b"a=rtpmap:101 telephone-event/8000",
        b"a=fmtp:101 0-15",
        b"a=label:outbound",
        b"a=sendonly",
        b"a=rtcp:20003 IN IP4 192.0.2.10",
        b"",
    ]
)
ANSWER = OFFER.replace(b"a=sendonly", b"a=recvonly").replace(b"192.0.2.10", b"192.0.2.20")
SECURE = (
    OFFER.replace(b"RTP/AVP", b"RTP/SAVP")
    .replace(b"IN IP4 192.0.2.10", b"IN IP6 2001:db8::10")
    .replace(
        b"a=sendonly",
        b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n"
        b"a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz WSH=64\r\na=sendonly",
    )
)
METADATA = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<recording xmlns="urn:ietf:params:xml:ns:recording:1">'
    b"<datamode>complete</datamode>"
    b'<session session_id="hVpd7YQgRW2nD22h7q60JQ=="><sipSessionID>ab30317f1a784dc48ff824d0d3715d86</sipSessionID>'
    b"<start-time>2024-05-29T12:00:00Z</start-time></session>"
    b'<participant participant_id="srfBElmCRp2QB23b7Mpk0w=="><nameID aor="sip:+15550100@192.0.2.10">'
    b'<name xml:lang="en">+15550100</name></nameID></participant>'
    b'<stream stream_id="UAAMm5GRQKSCMVvLyl4rFw==" session_id="hVpd7YQgRW2nD22h7q60JQ==">'
    b"<label>inbound</label></stream>"
    b'<participantstreamassoc participant_id="srfBElmCRp2QB23b7Mpk0w=="><send>UAAMm5GRQKSCMVvLyl4rFw==</send>'
    b"</participantstreamassoc></recording>"
)


def multipart(*parts: tuple[bytes, bytes], boundary: bytes = b"OSS-unique-boundary-42") -> bytes:
    """A body of these, each its headers and what it holds."""
    joined = b"".join(b"--" + boundary + b"\r\n" + head + b"\r\n\r\n" + held + b"\r\n" for head, held in parts)
    return joined + b"--" + boundary + b"--\r\n"


SIPREC_BODY = multipart(
    (b"Content-Type: application/sdp", OFFER),
    (b"Content-Type: application/rs-metadata+xml\r\nContent-Disposition: recording-session", METADATA),
)


def message(first: str, *lines: str, body: bytes = b"", length: str | None = None) -> bytes:
    """A message of these lines, in UTF-8, with its Content-Length unless another is told."""
    head = "\r\n".join([first, *lines, f"Content-Length: {len(body) if length is None else length}", "", ""])
    return head.encode() + body


DIALOG = (
    "From: <sip:src@192.0.2.10>;tag=35e195d2-947d",
    "To: <sip:srs@192.0.2.20>;tag=27fba61",
    "Call-ID: a84b4c76e66710@192.0.2.10",
)
VIA = "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKnashds8;rport"

VALID: dict[str, bytes] = {
    "siprec invite": message(
        "INVITE sip:srs@recorder.example.com:5060;transport=udp SIP/2.0",
        VIA,
        "Max-Forwards: 70",
        "From: <sip:src@192.0.2.10>;tag=35e195d2-947d",
        "To: <sip:srs@recorder.example.com>",
        "Call-ID: a84b4c76e66710@192.0.2.10",
        "CSeq: 1 INVITE",
        "Contact: <sip:src@192.0.2.10:5060>;+sip.src",
        "Require: siprec",
        "Supported: timer",
        "Session-Expires: 1800;refresher=uac",
        "Min-SE: 90",
        "Accept: application/sdp, application/rs-metadata, application/rs-metadata-request",
        "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE",
        "X-Custom: a, b; c",
        'Content-Type: multipart/mixed;boundary="OSS-unique-boundary-42"',
        body=SIPREC_BODY,
    ),
    "compact, folded, spaced": message(
        "INVITE sip:vivekg@chair.example.com;unknownparam SIP/2.0",
        "TO :",
        " sip:vivekg@chair.example.com ;   tag    = 1918181833n",
        'f: "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
        "  ;",
        "  tag = 98asjd8",
        "MaX-fOrWaRdS: 0068",
        "i: wsinv.ndaksdj@192.0.2.1",
        "cseq: 0009",
        "  INVITE",
        "v: SIP  / 2.0  /UDP",
        "    192.0.2.2;branch=390skdjuw",
        "s :",
        "NewFangledHeader:   newfangled value",
        " continued newfangled value",
        "c: application/sdp",
        "x: 90",
        "Route: <sip:services.example.com;lr;unknownwith=value;unknown-no-value>",
        "v:  SIP  / 2.0  / TCP     spindle.example.com   ;",
        "  branch  =   z9hG4bK9ikj8  ,",
        " SIP  /    2.0   / UDP  192.168.255.111   ; branch=",
        " z9hG4bK30239",
        'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam = newvalue ;',
        "  secondparam ; q = 0.33",
        body=OFFER,
    ),
    "wide range of characters": message(
        "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
        ":&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
        "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
        'To: "BEL:\\\u0007 NUL: DEL:\\\u007f" <sip:1_unusual.URI~@example.com>',
        "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="
        '"\u0440\u0430\u0431\u043e\u0442\u0430";tag=_token~1\'+`*%!-.',
        "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
        "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~",
        "Max-Forwards: 255",
        "extensionHeader-!.%*+_`'~: \ufeff\u5927\u505c\u96fb",
    ),
    "escapes": message(
        "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0",
        "To: sip:%75se%72@example.com",
        'From: "a%00b" <sip:null-%00-null@example.com;unknown%00=%00%00>;tag=938',
        "Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>",
        "Call-ID: esc01.239409asdfakjkn23onasd0-3234",
        "CSeq: 234234 INVITE",
        "Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw",
        "Via: SIP/2.0/TLS [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111",
    ),
    "names without white space": message(
        "OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0",
        "From: caller<sip:caller@example.com>;tag=323",
        'To: "" <sip:user@example.com>',
        "Call-ID: lwsdisp.1234abcd@funky.example.com",
        "CSeq: 60 OPTIONS",
        "Contact: \u00dcn\u00efc\u00f6d\u00e9 <sip:a@[2001:db8::1]:5070;transport=TLS?Subject=a%20b>",
        VIA,
    ),
    "another scheme": message(
        "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0",
        "To: <tel:+12125551212;phone-context=example.com>",
        "From: isbn:2983792873;tag=1",
        "Contact: <name:John_Smith>",
        *DIALOG[2:],
        "CSeq: 2 OPTIONS",
        VIA,
    ),
    "trailing octets": message(
        "BYE sip:srs@192.0.2.20 SIP/2.0", VIA, *DIALOG, "CSeq: 3 BYE", body=b"ab", length="1"
    ),
    "bye with a reason": message(
        "BYE sip:srs@192.0.2.20 SIP/2.0",
        VIA,
        *DIALOG,
        "CSeq: 3 BYE",
        'Reason: Q.850;cause=16;text="Normal, \\"clear\\" ; end"',
        'Authorization: Digest username="bob", realm="a \\"b\\"", nonce="c,d", uri="sip:srs@192.0.2.20", '
        'qop=auth, nc=00000001, cnonce="0a4f113b", response="89eb0059246c02b2f6ee02c7961d5ea3", '
        'algorithm=SHA-256, opaque=""',
    ),
    "snapshot request": message(
        "UPDATE sip:src@192.0.2.10 SIP/2.0",
        VIA,
        *DIALOG,
        "CSeq: 7 UPDATE",
        "Contact: <sip:srs@192.0.2.20>;+sip.srs",
        "Content-Disposition: recording-session ; handling = required",
        "Content-Type: application/rs-metadata-request",
        body=b'<requestsnapshot xmlns="urn:ietf:params:xml:ns:recording:1"/>',
    ),
    "binary part": message(
        "MESSAGE sip:kumiko@example.org SIP/2.0",
        VIA,
        *DIALOG,
        "CSeq: 127 MESSAGE",
        "c: multipart/mixed;boundary=7a9cbec02ceef655",
        body=multipart(
            (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: binary", b"Hello\x00\xff\r\n\r\n--7a9cbec0"),
            (b"Content-Type: application/octet-stream", bytes(range(256))),
            boundary=b"7a9cbec02ceef655",
        ),
    ),
    "answer": message(
        "SIP/2.0 200 OK",
        VIA + "=5060;received=192.0.2.10",
        "Record-Route: <sip:p2.example.com;lr;ftag=1>, <sip:p1.example.com:5061;transport=tcp;lr>",
        *DIALOG,
        "CSeq: 1 INVITE",
        'Contact: "SRS, one" <sip:srs@192.0.2.20:5070;ob>;+sip.srs;+sip.instance="<urn:uuid:0-1>"',
        "Session-Expires: 90;refresher=uas",
        "Content-Type: application/sdp",
        body=ANSWER,
    ),
    "secure answer": message(
        "SIP/2.0 183 ", VIA, *DIALOG, "CSeq: 1 INVITE", "c: application/sdp;charset=utf-8", body=SECURE
    ),
    "challenges": message(
        "SIP/2.0 401 Unauthorized",
        VIA,
        *DIALOG,
        "CSeq: 1 INVITE",
        'WWW-Authenticate: Digest realm="biloxi.com", qop="auth,auth-int", nonce="dcd98b7102dd", opaque="5ccc", '
        "algorithm=MD5, stale=TRUE",
        'WWW-Authenticate: Digest realm="biloxi.com", nonce="dcd98b7102dd", algorithm=SHA-256-sess,qop="auth"',
        'Proxy-Authenticate: Digest realm="p", nonce="n"',
    ),
    "interval too small": message("SIP/2.0 422 Too Small", VIA, *DIALOG, "CSeq: 1 INVITE", "Min-SE: 120;lr"),
    "unavailable": message(
        "SIP/2.0 503 \u0441\u043b\u0443\u0436\u0431\u0430",
        VIA,
        *DIALOG,
        "CSeq: 1 INVITE",
        "Retry-After: 18000 (in a while) ;duration=3600",
        'Warning: 399 srs.example.com "no, not now"',
    ),
    "no reason": message("SIP/2.0 100 ", VIA, *DIALOG, "CSeq: 35 INVITE"),
    "empty lines before": b"\r\n\r\n" + message("ACK sip:a@b SIP/2.0", VIA, *DIALOG, "CSeq: 1 ACK"),
    "latin-1": message("SIP/2.0 486 Besetzt", VIA, *DIALOG, "CSeq: 1 INVITE", "Subject: gr\u00fcn").replace(
        "\u00fc".encode(), b"\xfc"
    ),
}


def _options(*lines: str, first: str = "OPTIONS sip:srs@192.0.2.20 SIP/2.0", length: str | None = None) -> bytes:
    return message(first, VIA, *DIALOG, "CSeq: 1 OPTIONS", *lines, length=length)


INVALID: dict[str, bytes] = {
    "a negative length": _options(length="-999"),
    "a length beyond the datagram": _options(length="9999"),
    "two lengths": _options("l: 0"),
    "two Call-IDs": _options("i: other"),
    "two From": _options("f: <sip:other@h>;tag=1"),
    "white space in the first line": _options(first="OPTIONS  sip:srs@192.0.2.20 SIP/2.0"),
    "white space behind the first line": _options(first="OPTIONS sip:srs@192.0.2.20 SIP/2.0  "),
    "white space within the URI": _options(first="OPTIONS sip:srs@192.0.2.20; lr SIP/2.0"),
    "a URI in brackets": _options(first="OPTIONS <sip:srs@192.0.2.20> SIP/2.0"),
    "another version": _options(first="OPTIONS sip:srs@192.0.2.20 SIP/7.0"),
    "a status too large": _options(first="SIP/2.0 4294967301 better not break the receiver"),
    "a first line that is folded": _options(first="OPTIONS sip:srs@192.0.2.20\r\n SIP/2.0"),
    "a bare LF": _options("Subject: a\nRequire: nothing"),
    "a bare CR": _options("Subject: a\rRequire: nothing"),
    "NUL": _options("Subject: a\0b"),
    "a line without a colon": _options("Subject"),
    "a name that is no token": _options("Sub ject: a"),
    "LF alone throughout": _options().replace(b"\r\n", b"\n"),
    "no end of the headers": _options()[:-2],
    "nothing": b"",
    "empty lines alone": b"\r\n\r\n\r\n\r\n",
    "HTTP": b"GET / HTTP/1.1\r\nHost: srs\r\n\r\n",
}

REFUSED_VALUES: tuple[tuple[str, str], ...] = (
    ("CSeq", "36893488147419103232 REGISTER"),
    ("CSeq", "1 INVITE, 2 INVITE"),
    ("From", "Bell, Alexander <sip:a.g.bell@example.com>;tag=43"),
    ("From", "<sip:user@example.com>;tag=1, <sip:other@example.com>;tag=2"),
    ("To", '"Mr. J. User <sip:j.user@example.com>'),
    ("To", "sip:user@example.com?Route=%3Csip:sip.example.com%3E"),
    ("Contact", "<sip:user@example.com"),
    ("Contact", '"Quoted string \\" <sip:user@example.com>'),
    ("Via", "SIP/2.0/UDP 192.0.2.15;;,;,,"),
    ("Via", "SIP/2.0/UDP"),
    ("Session-Expires", "90;refresher=nobody"),
    ("Content-Type", "multipart"),
    ("WWW-Authenticate", 'Digest realm="a'),
)
