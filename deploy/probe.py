"""What a visitor who has not signed in receives: `python deploy/probe.py https://optimedia.example.org [PAGE…]`.

Opens the pages as a browser does, over the websocket and without a cookie, and prints every word that comes back.
Exit code 0 when each page only asks to sign in or refuses, 1 when anything else is shown, 2 when nothing answers.
The address of a server whose certificate is signed by a private authority needs `SSL_CERT_FILE`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.typing import Subprotocol

PAGES = ("", "synthese", "points_chauds", "carte", "tendances", "quartiers", "dispositif", "couts_evites")
PAGES += ("comite", "qualite", "journal", "methodes")
DOOR = "Accès au tableau de bord"
# What stands around the page that refuses: the pages' own style and script, which hold nothing of the data.
AROUND = ("<style>", "<script>")
WAIT_S = 60


def received(url: str, page: str, query: str = "") -> list[ForwardMsg]:
    """Every message of one run of a page, for a visitor without a cookie."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    stream = f"{'wss' if secure else 'ws'}://{parts.netloc}{parts.path.rstrip('/')}/_stcore/stream"
    asked = BackMsg()
    asked.rerun_script.page_name = page
    asked.rerun_script.query_string = query
    found: list[ForwardMsg] = []
    with connect(stream, subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=WAIT_S) as socket:
        socket.send(asked.SerializeToString())
        while True:
            raw = socket.recv(timeout=WAIT_S)
            assert isinstance(raw, bytes), "Streamlit speaks in bytes"
            found.append(ForwardMsg.FromString(raw))
            if found[-1].WhichOneof("type") == "script_finished":
                return found


def shown(messages: list[ForwardMsg]) -> list[str]:
    """The elements of a page, the door apart: none when a visitor is refused."""
    elements = [message.delta.new_element for message in messages if message.WhichOneof("type") == "delta"]
    kinds = [(str(element.WhichOneof("type")), element.html.body) for element in elements if element.WhichOneof("type")]
    is_door = any(DOOR in body for _, body in kinds)
    more = [kind for kind, body in kinds if kind not in ("html", "button")]
    more += ["html" for kind, body in kinds if kind == "html" and not body.startswith(AROUND) and DOOR not in body]
    return sorted(set(more)) or ([] if is_door else ["no refusal"])


def words(message: Message) -> Iterator[str]:
    """Every text in a message, however deep."""
    for field, value in message.ListFields():
        for item in value if isinstance(value, (list, tuple)) or hasattr(value, "append") else [value]:
            if isinstance(item, Message):
                yield from words(item)
            elif isinstance(item, (str, bytes)) and field.name != "metadata":
                yield item if isinstance(item, str) else item.decode("utf-8", "replace")


def main(arguments: list[str]) -> int:
    """Probe every page of a server."""
    if not arguments:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    leaks = False
    for page in arguments[1:] or PAGES:
        try:
            messages = received(arguments[0], page)
        except (OSError, WebSocketException, TimeoutError) as error:
            sys.stderr.write(f"/{page}: no answer ({error})\n")
            return 2
        more = shown(messages)
        leaks |= bool(more)
        sys.stdout.write(f"/{page}: {'SHOWN: ' + ', '.join(more) if more else 'refused'}\n")
        if os.environ.get("PROBE_WORDS"):
            deltas = [message for message in messages if message.WhichOneof("type") == "delta"]
            sys.stdout.write("".join(f"    {text[:200]!r}\n" for message in deltas for text in words(message)))
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
