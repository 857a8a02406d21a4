"""Streamlit's websocket without a browser: what a visitor can send by hand, and everything that comes back."""

from __future__ import annotations

import html
import json
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

TIMEOUT_S = 60
AGAIN = ForwardMsg.FINISHED_EARLY_FOR_RERUN
# The token of a form and the cookie that it must agree with are both the visitor's to send.
TOKEN = "2|00000000|00112233445566778899aabbccddeeff|1700000000"


class Wire:
    """A session with a server, as whoever the cookies say; `refused`: the server would not talk."""

    def __init__(
        self,
        url: str,
        cookies: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        host: str = "",
        origin: str = "",
    ) -> None:
        parts = urlsplit(url)
        named = host or parts.netloc
        held = {"_streamlit_xsrf": TOKEN} | dict(cookies or {})
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in held.items())} | dict(headers or {})
        self.received: list[bytes] = []
        self.refused = False
        self._stack = ExitStack()
        try:
            self._socket = self._stack.enter_context(
                connect(
                    f"ws://{named}/_stcore/stream",
                    sock=socket.create_connection((parts.hostname, parts.port), TIMEOUT_S),
                    origin=Origin(origin or f"http://{named}"),
                    subprotocols=[Subprotocol("streamlit"), Subprotocol(TOKEN)],
                    additional_headers=sent,
                    max_size=None,
                    proxy=None,
                )
            )
        except InvalidStatus:
            self.refused = True

    def run(self, **state: object) -> list[ForwardMsg]:
        """Ask for a run with this ClientState (page_script_hash, page_name, query_string, …); what it answered."""
        self.ask(**state)
        return self.answers()

    def ask(self, **state: object) -> None:
        """Ask for a run that may never begin."""
        message = BackMsg()
        message.rerun_script.SetInParent()
        for name, value in state.items():
            if name == "widgets":
                message.rerun_script.widget_states.widgets.extend(value)  # pyright: ignore[reportArgumentType]
            else:
                setattr(message.rerun_script, name, value)
        self._socket.send(message.SerializeToString())

    def answers(self) -> list[ForwardMsg]:
        """Everything that is received until a run is over, or until the server hangs up."""
        answers = []
        try:
            while True:
                self.received.append(bytes(self._socket.recv(timeout=TIMEOUT_S, decode=False)))
                answers.append(ForwardMsg.FromString(self.received[-1]))
                if answers[-1].WhichOneof("type") == "script_finished" and answers[-1].script_finished != AGAIN:
                    return answers
        except ConnectionClosed:
            return answers

    def close(self) -> None:
        """Hang up."""
        self._stack.close()

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def held(needles: set[str], payloads: list[bytes]) -> set[str]:
    """Which of the words are in what was received: as they are, or as JSON or HTML write them."""

    def written(word: str) -> set[bytes]:
        forms = {word, json.dumps(word)[1:-1], html.escape(word)}
        return {form.encode() for form in forms}

    return {word for word in needles if any(form in payload for form in written(word) for payload in payloads)}
