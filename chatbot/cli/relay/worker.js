// A relay for one provider that speaks OpenAI's Chat Completions: whoever has RELAY_TOKEN may ask the models in MODELS,
// with the provider's key, which stays here. Written by `chat relay`; it is yours to change.
//
// RELAY_TOKEN, PROVIDER_KEY   secrets of the platform, in no file
// UPSTREAM                    the provider's base URL
// MODELS                      the models that may be asked, with commas between them
// MAX_TOKENS                  the longest answer, whatever a request says; TOKENS_FIELD is what the provider calls that
// MAX_BODY_BYTES              the longest request
// KEY_HEADER                  the header that carries the key, with "Bearer " before it if it is authorization
// ALLOW_ORIGINS               web pages that may ask, such as https://example.com; usually none

const SHORTEST_TOKEN = 16;
const MAX_ERROR_CHARS = 65_536;
// Anything else could cost more than these limits say, and is refused by its name.
const FIELDS = new Set(
  ("model messages stream stream_options temperature top_p stop seed max_tokens max_completion_tokens n " +
    "presence_penalty frequency_penalty logit_bias logprobs top_logprobs response_format tools tool_choice " +
    "parallel_tool_calls reasoning_effort user").split(" "),
);
const TOKEN_FIELDS = ["max_tokens", "max_completion_tokens"];
// Of the provider's headers these pass, and the x-ratelimit ones; cookies and the rest stay here.
const PASSED = new Set(["content-type", "retry-after", "retry-after-ms", "x-should-retry", "x-request-id", "request-id"]);

export default { fetch: relay };

class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export async function relay(request, env) {
  const origin = allowedOrigin(request, env);
  let response;
  try {
    response = await answer(request, env, origin);
  } catch (error) {
    if (!(error instanceof Refusal)) console.error("the relay failed:", error?.name);
    response = error instanceof Refusal ? refused(error) : refused(new Refusal(500, "the relay failed"));
  }
  if (origin) {
    response.headers.set("access-control-allow-origin", origin);
    response.headers.append("vary", "Origin");
  }
  return response;
}

async function answer(request, env, origin) {
  const path = new URL(request.url).pathname;
  if (origin && request.method === "OPTIONS") return preflight();
  const method = { "/v1/chat/completions": "POST", "/v1/models": "GET" }[path];
  if (!method) throw new Refusal(404, "the relay has only /v1/chat/completions and /v1/models");
  if (request.method !== method) throw new Refusal(405, `${path} wants ${method}`, { allow: method });
  const settings = read(env);
  await requireToken(request, settings.token);
  if (method === "GET") return modelList(settings);
  return forwarded(request, settings, bounded(await bodyOf(request, settings.maxBodyBytes), settings));
}

function read(env) {
  const missing = ["RELAY_TOKEN", "PROVIDER_KEY", "UPSTREAM", "MODELS"].find((name) => !env[name]?.trim());
  if (missing) throw new Refusal(500, `the relay is not set up: ${missing} is missing`);
  const token = env.RELAY_TOKEN.trim();
  if (token.length < SHORTEST_TOKEN) throw new Refusal(500, "the relay is not set up: RELAY_TOKEN is too short");
  return {
    token,
    key: env.PROVIDER_KEY.trim(),
    keyHeader: env.KEY_HEADER || "authorization",
    upstream: env.UPSTREAM.trim().replace(/\/+$/, ""),
    models: env.MODELS.split(",").map((name) => name.trim()).filter(Boolean),
    tokensField: env.TOKENS_FIELD || "max_tokens",
    maxTokens: positive(env, "MAX_TOKENS"),
    maxBodyBytes: positive(env, "MAX_BODY_BYTES"),
  };
}

function positive(env, name) {
  const number = Number(env[name]);
  if (!Number.isSafeInteger(number) || number < 1) throw new Refusal(500, `the relay is not set up: ${name}`);
  return number;
}

// Hashes of the same length are compared to their end, so that the time tells nothing of the token.
async function requireToken(request, token) {
  const said = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  const [given, right] = await Promise.all([said, token].map(digest));
  let differs = 0;
  right.forEach((byte, at) => (differs |= byte ^ given[at]));
  if (differs) throw new Refusal(401, "the relay wants its token", { "www-authenticate": "Bearer" });
}

async function digest(text) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

async function bodyOf(request, maxBytes) {
  const tooLong = new Refusal(413, `the request has more than ${maxBytes} bytes`);
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLong;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  try {
    for (let reader = request.body?.getReader(), part; reader && !(part = await reader.read()).done; ) {
      bytes += part.value.byteLength;
      if (bytes > maxBytes) {
        await reader.cancel();
        throw tooLong;
      }
      text += decoder.decode(part.value, { stream: true });
    }
    const body = JSON.parse(text + decoder.decode());
    if (body && typeof body === "object" && !Array.isArray(body)) return body;
  } catch (error) {
    if (error instanceof Refusal) throw error;
  }
  throw new Refusal(400, "the request is not a JSON object");
}

function bounded(body, settings) {
  const unknown = Object.keys(body).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) throw new Refusal(400, `the relay does not pass on the field ${unknown.slice(0, 60)}`);
  if (!settings.models.includes(body.model)) {
    throw new Refusal(404, `the relay has no such model; it has: ${settings.models.join(", ")}`);
  }
  if ((body.n ?? 1) !== 1) throw new Refusal(400, "n is 1 here");
  const limits = TOKEN_FIELDS.filter((name) => body[name] !== undefined && body[name] !== null);
  for (const name of limits) {
    if (!Number.isSafeInteger(body[name]) || body[name] < 1) throw new Refusal(400, `${name} wants a whole number`);
  }
  const clamped = Object.fromEntries(limits.map((name) => [name, Math.min(body[name], settings.maxTokens)]));
  return { ...body, ...(limits.length ? clamped : { [settings.tokensField]: settings.maxTokens }) };
}

async function forwarded(request, settings, body) {
  const { key, keyHeader } = settings;
  let upstream;
  try {
    upstream = await fetch(`${settings.upstream}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: body.stream ? "text/event-stream" : "application/json",
        [keyHeader]: keyHeader.toLowerCase() === "authorization" ? `Bearer ${key}` : key,
      },
      body: JSON.stringify(body),
      redirect: "manual", // the key goes to nobody else
      signal: request.signal, // whoever leaves is not answered, nor is that paid
    });
  } catch {
    if (request.signal?.aborted) return new Response(null, { status: 499 });
    throw new Refusal(502, "the provider cannot be reached");
  }
  const headers = passed(upstream.headers, key);
  if (upstream.status === 401 || upstream.status === 403) {
    await upstream.body?.cancel();
    return refused(new Refusal(502, `the provider refused the relay (HTTP ${upstream.status})`, headers));
  }
  if (upstream.status >= 300 && upstream.status < 400) {
    await upstream.body?.cancel();
    return refused(new Refusal(502, "the provider is elsewhere: UPSTREAM leads to a redirect"));
  }
  headers["cache-control"] = "no-store";
  const init = { status: upstream.status, headers };
  if (upstream.ok) return new Response(upstream.body, init); // as it comes: nothing waits here
  return new Response((await beginning(upstream.body)).replaceAll(key, "[hidden]"), init);
}

async function beginning(stream) {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let reader = stream?.getReader(), part; reader && !(part = await reader.read()).done; ) {
      text += decoder.decode(part.value, { stream: true });
      if (text.length > MAX_ERROR_CHARS) await reader.cancel();
    }
  } catch {
    // The status says enough where its words break off.
  }
  return text.slice(0, MAX_ERROR_CHARS);
}

function passed(headers, key) {
  const kept = [...headers].filter(([name, value]) => {
    return (PASSED.has(name) || name.startsWith("x-ratelimit-")) && !value.includes(key);
  });
  return Object.fromEntries(kept);
}

function modelList({ models }) {
  const data = models.map((id) => ({ id, object: "model", created: 0, owned_by: "relay" }));
  return Response.json({ object: "list", data });
}

// An error is one for every client: its status, and JSON in the words of OpenAI; never an event stream.
function refused({ status, message, headers }) {
  const kind = status >= 500 ? "server_error" : "invalid_request_error";
  const error = { message, type: kind, param: null, code: null };
  const { "content-type": _, ...others } = headers;
  return Response.json({ error }, { status, headers: { ...others, "cache-control": "no-store" } });
}

function allowedOrigin(request, env) {
  const origin = request.headers.get("origin");
  const allowed = (env.ALLOW_ORIGINS ?? "").split(",").map((each) => each.trim());
  return origin && allowed.includes(origin) ? origin : "";
}

function preflight() {
  const headers = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type",
    "access-control-max-age": "600",
  };
  return new Response(null, { status: 204, headers });
}
