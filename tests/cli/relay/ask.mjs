// Asks a relay what a line says, as its platform would: {module, env, asked}; prints what came as a line of JSON.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

async function answer(handler, env, question) {
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

for await (const line of createInterface({ input: process.stdin })) {
  const { module, env, asked } = JSON.parse(line);
  let handler;
  globalThis.Deno = { env: { get: (name) => env[name] }, serve: (given) => (handler = given) };
  const loaded = await import(pathToFileURL(module));
  handler ??= loaded.default.fetch;
  const all = [];
  for (const question of asked) all.push(await answer(handler, env, question));
  console.log(JSON.stringify(all));
}
