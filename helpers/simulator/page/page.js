// The page: phones on the left, the chosen one beside them, and what happened behind it.

import { createMessageView, createRequestView } from "./inspector.js";
import { createClock, createFaults, createMagic, createSettings, createWelcome } from "./panels.js";
import { $, make } from "./elements.js";
import { ask, attempt, digitsOf, firstLine, listbox, minuteTime, onSubmit, phoneInWords, renew, say } from "./parts.js";
import { renderPhone } from "./phone.js";
import { createStore, nextDue, shownAt } from "./store.js";

const TICK_MS = 250;
const CONNECTION = { connecting: "Connecting", live: "Live", lost: "Not connected, trying again" };

const store = createStore();
const messages = createMessageView(store);
const requests = createRequestView(store);
const drawClock = createClock(store);
const panels = [createFaults(store), createMagic(store), createSettings(store), createWelcome(store)];

// --- phones ----------------------------------------------------------------------------------------------------------------

const phones = listbox($("phones"), { onChoose: () => store.changed() });
const taken = []; // phones that were named by hand
const seen = new Map(); // how many texts of a phone have been looked at
let begun = false;

// The texts that stand on each phone by now, in the order of their arrival.
function textsByPhone(now) {
  const texts = new Map(taken.map((phone) => [phone, []]));
  for (const message of store.messages.values()) {
    if (!texts.has(message.phone)) texts.set(message.phone, []);
    const at = shownAt(message);
    if (at !== null && at <= now) texts.get(message.phone).push(message);
  }
  for (const list of texts.values()) list.sort((one, other) => shownAt(one) - shownAt(other));
  return texts;
}

function drawPhones(texts) {
  const last = new Map();
  for (const { phone, sent_at_ms } of store.messages.values()) last.set(phone, Math.max(last.get(phone) ?? 0, sent_at_ms));
  const entries = [...texts.keys()].map((id) => ({ id, texts: texts.get(id), last: last.get(id) ?? Infinity }));
  entries.sort((one, other) => (other.last > one.last ? 1 : other.last < one.last ? -1 : 0));
  if (!texts.has(phones.chosen)) phones.choose(entries[0]?.id ?? null);
  for (const [phone, own] of texts) if (!begun || phone === phones.chosen) seen.set(phone, own.length);
  begun ||= store.seq > 0; // what was there before the page was opened is not new
  phones.draw(entries, (option, { id, texts: own }) => {
    const newest = own.at(-1);
    const fresh = Math.max(0, own.length - (seen.get(id) ?? 0));
    const words = newest ? firstLine(newest) : "No texts yet";
    renew(option, JSON.stringify([words, fresh, newest?.id]), () => [
      make("span", { class: "who" }, make("strong", {}, phoneInWords(id)), make("time", {}, newest ? minuteTime(shownAt(newest)) : "")),
      make("span", { class: "line" }, make("bdi", {}, words)),
      ...(fresh ? [make("span", { class: "count" }, String(fresh), make("span", { class: "tf-unseen" }, " new"))] : []),
    ]);
  });
  $("phones-empty").hidden = entries.length > 0;
}

onSubmit($("add-phone"), () => {
  const field = $("add-phone-number");
  const digits = digitsOf(field.value);
  if (!digits) {
    say("That is no North American number. Write it like 206-555-0100.", { bad: true });
    field.focus();
    return;
  }
  if (!taken.includes(digits)) taken.push(digits);
  phones.choose(digits);
  field.value = "";
  store.changed();
  requestAnimationFrame(() => $("reply-body").focus());
});

// --- the conversation -----------------------------------------------------------------------------------------------------------

let shown = { phone: undefined, stop: () => {} };

function drawConversation(phone, texts) {
  if (shown.phone !== phone) {
    shown.stop();
    const place = make("div", { class: "tf-phone-host" });
    $("phone").replaceChildren(place);
    shown = { phone, place, stop: () => {} };
  }
  const own = phone === null ? [] : texts.get(phone);
  shown.stop = renderPhone(shown.place, {
    mode: "practice",
    number: phone === null ? "Nobody yet" : phoneInWords(phone),
    time: minuteTime(store.now()),
    now_ms: store.now(),
    running: store.running,
    under_way: isUnderWay(phone) ? "A text is on its way…" : "",
    empty: phone === null ? "Texts show here as they arrive" : "No texts yet",
    messages: own.map(textOnPhone),
  });
  for (const item of shown.place.querySelectorAll("li[data-id]")) item.classList.toggle("chosen", item.dataset.id === messages.chosen);
  drawReply(phone, own);
}

function isUnderWay(phone) {
  const now = store.now();
  return [...store.messages.values()].some((message) => message.phone === phone && (shownAt(message) ?? 0) > now);
}

function textOnPhone(message) {
  const mine = message.direction === "inbound";
  const number = phoneInWords(message.number);
  return {
    id: message.id,
    sender: mine ? `You, to ${number}` : number,
    body: message.body,
    time: minuteTime(shownAt(message)),
    code: message.code,
    mine,
    media: message.media.map((file) => file.file_name),
  };
}

// A text on the phone is a way to what is behind it; the list of messages is the same way for the keyboard.
$("phone").addEventListener("click", (event) => {
  const item = event.target.closest("li[data-id]");
  if (!item || event.target.closest("button") || !getSelection().isCollapsed) return;
  openTab($("tab-messages"));
  messages.choose(item.dataset.id);
});

function drawReply(phone, texts) {
  $("reply").hidden = phone === null || store.numbers.length === 0;
  const select = $("reply-to");
  renew(select, JSON.stringify(store.numbers.map(({ number }) => number)), () => store.numbers.map(({ number }) => make("option", { value: number }, phoneInWords(number))));
  // Answers go to the number that texted last, unless somebody is choosing another.
  const latest = texts.at(-1)?.number ?? store.numbers[0]?.number;
  const about = `${phone} ${latest}`;
  if (latest && select.dataset.about !== about && document.activeElement !== select) {
    select.dataset.about = about;
    select.value = latest;
  }
}

onSubmit($("reply"), async () => {
  const [body, media] = [$("reply-body"), $("reply-media")];
  const text = { from: phones.chosen, to: $("reply-to").value, body: body.value };
  if (media.value) text.media_urls = [media.value];
  const sent = await attempt(() => ask("POST", "incoming", text));
  if (!sent) return;
  body.value = "";
  media.value = "";
  messages.choose(sent.id);
});

$("reply-body").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("reply").requestSubmit();
});

$("reply-media").addEventListener("input", ({ target }) => ($("reply-body").required = !target.value));

// --- tabs -----------------------------------------------------------------------------------------------------------------------

const tabs = [...$("tabs").children];

function openTab(tab) {
  for (const each of tabs) {
    const open = each === tab;
    each.ariaSelected = open;
    each.tabIndex = open ? 0 : -1;
    $(each.getAttribute("aria-controls")).hidden = !open;
  }
  if (tab.id === "tab-requests") requests.refresh();
}

$("tabs").addEventListener("click", (event) => {
  const tab = event.target.closest('[role="tab"]');
  if (tab) openTab(tab);
});

$("tabs").addEventListener("keydown", (event) => {
  const here = tabs.indexOf(event.target);
  const places = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 };
  if (here < 0 || !(event.key in places)) return;
  event.preventDefault();
  const tab = tabs.at(places[event.key] % tabs.length);
  openTab(tab);
  tab.focus();
});

openTab(tabs[0]);

// --- all of it --------------------------------------------------------------------------------------------------------------------

let due = Infinity;

function draw() {
  const now = store.now();
  const texts = textsByPhone(now);
  const connection = $("connection");
  if (connection.dataset.state !== store.connection || connection.textContent !== CONNECTION[store.connection]) {
    connection.dataset.state = store.connection;
    connection.textContent = CONNECTION[store.connection];
  }
  drawPhones(texts);
  messages.draw(phones.chosen);
  drawConversation(phones.chosen, texts);
  for (const drawPanel of panels) drawPanel();
  drawClock();
  if (!$("panel-requests").hidden) requests.refresh();
  due = nextDue(store.messages.values(), now);
}

store.onChange(draw);
// Receipts and arrivals that were announced come by the page's own clock.
setInterval(() => {
  drawClock();
  if (store.now() >= due) draw();
}, TICK_MS);
store.connect();
