// Asks a relay what standard input says, as its platform would: {module, env, asked}; prints what came as JSON.
import { pathToFileURL } from "node:url";

let text = "";
for await (const part of process.stdin) text += part;
const { module, env, asked } = JSON.parse(text);
let handler;
globalThis.Deno = { env: { get: (name) => env[name] }, serve: (given) => (handler = given) };
const loaded = await import(pathToFileURL(module));
handler ??= loaded.default.fetch;

async function answer(question) {
  const abort = new AbortController();
  const { method = "POST", path = "/v1/chat/completions", headers = {}, body, raw } = question;
  const init = { method, headers: { authorization: `Bearer ${env.RELAY_TOKEN}`, ...headers }, signal: abort.signal };
  if (raw !== undefined || body) init.body = raw ?? JSON.stringify(body);
  const began = performance.now();
  if (question.leaves_at !== undefined) setTimeout(() => abort.abort(), question.leaves_at);
  const response = await handler(new Request(`https://relay.example${path}`, init), { ...env, ...question.env });
  const came = { status: response.status, headers: Object.fromEntries(response.headers), times: [], text: "" };
  const decoder = new TextDecoder();
  try {
    for await (const part of response.body ?? []) {
      came.times.push(performance.now() - began);
      came.text += decoder.decode(part, { stream: true });
      if (question.leaves_after_first) abort.abort();
    }
  } catch (error) {
    came.broke = error.name;
  }
  return came;
}

const all = [];
for (const question of asked) all.push(await answer(question));
console.log(JSON.stringify(all));
