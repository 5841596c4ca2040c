"""Names that readers and writers of recording metadata share.

Owns namespaces and media types. Must hold nothing else.
"""

from __future__ import annotations

NAMESPACE = "urn:ietf:params:xml:ns:recording:1"
"""RFC 7865 section 5.1.1."""

EXTENSION_NAMESPACE = "urn:telnyx-siprec-emulator:extension-parameters:1"
"""Of ``ExtensionParameters``, which RFC 7865's schema takes in another namespace alone. Which one Telnyx writes is
not published, so that a reader should go by the element's name."""

MEDIA_TYPE = "application/rs-metadata+xml"
"""RFC 7866 section 9.1."""

REQUEST_MEDIA_TYPE = "application/rs-metadata-request"
"""RFC 7866 section 9.2."""

DISPOSITION = "recording-session"
"""RFC 7866 section 9.1."""
