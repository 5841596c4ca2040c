"""What the control API sets, as methods: scenarios, the queue, faults, the receiver, namespaces.

Owns what users are told of each; a part of ``EmulatorClient``, apart only since the whole is long. Must not know
what a route is asked, which ``calls.py`` does, nor touch a connection: ``wire.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.client import calls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emulator.client.answers import Document
    from emulator.client.wire import Wire


class Setting:
    """The methods that set things; every one raises what ``EmulatorClient`` says."""

    _wire: Wire

    def put_scenario(
        self, scenario: str | Mapping[str, object], name: str, *, namespace: str | None = None
    ) -> Document:
        """Load a scenario, for one namespace or, without any, for all.

        Args:
            scenario: YAML; or the same as values, whose ``version`` and ``name`` may be left out.
            name: Its name.
            namespace: Whose it is.

        Returns:
            The scenario in short, with what it is warned of.
        """
        return self._wire.carry_out(calls.put_scenario(scenario, name, namespace=namespace))

    def validate_scenario(self, text: str, *, file: str | None = None) -> Document:
        """Check a scenario without loading it.

        Args:
            text: YAML.
            file: What its problems call it.

        Returns:
            Whether it is ``valid``, the ``problems``, and where there are none the ``scenario`` in short.
        """
        return self._wire.carry_out(calls.validate_scenario(text, file=file))

    def explain(
        self,
        name: str,
        *,
        call_control_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        namespace: str | None = None,
    ) -> Document:
        """What a ``siprec_start`` would get from a scenario; nothing is run.

        Args:
            name: The scenario's.
            call_control_id: The request's; None: any.
            headers: The request's.
            body: The request's.
            namespace: Who would send it.
        """
        return self._wire.carry_out(
            calls.explain(name, call_control_id=call_control_id, headers=headers, body=body, namespace=namespace)
        )

    def queue(
        self,
        scenario: str | Mapping[str, object],
        *,
        match: Mapping[str, object] | None = None,
        times: int | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Let the next starts play a scenario.

        Args:
            scenario: The name of a loaded one, or one written out as values.
            match: Which starts it is for, as in a scenario; None: any.
            times: How many starts; None: one.
            namespace: Whose starts.

        Returns:
            Its place in the queue.
        """
        return self._wire.carry_out(calls.queue(scenario, match=match, times=times, namespace=namespace))

    def queued(self, namespace: str | None = None) -> list[Document]:
        """The scenarios that wait for their start, first one first."""
        return self._wire.carry_out(calls.queued(namespace))

    def clear_queue(self, namespace: str | None = None) -> None:
        """Let none wait any more."""
        self._wire.carry_out(calls.clear_queue(namespace))

    def faults(self, namespace: str | None = None) -> Document:
        """The faults that are switched on, and how often each has struck."""
        return self._wire.carry_out(calls.faults(namespace))

    def set_faults(self, faults: Mapping[str, object], *, namespace: str | None = None) -> Document:
        """Let things go wrong from now on, in place of what did before.

        Args:
            faults: ``requests`` and ``webhooks``, as in docs/control-api.md.
            namespace: Whose.

        Returns:
            As of ``faults``.
        """
        return self._wire.carry_out(calls.set_faults(faults, namespace=namespace))

    def add_faults(self, faults: Mapping[str, object], *, namespace: str | None = None) -> Document:
        """Let more go wrong from now on, beside what does; arguments and result as of ``set_faults``."""
        return self._wire.carry_out(calls.add_faults(faults, namespace=namespace))

    def clear_faults(self, namespace: str | None = None) -> None:
        """Let nothing go wrong any more."""
        self._wire.carry_out(calls.clear_faults(namespace))

    def reception(self, namespace: str | None = None) -> Document:
        """What the built-in receiver answers, and how often each answer was given."""
        return self._wire.carry_out(calls.reception(namespace))

    def set_reception(
        self, answers: Iterable[Mapping[str, object]] = (), *, namespace: str | None = None
    ) -> Document:
        """Let the built-in receiver answer so from now on, in place of what it did before.

        Args:
            answers: As in docs/control-api.md, such as ``{"status": 503, "count": 2}``; of those that fit a
                webhook the first that is not used up answers it, and 200 does where none is.
            namespace: Whose.

        Returns:
            As of ``reception``.
        """
        return self._wire.carry_out(calls.set_reception(answers, namespace=namespace))

    def add_reception(self, answers: Iterable[Mapping[str, object]], *, namespace: str | None = None) -> Document:
        """Tell the built-in receiver more answers, after those it was told; else as ``set_reception``."""
        return self._wire.carry_out(calls.add_reception(answers, namespace=namespace))

    def namespaces(self, namespace: str | None = None) -> list[Document]:
        """The namespaces in use."""
        return self._wire.carry_out(calls.namespaces(namespace))

    def configure_namespace(self, namespace: str = "self", /, **settings: object) -> Document:
        """Set what a namespace does differently; what is left out goes back to the server's own.

        Args:
            namespace: Its id; ``self`` is the API key's.
            settings: Such as ``webhook_url``, ``realism``, ``seed`` and ``clock``.

        Returns:
            The namespace.
        """
        return self._wire.carry_out(calls.configure_namespace(namespace, settings))

    def forget_namespace(self, namespace: str = "self", /) -> None:
        """Forget a namespace with all that is in it; ``self`` is the API key's."""
        self._wire.carry_out(calls.forget_namespace(namespace))
