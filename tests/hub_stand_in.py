"""The model and data hub, stood in for by a server on loopback that gives files of repositories."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Hub(BaseHTTPRequestHandler):
    """Answers what `huggingface_hub.snapshot_download` asks."""

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append(path)
        for repository, files in self.server.repositories.items():
            kind, _, name = repository.partition("/")
            api = f"/api/{repository}/"
            if path.startswith((f"{api}revision/", f"{api}tree/")):
                return self._about(name, files, tree=path.startswith(f"{api}tree/"))
            start = f"/{'' if kind == 'models' else f'{kind}/'}{name}/resolve/"
            if path.startswith(start):
                _, _, file = path.removeprefix(start).partition("/")
                if file in files:
                    return self._reply(
                        200, files[file], {"X-Repo-Commit": COMMIT, "ETag": _etag(files[file])}
                    )
        return self._reply(404, b"{}", {"X-Error-Code": "RepoNotFound", "X-Error-Message": "not found"})

    def do_HEAD(self):
        self.do_GET()

    def _about(self, name, files, *, tree):
        listed = [
            {"type": "file", "path": file, "size": len(data), "oid": _etag(data).strip('"')}
            for file, data in files.items()
        ]
        siblings = [{"rfilename": file} for file in files]
        about = listed if tree else {"id": name, "sha": COMMIT, "siblings": siblings}
        self._reply(200, json.dumps(about).encode(), {"Content-Type": "application/json"})

    def _reply(self, status, data, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *args):
        pass


def _etag(data: bytes) -> str:
    return f'"{hashlib.sha1(data).hexdigest()}"'


@contextmanager
def hub_stand_in(repositories):
    """Serve repositories (``datasets/ORG/NAME`` -> path -> bytes); give the address and what was asked."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    server.repositories, server.asked = repositories, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.asked
    finally:
        server.shutdown()
        server.server_close()
