// What happened: the messages of a phone with their receipts, callbacks and requests, and all requests to the API.

import { $, make } from "./elements.js";
import { ask, attempt, clockTime, firstLine, listbox, phoneInWords, renew, since } from "./parts.js";
import { receiptsBy, shownAt } from "./store.js";
import { renderRequestView } from "./request_view.js";

const MOST_REQUESTS = 200;
const BY_HAND = [
  { status: "delivered", code: 1004, level: 2, description: "Message delivered to handset" },
  { status: "message buffered", code: 1003, level: 2, description: "Message accepted by Carrier" },
  { status: "failed", code: 1116, level: 2, description: "Destination not text-enabled" },
  { status: "failed", code: 1150, level: 2, description: "Spam" },
  { status: "failed", code: 1103, level: 2, description: "Source not authorized" },
];

function moodOf(status) {
  if (status === "delivered") return "good";
  return status === "failed" ? "bad" : "plain";
}

function statusOf(message, now) {
  if (message.direction === "inbound" || !message.in_records) return null;
  const last = receiptsBy(message, now).at(-1);
  if (!last) return { words: "accepted", mood: "plain" };
  return { words: last.code ? `${last.status} ${last.code}` : last.status, mood: moodOf(last.status) };
}

const ENCODINGS = { 0: "ASCII", 8: "UCS-2" };
const pill = ({ words, mood }) => make("span", { class: "pill", "data-mood": mood }, words);
const bdi = (text) => make("bdi", {}, text);

// --- messages ----------------------------------------------------------------------------------------------------------

export function createMessageView(store) {
  const list = listbox($("messages"), { onChoose: () => store.changed() });
  let newest = null;

  function fill(option, message) {
    const status = statusOf(message, store.now());
    renew(option, JSON.stringify([message.body, status]), () => [
      make("span", { class: "way" }, message.direction === "inbound" ? "from phone" : "to phone"),
      make("span", { class: "line" }, bdi(firstLine(message))),
      ...(status ? [pill(status)] : []),
      make("time", {}, clockTime(message.sent_at_ms)),
    ]);
  }

  return {
    choose(id) {
      list.choose(id);
      store.changed();
    },
    get chosen() {
      return list.chosen;
    },
    draw(phone) {
      const mine = [...store.messages.values()].filter((message) => message.phone === phone).reverse();
      const latest = mine[0]?.id ?? null;
      const known = mine.some(({ id }) => id === list.chosen);
      // Whoever looks at the newest message goes on looking at the newest one.
      if (!known || (list.chosen === newest && !$("message").contains(document.activeElement))) list.choose(latest);
      newest = latest;
      list.draw(mine, fill);
      $("welcome").hidden = store.connection === "connecting" || store.messages.size > 0;
      $("messages-empty").hidden = phone === null || mine.length > 0 || !$("welcome").hidden;
      drawMessage(store, store.messages.get(list.chosen));
    },
  };
}

function drawMessage(store, message) {
  const place = $("message");
  if (!message) {
    renew(place, "", () => []);
    return;
  }
  if (place.dataset.of !== message.id) {
    place.dataset.of = message.id;
    place.dataset.key = "";
    place.replaceChildren(
      make("div", { class: "card facts" }),
      make("div", { class: "pair" }, make("section", { class: "card", "data-part": "receipts" }), make("section", { class: "card", "data-part": "callbacks" })),
      make("section", { "data-part": "exchange" }),
    );
  }
  const now = store.now();
  const [facts, pair, exchange] = place.children;
  renew(facts, "facts", () => makeFacts(message));
  const done = receiptsBy(message, now).length;
  const arrived = (shownAt(message) ?? Infinity) <= now;
  renew(pair.children[0], JSON.stringify([message.receipts, done, arrived]), () => makeReceipts(message, now));
  renew(pair.children[1], JSON.stringify(message.attempts), () => makeCallbacks(message));
  renew(exchange, `${message.exchange_id}`, () => makeExchange(message));
}

function makeFacts(message) {
  const outbound = message.direction === "outbound";
  const facts = [
    ["From", phoneInWords(outbound ? message.number : message.phone)],
    ["To", phoneInWords(outbound ? message.phone : message.number)],
    ["Kind", message.is_mms ? "MMS" : `SMS, ${message.segments} ${message.segments === 1 ? "part" : "parts"}, ${ENCODINGS[message.encoding] ?? message.encoding}`],
    ...(message.in_records
      ? [["Cost", message.amount_display], ["API and id", `${message.version} · ${message.id}`]]
      : [["Sent by", "the network itself, in no account's records"]]),
  ];
  const rows = facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, bdi(value))));
  const body = make("p", { class: "words", dir: "auto", tabIndex: 0, role: "region", ariaLabel: "Text" }, message.body || "(no text)");
  const media = message.media.map((file) => make("p", { class: "quiet" }, `${file.mime_type}: `, bdi(file.url)));
  return [body, ...media, make("dl", {}, ...rows)];
}

function makeReceipts(message, now) {
  if (message.direction === "inbound") {
    return [make("h3", {}, "Receipts"), make("p", { class: "quiet" }, "A text from a phone gets no receipt.")];
  }
  if (!message.in_records) {
    return [make("h3", {}, "Receipts"), make("p", { class: "quiet" }, "The network's own answer gets no receipt.")];
  }
  const steps = message.receipts.map((receipt) => ({ ...receipt, title: receipt.status, note: receipt.description, mood: moodOf(receipt.status) }));
  steps.push({ at_ms: message.sent_at_ms, title: "accepted by the API", note: "", mood: "plain" });
  if (message.arrives_at_ms !== null) steps.push({ at_ms: message.arrives_at_ms, title: "shown on the phone", note: "", mood: "good" });
  // In the order of time; the API comes first where all is at once.
  const first = (step) => (step.title === "accepted by the API" ? 0 : 1);
  steps.sort((one, other) => one.at_ms - other.at_ms || first(one) - first(other));
  return [make("h3", {}, "Receipts"), make("ol", { class: "timeline" }, ...steps.map((step) => makeStep(step, message, now))), makeByHand(message)];
}

function makeStep(step, message, now) {
  const coming = step.at_ms > now;
  const when = coming ? `at ${clockTime(step.at_ms)}` : since(step.at_ms, message.sent_at_ms);
  const level = step.level ? `level ${step.level}` : "";
  const notes = [step.note, level, coming ? "still to come" : ""].filter(Boolean).join(" · ");
  const title = make("strong", {}, bdi(step.title), step.code ? ` ${step.code}` : "");
  return make("li", { "data-mood": step.mood, "data-coming": coming }, make("p", {}, title, make("time", {}, when)), make("small", {}, bdi(notes)));
}

function makeByHand(message) {
  const select = make("select", { ariaLabel: "Receipt" }, ...BY_HAND.map((receipt, place) => make("option", { value: place }, `${receipt.status} ${receipt.code}`)));
  const button = make("button", { type: "button" }, "Add this receipt");
  button.addEventListener("click", () => attempt(() => ask("POST", `messages/${message.id}/receipts`, BY_HAND[select.value]), "Receipt added."));
  return make("div", { class: "joined by-hand" }, select, button);
}

function makeCallbacks(message) {
  const title = make("h3", {}, "Callbacks");
  if (!message.attempts.length) return [title, make("p", { class: "quiet" }, "Nothing was posted for this message. Set a callback through the API to see it here.")];
  const rows = message.attempts.map(({ kind, url, attempt: tried, status, error, at_ms }) => {
    const good = status !== null && status >= 200 && status < 300;
    const result = pill({ words: status === null ? "no answer" : String(status), mood: good ? "good" : "bad" });
    const head = make("p", {}, make("strong", {}, kind === "receipt" ? "receipt" : "incoming"), tried > 1 ? ` · try ${tried}` : "", " ", result, make("time", {}, clockTime(at_ms)));
    return make("li", {}, head, make("small", {}, bdi(url), error ? ` · ${error}` : ""));
  });
  return [title, make("ol", { class: "attempts", tabIndex: 0, ariaLabel: "Callback attempts" }, ...rows)];
}

function makeExchange(message) {
  if (message.exchange_id === null) return [];
  const host = make("div", { class: "tf-exchange-host" });
  showExchange(host, message.exchange_id);
  return [make("h3", { class: "above" }, "The request and its answer"), host];
}

async function showExchange(host, id) {
  host.dataset.of = id;
  try {
    const { view } = await ask("GET", `requests/${id}`);
    if (host.dataset.of === String(id)) renderRequestView(host, view);
  } catch {
    if (host.dataset.of === String(id)) renderRequestView(host, { empty: "The request is no longer kept." });
  }
}

// --- requests ------------------------------------------------------------------------------------------------------------

export function createRequestView(store) {
  const host = $("request");
  const list = listbox($("requests"), { onChoose: (id) => showExchange(host, id) });
  let entries = [];
  let seen = -1;
  let asking = false;

  function fill(option, { method, url, status, fault, at_ms }) {
    const mood = status !== null && status < 300 ? "good" : "bad";
    renew(option, `${option.dataset.id}`, () => [
      make("span", { class: "way" }, method),
      make("span", { class: "line" }, bdi(pathOf(url))),
      ...(fault ? [pill({ words: fault, mood: "plain" })] : []),
      pill({ words: status === null ? "no answer" : String(status), mood }),
      make("time", {}, clockTime(at_ms)),
    ]);
  }

  async function refresh() {
    if (asking || seen === store.seq) return;
    asking = true;
    const wanted = store.seq;
    try {
      const latest = await ask("GET", `requests?limit=${MOST_REQUESTS}`);
      entries = latest.reverse().map((entry) => ({ ...entry, id: String(entry.id) }));
      seen = wanted;
      list.draw(entries, fill);
      $("requests-empty").hidden = entries.length > 0;
      if (!entries.length) host.replaceChildren();
      if (entries.length && !entries.some(({ id }) => id === list.chosen)) {
        list.choose(entries[0].id);
        showExchange(host, entries[0].id);
      }
    } catch {
      // The connection line says it already.
    } finally {
      // Not more than once a second, however much comes in.
      setTimeout(() => {
        asking = false;
        if (!$("panel-requests").hidden) refresh();
      }, 1_000);
    }
  }

  return { refresh };
}

function pathOf(url) {
  try {
    const { pathname, search } = new URL(url);
    return decodeURI(pathname + search);
  } catch {
    return url;
  }
}
