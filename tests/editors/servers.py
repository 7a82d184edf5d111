"""What an editor shows for a storyboard, asked of the servers that editors run.

`make editors` brings the servers from npm into this folder. Both kinds speak
over pipes, so nothing here opens a socket.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

from storyboard.models.folder import schemas_folder

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
SCHEMA = (schemas_folder() / "storyboard.schema.json").as_uri()
CURSOR = "|"


class Editor(Protocol):
    """One editor. `text` holds the cursor where the question is about a position."""

    def complete(self, text: str) -> list[str]:
        """The labels that are offered at the cursor."""

    def hover(self, text: str) -> str:
        """What is shown for the key at the cursor, as Markdown."""

    def problems(self, text: str) -> list[str]:
        """The messages of all problems."""


class Process:
    """A program that is asked over its pipes."""

    def __init__(self, *arguments: str | Path) -> None:
        self._process = subprocess.Popen(
            ["node", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE
        )

    @property
    def pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Its stdin and its stdout."""
        assert self._process.stdin
        assert self._process.stdout
        return self._process.stdin, self._process.stdout

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()


class YamlServer:
    """yaml-language-server, which most editors run for YAML. It speaks LSP, in JSON-RPC.

    Source: "Language Server Protocol Specification 3.17", Base Protocol.
    """

    def __init__(self, process: Process) -> None:
        self._stdin, self._stdout = process.pipes
        self._number = 0
        self._documents = 0
        formats = ["markdown", "plaintext"]
        abilities = {
            "completion": {"completionItem": {"documentationFormat": formats}},
            "hover": {"contentFormat": formats},
        }
        parameters = {"processId": None, "rootUri": None}
        self._ask("initialize", {**parameters, "capabilities": {"textDocument": abilities}})
        self._send({"method": "initialized", "params": {}})

    def complete(self, text: str) -> list[str]:
        """See `Editor`."""
        return [item["label"] for item in self._ask_at("completion", text)["items"]]

    def hover(self, text: str) -> str:
        """See `Editor`."""
        return str(self._ask_at("hover", text)["contents"]["value"])

    def problems(self, text: str) -> list[str]:
        """See `Editor`."""
        uri = self._open(text)
        for message in self._messages():
            if message.get("method") == "textDocument/publishDiagnostics":
                found = message["params"]
                if found["uri"] == uri:
                    return [problem["message"] for problem in found["diagnostics"]]
        raise EOFError

    def _ask_at(self, question: str, text: str) -> Any:
        before = text.partition(CURSOR)[0]
        line = before.count("\n") + 1  # below the line that names the schema
        position = {"line": line, "character": len(before) - before.rfind("\n") - 1}
        document = {"uri": self._open(text.replace(CURSOR, "", 1))}
        return self._ask(
            f"textDocument/{question}", {"textDocument": document, "position": position}
        )

    def _open(self, text: str) -> str:
        self._documents += 1
        uri = f"file:///film{self._documents}.yaml"
        text = f"# yaml-language-server: $schema={SCHEMA}\n{text}"
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return uri

    def _ask(self, method: str, parameters: Any) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        for message in self._messages():
            if message.get("id") == self._number and "method" not in message:
                return message["result"]
        raise EOFError

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._stdin.flush()

    def _messages(self) -> Iterator[dict[str, Any]]:
        """What the server says; a question of its own is answered with nothing."""
        while header := self._stdout.readline():
            size = int(header.partition(b":")[2])
            while self._stdout.readline().strip():
                pass
            message = json.loads(self._stdout.read(size))
            if "id" in message and "method" in message:
                self._send({"id": message["id"], "result": None})
            yield message


class JsonService:
    """VS Code's own service for JSON, which is YAML as well."""

    def __init__(self, process: Process) -> None:
        self._stdin, self._stdout = process.pipes

    def complete(self, text: str) -> list[str]:
        """See `Editor`."""
        found: list[str] = self._ask("complete", text)
        return found

    def hover(self, text: str) -> str:
        """See `Editor`."""
        return str(self._ask("hover", text))

    def problems(self, text: str) -> list[str]:
        """See `Editor`."""
        found: list[str] = self._ask("problems", text)
        return found

    def _ask(self, question: str, text: str) -> Any:
        text = text.replace("{", f'{{"$schema": {json.dumps(SCHEMA)}, ', 1)
        ask = {
            "question": question,
            "text": text.replace(CURSOR, "", 1),
            "offset": max(text.find(CURSOR), 0),
        }
        self._stdin.write(json.dumps(ask).encode() + b"\n")
        self._stdin.flush()
        return json.loads(self._stdout.readline())
