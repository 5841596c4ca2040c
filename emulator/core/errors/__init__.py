"""The one exception tree of the emulator; each error carries its facts, and the HTTP status it answers.

::

    EmulatorError
    ├── ApiError                 answers a request with Telnyx's error document
    │   ├── Unauthenticated      401  10009
    │   ├── UnknownRoute         404  10005, meta names what is not covered
    │   ├── MethodNotAllowed     405  10030
    │   ├── Malformed            400  10015, 10023 or 10028
    │   ├── UnsupportedMedia     415  10014
    │   ├── BodyTooLarge         413  10015
    │   ├── Invalid              422  one item a violation
    │   ├── UnknownCall          422  90015
    │   ├── CallEnded            422  90018
    │   ├── CallNotAnswered      422  90034
    │   ├── AnswerOfOutbound     422  90102
    │   ├── InvalidConnection    422  10015, a connection_id that names none
    │   ├── CommandRefused       422  10027, strict realism: it would change nothing
    │   ├── UnknownConnector     422  10005, a start that names a connector which does not exist
    │   ├── RecordingRefused     422  10027, strict realism: already running, or none to stop
    │   ├── UnknownScenario      422  10005, the emulator's own
    │   ├── WrongScenario        422  10027, the emulator's own: it plays something else
    │   ├── ConnectorNotFound    404  404 (int)
    │   ├── ConnectorInvalid     422  422 (int)
    │   ├── TexmlNotFound        404  detail alone
    │   ├── DeliveryNotFound     404  10005, a webhook delivery that is not in the journal
    │   ├── FallbackFailed       502  10007, the server behind the emulator did not answer
    │   ├── FallbackTimedOut     504  10008, not in time
    │   ├── FallbackLoop         502  10007, it led back here
    │   ├── LimitReached         503  10007, a bound of the emulator itself
    │   ├── Stopping             503  10007, the emulator ends
    │   ├── Fault                500  10007, a fault of the emulator: it is a bug if anybody sees one
    │   └── ControlError         4xx  the control API's own refusals
    ├── LanguageError            a file in one of our languages is wrong: file, line, column, what was meant
    │   ├── ScenarioError
    │   ├── TexmlError           or no XML that is read here
    │   └── ConfigError          a flag or environment variable too
    ├── CertificateUnusable      a certificate or its key can't be read, or don't belong together
    ├── TargetRefused            a webhook target that policy forbids
    ├── SiprecError              a recording session on the wire
    │   ├── Garbled              a peer sent what can't be read
    │   │   ├── GarbledSip
    │   │   ├── GarbledSdp
    │   │   ├── GarbledMultipart
    │   │   ├── GarbledMetadata
    │   │   └── GarbledMedia
    │   ├── Unwritable           a value that would say something else on the wire
    │   ├── Unreachable          a peer that can't be found or connected to
    │   ├── SoundUnusable        a WAV file that can't be played
    │   └── SrtpMissing          secure media, and pylibsrtp is not installed
    └── ClientError              what a program that drives an emulator meets
        ├── ControlUnreachable   nothing answers at that URL
        ├── ControlRefused       the control API answered with an error, or with something else than its own
        └── Unanswered           a question's answer is no; it tells what came near
            ├── NotVerified      409: not as many match as should
            └── WaitTimeout      408: it did not come in time

Texts and codes: Telnyx's error catalogue and OpenAPI examples. Must not render: ``documents.py`` does.
"""

from __future__ import annotations

from emulator.core.errors.base import ERRORS_URL, ApiError, EmulatorError, ErrorItem
from emulator.core.errors.control import (
    ClientError,
    ControlError,
    ControlRefused,
    ControlUnreachable,
    NotVerified,
    Unanswered,
    WaitTimeout,
)
from emulator.core.errors.fallback import FallbackFailed, FallbackLoop, FallbackTimedOut
from emulator.core.errors.files import (
    CertificateUnusable,
    ConfigError,
    LanguageError,
    Problem,
    ScenarioError,
    TargetRefused,
    TexmlError,
)
from emulator.core.errors.siprec import (
    Garbled,
    GarbledMedia,
    GarbledMetadata,
    GarbledMultipart,
    GarbledSdp,
    GarbledSip,
    SiprecError,
    SoundUnusable,
    SrtpMissing,
    Unreachable,
    Unwritable,
)
from emulator.core.errors.telnyx import (
    AnswerOfOutbound,
    BodyTooLarge,
    CallEnded,
    CallNotAnswered,
    CommandRefused,
    ConnectorInvalid,
    ConnectorNotFound,
    DeliveryNotFound,
    Fault,
    Invalid,
    InvalidConnection,
    LimitReached,
    Malformed,
    MethodNotAllowed,
    RecordingRefused,
    Stopping,
    TexmlNotFound,
    Unauthenticated,
    UnknownCall,
    UnknownConnector,
    UnknownRoute,
    UnknownScenario,
    UnsupportedMedia,
    WrongScenario,
)

__all__ = [
    "ERRORS_URL",
    "AnswerOfOutbound",
    "ApiError",
    "BodyTooLarge",
    "CallEnded",
    "CallNotAnswered",
    "CertificateUnusable",
    "ClientError",
    "CommandRefused",
    "ConfigError",
    "ConnectorInvalid",
    "ConnectorNotFound",
    "ControlError",
    "ControlRefused",
    "ControlUnreachable",
    "DeliveryNotFound",
    "EmulatorError",
    "ErrorItem",
    "FallbackFailed",
    "FallbackLoop",
    "FallbackTimedOut",
    "Fault",
    "Garbled",
    "GarbledMedia",
    "GarbledMetadata",
    "GarbledMultipart",
    "GarbledSdp",
    "GarbledSip",
    "Invalid",
    "InvalidConnection",
    "LanguageError",
    "LimitReached",
    "Malformed",
    "MethodNotAllowed",
    "NotVerified",
    "Problem",
    "RecordingRefused",
    "ScenarioError",
    "SiprecError",
    "SoundUnusable",
    "SrtpMissing",
    "Stopping",
    "TargetRefused",
    "TexmlError",
    "TexmlNotFound",
    "Unanswered",
    "Unauthenticated",
    "UnknownCall",
    "UnknownConnector",
    "UnknownRoute",
    "UnknownScenario",
    "Unreachable",
    "UnsupportedMedia",
    "Unwritable",
    "WaitTimeout",
    "WrongScenario",
]
