"""How a report looks, and its one script."""

STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
pre { padding: .5rem .7rem; border: 1px solid #8886; border-radius: 4px; overflow: auto; max-height: 24rem;
  min-height: 1.4em; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.4 ui-monospace, monospace; }
h1, h2, h3 { line-height: 1.2; margin: 1.2em 0 .4em; } h3 { font-size: 1em; }
.waterfall p { margin: .6em 0 .1em; font-weight: bold; }
.waterfall div { display: grid; grid-template-columns: 7rem 5rem 1fr; }
.waterfall b { font-weight: normal; } .waterfall span { text-align: right; padding-right: .8rem; }
.waterfall i { display: block; min-width: 2px; height: .7em; margin-top: .35em; background: #2a7de1; }
.waterfall .pause { background: #8888; }
.player svg { display: block; width: 100%; height: 14px; } .player path { stroke: #2a7de1; stroke-width: 1.5; }
.player input { width: 100%; margin: 0; }
"""

# What is shown is set as text, never as markup. `#2@350` in the address is the second stream at 350 ms.
SCRIPT = """
"use strict";
const streams = JSON.parse(document.getElementById("data").textContent);
const shows = streams.map((chunks, number) => {
  const player = document.getElementById("player" + number);
  if (!player) return () => {};
  const slider = player.querySelector("input"), output = player.querySelector("output");
  const [bytes, events, reasoning, text] = player.querySelectorAll("pre");
  const [back, forward, play] = player.querySelectorAll("button");
  const sofar = (name, last) => chunks.slice(0, last + 1).map(chunk => chunk[name] ?? "").join("");
  const placeAt = ms => chunks.findLastIndex(chunk => chunk.ms <= ms);
  let place = -1;
  const step = to => {
    place = Math.max(-1, Math.min(chunks.length - 1, to));
    const chunk = chunks[place];
    output.textContent = chunk
      ? `chunk ${place + 1} of ${chunks.length}, at ${chunk.at}, ${chunk.bytes} bytes` : "before the first chunk";
    bytes.textContent = chunk?.raw ?? "";
    events.textContent = chunk?.events ?? "";
    reasoning.textContent = sofar("reasoning", place);
    text.textContent = sofar("text", place);
  };
  const show = ms => { slider.value = ms; step(placeAt(ms)); };
  const jump = to => { step(to); slider.value = place < 0 ? 0 : chunks[place].ms; };
  slider.addEventListener("input", () => {
    step(placeAt(slider.valueAsNumber));
    try { history.replaceState(null, "", `#${number + 1}@${Math.round(slider.valueAsNumber)}`); } catch {}
  });
  back.addEventListener("click", () => jump(place - 1));
  forward.addEventListener("click", () => jump(place + 1));
  let playing = 0;
  play.addEventListener("click", () => {
    cancelAnimationFrame(playing);
    const began = performance.now(), end = Number(slider.max);
    const frame = now => {
      const ms = Math.min(end, now - began);
      if (placeAt(ms) !== place) step(placeAt(ms));
      slider.value = ms;
      if (ms < end) playing = requestAnimationFrame(frame);
    };
    playing = requestAnimationFrame(frame);
  });
  jump(chunks.length - 1);
  return show;
});
const fromAddress = () => {
  const [, number, ms] = /^#(\\d+)@(\\d+)$/.exec(location.hash) ?? [];
  if (number) shows[number - 1]?.(Number(ms));
};
addEventListener("hashchange", fromAddress);
fromAddress();
"""
