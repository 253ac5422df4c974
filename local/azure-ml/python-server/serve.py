"""Serves a scoring script with init() and run() over HTTP, as the inference server of Azure ML does.

Started as `python serve.py SCRIPT`; listens on 127.0.0.1 at PORT. GET / tells that it is alive, POST /score gives the
body as text to run() and answers with what it returns, as JSON. Standard library only.
"""

import importlib.util
import json
import os
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def load(script):
    path = os.path.abspath(script)
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location("scoring_script", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["scoring_script"] = module
    spec.loader.exec_module(module)
    for name in ("init", "run"):
        if not callable(getattr(module, name, None)):
            sys.exit(f"{script} has no function {name}().")
    module.init()
    return module


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    module = None
    ready = os.environ.get("WHENCE_READINESS_PATH", "/")
    scoring = os.environ.get("WHENCE_SCORING_PATH", "/score")

    def do_GET(self):
        if self.path.split("?")[0] in (self.ready, "/"):
            self.answer(200, "Healthy")
        else:
            self.answer(404, {"message": "Only / and the scoring path are there."})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path.split("?")[0] != self.scoring:
            return self.answer(404, {"message": f"POST {self.scoring} scores."})
        try:
            result = json.dumps(self.module.run(body.decode("utf-8")))
        except Exception as error:
            traceback.print_exc()
            return self.answer(500, {"message": f"{type(error).__name__}: {error}"})
        self.answer(200, result, "application/json")

    def answer(self, status, body, kind=None):
        text = body if isinstance(body, str) else json.dumps(body)
        data = text.encode("utf-8")
        self.send_response(status)
        self.send_header("content-type", kind or ("text/plain" if isinstance(body, str) else "application/json"))
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, form, *args):
        print(form % args, flush=True)


if __name__ == "__main__":
    Handler.module = load(sys.argv[1])
    print("listening", flush=True)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
