"""The files of an edge relay: the worker, which is the same everywhere, and what each platform wants beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from chatbot.records import NamedTuple

Platform = Literal["cloudflare", "deno"]

# Since when its requests have a signal that tells that the client left (Cloudflare's changelog of 2025-05-22).
_COMPATIBLE_SINCE = "2025-06-01"
_TRY = """
curl -N {address}/v1/chat/completions -H "Authorization: Bearer $RELAY_TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d '{{"model": "{model}", "stream": true, "messages": [{{"role": "user", "content": "Hello"}}]}}'
OPENAI_API_KEY=$RELAY_TOKEN chat --provider openai --base-url {address}/v1 -m {model} "Hello"
"""
_CLOUDFLARE = """npm install -g wrangler
openssl rand -hex 24                  # a token: who has it may ask; keep it
wrangler secret put RELAY_TOKEN       # asks for it
wrangler secret put PROVIDER_KEY      # {key}
wrangler deploy                       # tells the address
```
"""
_DENO = """openssl rand -hex 24                  # a token: who has it may ask; keep it
export RELAY_TOKEN=... PROVIDER_KEY=...   # PROVIDER_KEY is {key}
deno task start                       # here, at http://localhost:8000
```

On Deno Deploy, make an app of this folder with main.js as its entry point, and RELAY_TOKEN and PROVIDER_KEY as secrets.
"""


class Relay(NamedTuple):
    """What a relay is in front of, and what it allows. `key` says in words which key it needs."""

    upstream: str
    models: tuple[str, ...]
    max_tokens: int
    max_body_bytes: int
    tokens_field: str
    key_header: str
    key: str
    title: str

    @property
    def variables(self) -> dict[str, str]:
        """The settings of the worker that are no secrets."""
        return {
            "UPSTREAM": self.upstream,
            "MODELS": ",".join(self.models),
            "MAX_TOKENS": str(self.max_tokens),
            "MAX_BODY_BYTES": str(self.max_body_bytes),
            "TOKENS_FIELD": self.tokens_field,
            "KEY_HEADER": self.key_header,
            "ALLOW_ORIGINS": "",
        }


def relay_files(platform: Platform, relay: Relay) -> dict[str, str]:
    """The text of each file by its name."""
    worker = Path(__file__).with_name("worker.js").read_text(encoding="utf-8")
    own = _cloudflare(relay) if platform == "cloudflare" else _deno(relay)
    return {"worker.js": worker, **own, "README.md": _readme(platform, relay)}


def _cloudflare(relay: Relay) -> dict[str, str]:
    variables = "".join(f"{name} = {json.dumps(value)}\n" for name, value in relay.variables.items())
    settings = (
        f'name = "chat-relay"\nmain = "worker.js"\ncompatibility_date = "{_COMPATIBLE_SINCE}"\n'
        "# With it a client who leaves ends the request to the provider.\n"
        'compatibility_flags = ["enable_request_signal"]\n\n'
        "# The secrets are not here: wrangler secret put RELAY_TOKEN, wrangler secret put PROVIDER_KEY\n"
        f"[vars]\n{variables}"
    )
    return {"wrangler.toml": settings, ".gitignore": ".dev.vars\n.wrangler/\nnode_modules/\n"}


def _deno(relay: Relay) -> dict[str, str]:
    variables = "".join(f"  {name}: {json.dumps(value)},\n" for name, value in relay.variables.items())
    main = (
        'import { relay } from "./worker.js";\n\n'
        f"// The secrets are not here, but in the environment: RELAY_TOKEN and PROVIDER_KEY.\nconst settings = {{\n"
        f"{variables}}};\n\n"
        'const secrets = ["RELAY_TOKEN", "PROVIDER_KEY"].map((name) => [name, Deno.env.get(name)]);\n'
        "const env = { ...settings, ...Object.fromEntries(secrets) };\n\n"
        "Deno.serve((request) => relay(request, env));\n"
    )
    host = relay.upstream.split("/")[2]
    allowed = f"--allow-net=0.0.0.0:8000,{host} --allow-env=RELAY_TOKEN,PROVIDER_KEY"
    tasks = {"tasks": {"start": f"deno run {allowed} main.js"}}
    return {"main.js": main, "deno.json": json.dumps(tasks, indent=2) + "\n", ".gitignore": ".env\n"}


def _readme(platform: Platform, relay: Relay) -> str:
    steps = (_CLOUDFLARE if platform == "cloudflare" else _DENO).format(key=relay.key)
    settings = "`wrangler.toml`" if platform == "cloudflare" else "`main.js`"
    address = "https://chat-relay.NAME.workers.dev" if platform == "cloudflare" else "http://localhost:8000"
    tried = _TRY.format(address=address, model=relay.models[0]).strip()
    return f"""# A relay for {relay.title}

Who has the token may ask {", ".join(relay.models)} here, in the words of OpenAI's API.
The key of {relay.title} stays with the platform. Answers stream through unbuffered, and a client who leaves ends the
request. An answer has at most {relay.max_tokens} tokens, a request {relay.max_body_bytes} bytes: {settings} says so.
Web pages may ask only if ALLOW_ORIGINS names them there.

## Set up

```
{steps.strip()}

## Try

```
{tried}
```

There are `POST /v1/chat/completions` and `GET /v1/models`. Statuses, `Retry-After` and request ids are the provider's;
401 is about the token, 502 about the provider or its key. A token that became known is replaced as it was set.
"""
